//! Empty files for new entries: what has to be filled in, and how. The loader takes them as they
//! are; `db check` then names everything that is still missing, line by line.

use super::check::is_date;

/// A kind of file that can be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skeleton {
    /// `sdks/<vendor>/<sdk>.toml`
    Sdk,
    /// `permissions/<group>.toml`
    Permission,
    /// `functions/<nn>-<id>.toml`
    Function,
    /// `rules/<id>.toml`
    Rule,
    /// `packers/<id>.toml`
    Packer,
    /// `law/<ID>.toml`
    Law,
}

/// A new file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Path below `signatures/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Skeleton {
    /// The file for `id`. `date` (`YYYY-MM-DD`) goes into its source.
    ///
    /// # Errors
    /// In words, where `id` is none of this kind.
    pub fn file(self, id: &str, date: &str) -> Result<NewFile, String> {
        let small = |s: &str| {
            let mut chars = s.chars();
            chars
                .next()
                .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
        };
        if !is_date(date) {
            return Err(format!("`{date}` is no date, write YYYY-MM-DD"));
        }
        let (path, text) = match self {
            Skeleton::Sdk => match id.split_once('/') {
                Some((vendor, sdk)) if small(vendor) && small(sdk) => {
                    (format!("sdks/{id}.toml"), SDK)
                }
                _ => {
                    return Err(format!(
                        "`{id}`: an SDK's id is vendor/name in small letters"
                    ));
                }
            },
            Skeleton::Function => match id.split_once('-') {
                Some((number, name))
                    if number.len() == 2 && number.parse::<u32>().is_ok() && small(name) =>
                {
                    let text = FUNCTION
                        .replace("@NUMBER@", number.trim_start_matches('0'))
                        .replace("number = \n", "number = 0\n")
                        .replace("@ID@", name);
                    let text = text.replace("@DATE@", date);
                    return Ok(NewFile {
                        path: format!("functions/{id}.toml"),
                        text,
                    });
                }
                _ => {
                    return Err(format!(
                        "`{id}`: a function's file is named 38-utility-flashlight"
                    ));
                }
            },
            Skeleton::Law => {
                let fine = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
                if id.len() < 3 || !id.chars().all(fine) || id.starts_with('-') {
                    return Err(format!("`{id}`: an instrument's id is like CN-PIPL"));
                }
                (format!("law/{id}.toml"), LAW)
            }
            _ if !small(id) => return Err(format!("`{id}`: an id is in small letters")),
            Skeleton::Permission => (format!("permissions/{id}.toml"), PERMISSION),
            Skeleton::Rule => (format!("rules/{id}.toml"), RULE),
            Skeleton::Packer => (format!("packers/{id}.toml"), PACKER),
        };
        Ok(NewFile {
            path,
            text: text.replace("@ID@", id).replace("@DATE@", date),
        })
    }
}

const SDK: &str = r#"id = "@ID@"
name = { zh = "", en = "" }             # as the vendor writes it; both languages
vendor = { zh = "", en = "" }           # the operator's legal name, the brand in parentheses
country = ""                            # ISO 3166: CN, US …
market = "cn"                           # or "global"
category = ""                           # an id of information/categories.toml: ads, analytics, push …
# purpose = { zh = "", en = "" }        # what it is for, in the words of a privacy policy
# privacy_policy = "https://…"          # of the SDK itself
# disclosed_permissions = []            # permissions that the vendor's documents name
# not_found = []                        # fields that no public document gives: you looked, and say so

[identity]                              # leave out what it does not have
packages = []                           # strong: prefixes of its own classes, com.vendor.sdk
# weak_packages = []                    # weak: prefixes that others use as well; two marks are needed
# components = []                       # strong: class names of its components
# actions = []                          # weak: intent actions
# meta_data = []                        # weak: keys that only it reads
# native = []                           # strong: libname.so
# weak_native = []                      # weak: libraries that others ship as well
# assets = []                           # strong: assets/vendor/*
# hosts = []                            # weak, and never enough without another kind of mark

# [collects]
# information = []                      # ids of information/kinds.toml
# basis = "disclosure"                  # needs a source of "collects"; else "general-knowledge"

# [start]
# automatic = false                     # a provider, initializer or receiver of its own manifest runs it
# init = []                             # com.vendor.sdk.Client.init

# [[control]]                           # one for each thing that the host app can switch
# does = { zh = "", en = "" }
# method = ""                           # or meta_data = "key=value"

[examples]                              # facts of an app, see docs/signatures.md
match = []                              # [["class com.vendor.sdk.Client"]]
no_match = []                           # [["class com.vendor.sdkx.Foo"], ["ref com.vendor.sdk.Client"]]

[[source]]                              # one for each place that you looked at
of = ""                                 # fields that it supports: "identity, name", or "*"
from = ""                               # address, document, or group:artifact:version
date = "@DATE@"
confidence = "partly"                   # verified (seen word for word), partly, memory, derived
"#;

const PERMISSION: &str = r#"# Permissions of one subject and what personal information they open.

[[permission]]
name = ""                               # full name; android.permission.health.* covers all below
title = { zh = "", en = "" }
information = []                        # ids of information/kinds.toml
# sensitivity = "medium"                # low, medium or high, where there is information
# alternative = { zh = "", en = "" }    # a way that needs no permission …
# alternative_since = 19                # … and the API level from which on it exists
# no_alternative = { zh = "", en = "" } # or why there is none

