//! What an input file is: an APK, or a bundle with the APKs of one app.
//!
//! The contents decide, never the file's name. Sources: bundletool's
//! `ApkSerializerManager` and `ApkPathManager` for `.apks`; the files themselves
//! for `.xapk` and `.apkm`, which have no published format.

use super::{Archive, Entry};
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Each of these at the root makes an archive an APK.
const APK_FILES: [&str; 3] = ["AndroidManifest.xml", "classes.dex", "resources.arsc"];

/// Larger descriptions of a bundle are not read; real ones have a few kilobytes.
const MAX_DESCRIPTION: u64 = 16 << 20;

/// What kind of file was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `AndroidManifest.xml`, `classes.dex` or `resources.arsc` lies at the root.
    Apk,
    /// A set made by bundletool (`.apks`): `toc.pb`, `splits/`, `standalones/`, `universal.apk`.
    Bundletool,
    /// A set with a `manifest.json` that lists the APKs (`.xapk`).
    Xapk,
    /// A set with an `info.json` (`.apkm`).
    Apkm,
    /// Any other archive with APKs in it.
    Archive,
}

/// One APK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// The input's name for an APK, the entry's name for a member of a bundle.
    pub name: String,
    /// The APK; borrowed unless it was compressed.
    pub bytes: Cow<'a, [u8]>,
}

/// Why a file of the bundle is no [`Member`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The same split, built for other Android versions; the set's first variant is read.
    OtherVariant,
    /// The same app in one APK for devices without splits; the splits are read.
    Standalone,
    /// The same app in one APK for another ABI or density.
    OtherStandalone,
    /// The same app as an instant or archived app, or for a system image.
    OtherDelivery,
    /// The bundle's own list does not name it, so installers do not install it.
    NotListed,
    /// A bundle inside the bundle. Open it by itself.
    NestedBundle,
    /// No APK: expansion files, icons and the like.
    NotAnApk,
}

/// A file of the bundle that is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// The entry's name.
    pub name: String,
    /// Why.
    pub reason: Reason,
}

/// The APKs of one input file.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// What the file is.
    pub kind: Kind,
    /// The APKs, in the archive's order.
    pub members: Vec<Member<'a>>,
    /// The other files of a bundle, in the archive's order, at most [`Limits::members`] of them.
    pub left_out: Vec<LeftOut>,
    /// Files that did not fit into `left_out`.
    pub left_out_more: usize,
    /// What went wrong; for a bundle also what is odd about its archive.
    pub incidents: Vec<Incident>,
}

/// Opens an input file. `file` names it in incidents.
///
/// # Errors
/// The file is no ZIP archive, holds neither a file of an APK's root nor an APK, or
/// not one of its APKs can be read.
pub fn open<'a>(file: &str, bytes: &'a [u8], limits: &Limits) -> Result<Input<'a>, ParseError> {
    let archive = Archive::open(file, bytes, limits)?;
    // Code or a resource table at the root is an APK's, whatever became of its manifest.
    if APK_FILES.iter().any(|name| archive.find(name).is_some()) {
        let member = Member {
            name: file.to_owned(),
            bytes: Cow::Borrowed(bytes),
        };
        return Ok(Input {
            kind: Kind::Apk,
            members: vec![member],
            left_out: Vec::new(),
            left_out_more: 0,
            incidents: Vec::new(),
        });
    }
    let names: Vec<&str> = archive
        .entries()
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    let mut incidents = archive.incidents().to_vec();
    let (kind, verdicts) = plan(&archive, &names, &mut incidents);
    if !verdicts.contains(&None) {
        return Err(ParseError::new(
            archive.directory_start(),
            "an APK (AndroidManifest.xml) or a bundle of APKs",
            if archive.find("base/manifest/AndroidManifest.xml").is_some() {
                "an Android App Bundle (.aab): build its APKs with bundletool first".to_owned()
            } else {
                format!("an archive of {} other files", names.len())
            },
        ));
    }
    let mut input = Input {
        kind,
        members: Vec::new(),
        left_out: Vec::new(),
        left_out_more: 0,
        incidents,
    };
    for (entry, verdict) in archive.entries().iter().zip(verdicts) {
        match verdict {
            None => take(&archive, entry, limits, &mut input),
            Some(_) if entry.is_directory() => {}
            Some(reason) if input.left_out.len() < limits.members => {
                input.left_out.push(LeftOut {
                    name: entry.name.clone(),
                    reason,
                });
            }
            Some(_) => input.left_out_more = input.left_out_more.saturating_add(1),
        }
    }
    if input.members.is_empty() {
        let why = input
            .incidents
            .last()
            .map_or(String::new(), |incident| incident.detail.clone());
        return Err(ParseError::new(
            archive.directory_start(),
            "at least one readable APK in the bundle",
            why,
        ));
    }
    Ok(input)
}

fn take<'a>(archive: &Archive<'a>, entry: &Entry, limits: &Limits, input: &mut Input<'a>) {
    if input.members.len() >= limits.members {
        // One line is enough: the names of the rest are in the archive.
        if !input
            .incidents
            .iter()
            .any(|i| i.code == IncidentCode::LimitReached)
        {
            let detail = format!(
                "more than {} APKs in the bundle; {} and the rest are not read",
                limits.members, entry.name
            );
            input.incidents.push(
                Incident::new(IncidentCode::LimitReached, archive.file(), detail)
                    .hiding(Channel::Code),
            );
        }
        return;
    }
    match archive.read_noting(entry, Some(Channel::Code), &mut input.incidents) {
        Some(bytes) => input.members.push(Member {
            name: entry.name.clone(),
            bytes,
        }),
        None => {
            if let Some(incident) = input.incidents.last_mut() {
                incident.code = IncidentCode::SplitUnreadable;
            }
        }
    }
}

/// The kind of bundle, and for each entry why it is left out, or `None` for the APKs to read.
fn plan(
    archive: &Archive<'_>,
    names: &[&str],
    incidents: &mut Vec<Incident>,
) -> (Kind, Vec<Option<Reason>>) {
    let has = |name: &str| archive.find(name).is_some();
    let is_set = |name: &&str| name.starts_with("splits/") || name.starts_with("standalones/");
    if has("toc.pb") || names.iter().any(is_set) {
        return (Kind::Bundletool, bundletool(names));
    }
    let every = || names.iter().map(|name| unless_apk(name)).collect();
    if let Some(entry) = archive.find("manifest.json")
        && let Some(listed) = xapk_list(archive, entry, incidents)
    {
        if listed.is_empty() {
            return (Kind::Xapk, every());
        }
        for name in listed.iter().filter(|name| !has(name)).take(16) {
            let detail = format!("manifest.json lists {name}, which is not there");
            incidents.push(
                Incident::new(IncidentCode::Missing, archive.file(), detail).hiding(Channel::Code),
            );
        }
        let verdict = |name: &&str| match unless_apk(name) {
            _ if listed.contains(*name) => None,
            None => Some(Reason::NotListed),
            other => other,
        };
        return (Kind::Xapk, names.iter().map(verdict).collect());
    }
    let kind = if has("info.json") {
        Kind::Apkm
    } else {
        Kind::Archive
    };
    (kind, every())
}