[[source]]
of = "*"
from = ""
date = "@DATE@"
confidence = "partly"
"#;

const FUNCTION: &str = r#"id = "@ID@"
number = @NUMBER@
name = { zh = "", en = "" }
# clause = "CN-NEC14-5.6"               # a numbered function names its clause
basic_function = { zh = "", en = "" }   # zh in the official wording
not_needed = []                         # permissions that nothing of this function needs

# [[necessary_info]]                    # the official list, word for word
# zh = ""
# en = ""
# permissions = []

# [[permission]]                        # our derivation
# name = "android.permission.CAMERA"
# tier = "on-user-action"               # or "necessary"
# reasons = []                          # ids of functions/reasons.toml

[[example]]                             # at least one that fits and one that exceeds
about = { zh = "", en = "" }
permissions = []
not_needed = []                         # those of them that exceed

[[source]]
of = "*"
from = ""
date = "@DATE@"
confidence = "derived"
"#;

const RULE: &str = r#"id = "@ID@"
title = { zh = "", en = "" }
message = { zh = "", en = "" }          # {permission}, {component}, {function} are filled in
remedy = { zh = "", en = "" }
severity = "low"                        # info, low, medium, high
confidence = "firm"                     # tentative, firm, certain
clauses = []                            # ids of law/*.toml; a finding needs one
signals = []                            # S-NAME
false_positives = { zh = "", en = "" }

[when]                                  # see docs/rules.md
permissions = []

[examples]
match = []                              # [["function online-shopping", "perm android.permission.CAMERA"]]
no_match = []
"#;

const PACKER: &str = r#"id = "@ID@"
name = { zh = "", en = "" }
vendor = { zh = "", en = "" }
leaves = { zh = "", en = "" }           # what can still be read

[identity]
packages = []
native = []
assets = []

[examples]
match = []
no_match = []

[[source]]
of = "*"
from = ""
date = "@DATE@"
confidence = "partly"
"#;

const LAW: &str = r#"id = "@ID@"
title = { zh = "", en = "" }
issuer = ""
number = ""
level = { zh = "", en = "" }
issued = ""
effective = ""
status = { zh = "", en = "" }
basis = false                           # true only where it is in force in China and no draft
quotable = false                        # true for laws and notices; standards only in our words

[[source]]
of = "*"
from = ""
date = "@DATE@"
confidence = "partly"

[[clause]]
id = "@ID@-1"
number = ""
text = { zh = "", en = "" }
text_kind = "none"                      # quote, quote-reflowed, summary, title, none
confidence = "memory"
detectability = "none"                  # what an APK can show: full, partial, none
"#;

#[cfg(test)]
mod tests {
    use super::super::SignatureDb;
    use super::super::check::{check, locate};
    use super::Skeleton;

    #[test]
    fn the_loader_takes_every_skeleton_and_the_linter_asks_for_the_rest() {
        let dir = std::env::temp_dir().join(format!("permscope-skeleton-{}", std::process::id()));
        let kinds = [
            (
                Skeleton::Sdk,
                "acme/kit",
                "sdks/acme/kit.toml",
                "name has no `zh`",
            ),
            (
                Skeleton::Permission,
                "acme",
                "permissions/acme.toml",
                "is not in the catalogue",
            ),
            (
                Skeleton::Function,
                "56-acme",
                "functions/56-acme.toml",
                "name has no `zh`",
            ),
            (
                Skeleton::Rule,
                "acme-rule",
                "rules/acme-rule.toml",
                "an example is missing",
            ),
            (
                Skeleton::Packer,
                "acme-shield",
                "packers/acme-shield.toml",
                "no identity",
            ),
            (
                Skeleton::Law,
                "CN-ACME",
                "law/CN-ACME.toml",
                "title has no `zh`",
            ),
        ];
        for (kind, id, path, _) in kinds {
            let new = kind.file(id, "2026-11-22").unwrap();
            assert_eq!(new.path, path);
            std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
            std::fs::write(dir.join(path), new.text).unwrap();
        }
        let db = SignatureDb::of_folder(&dir).unwrap();
        let mut complaints = check(&db);
        locate(&mut complaints, |f| {
            std::fs::read_to_string(dir.join(f)).ok()
        });
        for (_, _, path, part) in kinds {
            let own: Vec<_> = complaints.iter().filter(|c| c.file == path).collect();
            assert!(
                own.iter().any(|c| c.message.contains(part)),
                "{path}: {own:?}"
            );
            assert!(own.iter().all(|c| c.line > 0), "{path}: {own:?}");
        }
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn no_file_outside_the_tree() {
        for id in ["../x/y", "a", "A/b", "a/../b", "a/b/c", "/a/b", "a/.b"] {
            assert!(Skeleton::Sdk.file(id, "2026-11-22").is_err(), "{id}");
        }
        assert!(Skeleton::Packer.file("../x", "2026-11-22").is_err());
        assert!(Skeleton::Law.file("../X", "2026-11-22").is_err());
        assert!(Skeleton::Function.file("06", "2026-11-22").is_err());
        assert!(Skeleton::Sdk.file("a/b", "22.11.2026").is_err());
    }
}