fn has_suffix(name: &str, suffix: &str) -> bool {
    let start = name.len().saturating_sub(suffix.len());
    name.get(start..)
        .is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// `None` for a name that is an APK's.
fn unless_apk(name: &str) -> Option<Reason> {
    // macOS puts a file of its own beside each file, under the same name.
    if has_suffix(name, ".apk") && !name.starts_with("__MACOSX/") {
        None
    } else if [".apks", ".xapk", ".apkm"]
        .iter()
        .any(|suffix| has_suffix(name, suffix))
    {
        Some(Reason::NestedBundle)
    } else {
        Some(Reason::NotAnApk)
    }
}

/// bundletool puts the APKs of all variants (by Android version) of a set side by
/// side and tells equal names apart by `_2`, `_3` …; a device gets one variant.
fn bundletool(names: &[&str]) -> Vec<Option<Reason>> {
    let all: BTreeSet<&str> = names.iter().copied().collect();
    let is_split = |name: &str| name.starts_with("splits/") || name.starts_with("asset-slices/");
    let splits = names
        .iter()
        .any(|name| name.starts_with("splits/") && unless_apk(name).is_none());
    let standalones = || {
        names
            .iter()
            .filter(|n| n.starts_with("standalones/") && unless_apk(n).is_none())
    };
    let chosen = standalones()
        .filter(|name| name.contains("arm64_v8a"))
        .min()
        .or_else(|| standalones().min())
        .copied();
    names
        .iter()
        .map(|name| match unless_apk(name) {
            Some(reason) => Some(reason),
            None if is_split(name) => is_later_variant(name, &all).then_some(Reason::OtherVariant),
            None if name.starts_with("standalones/") && splits => Some(Reason::Standalone),
            None if name.starts_with("standalones/") => {
                (chosen != Some(*name)).then_some(Reason::OtherStandalone)
            }
            None if *name == "universal.apk" => {
                (splits || chosen.is_some()).then_some(Reason::Standalone)
            }
            None => Some(Reason::OtherDelivery),
        })
        .collect()
}

/// `base-master_2.apk` beside `base-master.apk`; not `base-x86_64.apk` beside `base-x86.apk`.
fn is_later_variant(name: &str, all: &BTreeSet<&str>) -> bool {
    let Some((stem, number)) = name
        .strip_suffix(".apk")
        .and_then(|stem| stem.rsplit_once('_'))
    else {
        return false;
    };
    let counted = !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && !number.starts_with('0');
    let abi = number == "64" && stem.ends_with("x86");
    counted && !abi && all.contains(format!("{stem}.apk").as_str())
}

#[derive(Deserialize)]
struct XapkManifest {
    package_name: Option<String>,
    split_apks: Option<Vec<XapkSplit>>,
}

#[derive(Deserialize)]
struct XapkSplit {
    file: String,
}

/// The files that an XAPK's `manifest.json` lists; `None` where it is no such file.
fn xapk_list(
    archive: &Archive<'_>,
    entry: &Entry,
    incidents: &mut Vec<Incident>,
) -> Option<BTreeSet<String>> {
    if entry.size > MAX_DESCRIPTION {
        return None;
    }
    let data = archive.read_noting(entry, None, incidents)?;
    let manifest: XapkManifest = serde_json::from_slice(&data).ok()?;
    let splits = manifest.split_apks.unwrap_or_default();
    (manifest.package_name.is_some() || !splits.is_empty())
        .then(|| splits.into_iter().map(|split| split.file).collect())
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::super::testzip::{File, mutate, write};
    use super::*;

    fn archive(names: &[&str]) -> Vec<u8> {
        let files: Vec<File> = names
            .iter()
            .map(|name| File::new(name, name.as_bytes()))
            .collect();
        write(&files)
    }

    /// Names of the members, and of what was left out.
    fn read(bytes: &[u8]) -> (Kind, Vec<String>, Vec<(String, Reason)>) {
        let input = open("in", bytes, &Limits::default()).unwrap();
        for member in input.members.iter().filter(|_| input.kind != Kind::Apk) {
            assert_eq!(
                member.bytes,
                member.name.as_bytes(),
                "each file holds its own name"
            );
        }
        let left_out = input
            .left_out
            .into_iter()
            .map(|l| (l.name, l.reason))
            .collect();
        (
            input.kind,
            input.members.into_iter().map(|m| m.name).collect(),
            left_out,
        )
    }

    #[test]
    fn an_apk_is_its_own_member() {
        let bytes = archive(&["assets/inner.apk", "AndroidManifest.xml", "toc.pb"]);
        let input = open("any.zip", &bytes, &Limits::default()).unwrap();
        assert_eq!((input.kind, input.members.len()), (Kind::Apk, 1));
        assert_eq!(input.members[0].name, "any.zip");
        assert!(matches!(&input.members[0].bytes, Cow::Borrowed(b) if b.len() == bytes.len()));
    }

    #[test]
    fn an_apk_without_a_manifest_is_an_apk() {
        for names in [["classes.dex", "a.apk"], ["resources.arsc", "a.apk"]] {
            assert_eq!(
                open("in", &archive(&names), &Limits::default())
                    .unwrap()
                    .kind,
                Kind::Apk
            );
        }
        assert_eq!(
            read(&archive(&["lib/classes.dex", "a.apk"])).0,
            Kind::Archive
        );
    }

    /// The first five names are those of a set that bundletool 1.17.2 made in its default mode.
    #[test]
    fn of_a_bundletool_set_one_variant_is_read() {
        let bytes = archive(&[
            "toc.pb",
            "splits/base-master.apk",
            "splits/base-master_2.apk",
            "splits/base-zh.apk",
            "standalones/standalone.apk",
            "splits/base-x86.apk",
            "splits/base-x86_64.apk",
            "splits/base-x86_64_2.apk",
            "splits/feature_2-master.apk",
            "asset-slices/pack-master.apk",
            "instant/instant-base-master.apk",
        ]);
        let (kind, members, left_out) = read(&bytes);
        assert_eq!(kind, Kind::Bundletool);
        assert_eq!(
            members,
            [
                "splits/base-master.apk",
                "splits/base-zh.apk",
                "splits/base-x86.apk",
                "splits/base-x86_64.apk",
                "splits/feature_2-master.apk",
                "asset-slices/pack-master.apk",
            ]
        );
        let out = |name: &str, reason| (name.to_owned(), reason);
        assert_eq!(
            left_out,
            [
                out("toc.pb", Reason::NotAnApk),
                out("splits/base-master_2.apk", Reason::OtherVariant),
                out("standalones/standalone.apk", Reason::Standalone),
                out("splits/base-x86_64_2.apk", Reason::OtherVariant),
                out("instant/instant-base-master.apk", Reason::OtherDelivery),
            ]
        );
    }

    #[test]
    fn a_set_without_splits_gives_one_apk() {
        let standalones = [
            "standalones/standalone-armeabi_v7a.apk",
            "standalones/standalone-arm64_v8a.apk",
            "universal.apk",
        ];
        assert_eq!(
            read(&archive(&standalones)).1,
            ["standalones/standalone-arm64_v8a.apk"]
        );
        assert_eq!(
            read(&archive(&["toc.pb", "universal.apk"])).1,
            ["universal.apk"]
        );
    }

    #[test]
    fn an_xapk_installs_what_its_list_names() {
        let list = br#"{"xapk_version":2,"package_name":"a.b","split_apks":[{"file":"a.b.apk","id":"base"},
            {"file":"config.zh.apk","id":"config.zh"},{"file":"gone.apk","id":"x"}],"expansions":[]}"#;
        let bytes = write(&[
            File::new("manifest.json", list),
            File::new("a.b.apk", b"a.b.apk"),
            File::new("other.apk", b"x"),
            File::new("config.zh.apk", b"config.zh.apk"),
            File::new("Android/obb/a.b/main.1.a.b.obb", b"x"),
        ]);
        let (kind, members, left_out) = read(&bytes);
        assert_eq!(kind, Kind::Xapk);
        assert_eq!(members, ["a.b.apk", "config.zh.apk"]);
        assert_eq!(left_out[1], ("other.apk".to_owned(), Reason::NotListed));
        assert_eq!(
            left_out[2],
            (
                "Android/obb/a.b/main.1.a.b.obb".to_owned(),
                Reason::NotAnApk
            )
        );
        let incidents = open("in", &bytes, &Limits::default()).unwrap().incidents;
        assert_eq!(
            incidents[0].detail,
            "manifest.json lists gone.apk, which is not there"
        );
    }

    #[test]
    fn other_bundles() {
        let (kind, members, _) = read(&archive(&[
            "info.json",
            "icon.png",
            "base.apk",
            "split_config.zh.apk",
        ]));
        assert_eq!((kind, members.len()), (Kind::Apkm, 2));
        let (kind, members, left_out) = read(&archive(&[
            "apks/B.APK",
            "__MACOSX/apks/._B.APK",
            "more.xapk",
            "apks/",
        ]));
        assert_eq!(
            (kind, members),
            (Kind::Archive, vec!["apks/B.APK".to_owned()])
        );
        assert_eq!(left_out[0].1, Reason::NotAnApk);
        assert_eq!(left_out[1], ("more.xapk".to_owned(), Reason::NestedBundle));
        assert_eq!(left_out.len(), 2, "folders are not files");
    }

    #[test]
    fn what_is_neither_says_so() {
        let line = |names: &[&str]| {
            open("in", &archive(names), &Limits::default())
                .unwrap_err()
                .to_string()
        };
        assert!(line(&["a.txt", "b/AndroidManifest.xml"]).ends_with(
            "expected an APK (AndroidManifest.xml) or a bundle of APKs, found an archive of 2 other files"
        ));
        assert!(
            line(&["BundleConfig.pb", "base/manifest/AndroidManifest.xml"])
                .contains("Android App Bundle")
        );
    }

    #[test]
    fn unreadable_members_and_the_limit_are_incidents() {
        let mut bad = File::new("b.apk", b"not deflated");
        bad.method = 8;
        let bytes = write(&[
            File::new("a.apk", b"a.apk"),
            bad.clone(),
            File::new("c.apk", b"c.apk"),
            File::new("d.apk", b""),
        ]);
        let limits = Limits {
            members: 2,
            ..Limits::default()
        };
        let input = open("in", &bytes, &limits).unwrap();
        assert_eq!(input.members.len(), 2);
        assert_eq!(input.incidents[0].code, IncidentCode::SplitUnreadable);
        assert_eq!(input.incidents[0].file, "in!b.apk");
        assert_eq!(input.incidents[1].code, IncidentCode::LimitReached);
        assert_eq!(input.incidents.len(), 2);
        let error = open("in", &write(&[bad]), &limits).unwrap_err();
        assert!(
            error.expected.contains("at least one readable APK"),
            "{error}"
        );
    }

    #[test]
    fn changed_bytes_never_panic() {
        let list = br#"{"package_name":"a","split_apks":[{"file":"a.apk"}]}"#;
        let bytes = write(&[
            File::new("manifest.json", list),
            File::new("a.apk", b"a"),
            File::new("splits/b.apk", b""),
        ]);
        mutate(&bytes, 3_000, |changed| {
            let _ = open("m", changed, &Limits::default());
        });
    }
}
