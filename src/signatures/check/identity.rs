//! SDKs and packers: identities that do not overlap, examples that are run.

use super::super::schema::{Examples, FIELDS, Gap, Identity, Sdk, Str};
use super::{At, Lint};

/// Package prefixes that are a vendor's whole estate and not one SDK.
const VENDOR_ROOTS: &[&str] = &[
    "android.app",
    "cn.com",
    "com.alibaba",
    "com.aliyun",
    "com.amazon",
    "com.android",
    "com.baidu",
    "com.bytedance",
    "com.facebook",
    "com.google",
    "com.google.android",
    "com.google.android.gms",
    "com.huawei",
    "com.jd",
    "com.meituan",
    "com.microsoft",
    "com.netease",
    "com.qq",
    "com.samsung",
    "com.tencent",
    "com.xiaomi",
    "io.github",
    "net.sf",
    "org.apache",
];

/// Whether a prefix is a vendor's whole estate.
pub(crate) fn is_vendor_root(prefix: &str) -> bool {
    !prefix.contains('.') || VENDOR_ROOTS.contains(&prefix)
}

/// Categories of frameworks whose apps are JavaScript, Dart, C#, Lua, native or loaded at run time.
const FOREIGN_CODE: &[&str] = &[
    "cross-platform",
    "game-engine",
    "mini-program",
    "plugin-framework",
];

impl Lint<'_> {
    pub(super) fn sdks(&mut self) {
        let db = self.db;
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            self.sources(&s.source);
            self.text("name", "name", &s.name);
            self.text("vendor", "vendor", &s.vendor);
            if !db.data.categories.category.contains_key(&s.category) {
                self.say(
                    "sdk-category",
                    At::key("category"),
                    format!("category `{}` is unknown", s.category),
                    "see information/categories.toml",
                );
            }
            if !["cn", "global"].contains(&s.market.as_str()) {
                self.say(
                    "sdk-market",
                    At::key("market"),
                    format!("market `{}`", s.market),
                    "`cn` or `global`",
                );
            }
            self.collects(s);
            self.completeness(s);
            self.identity(&s.identity);
            self.examples(&s.examples);
        }
        for p in &db.data.packers {
            self.file = format!("packers/{}.toml", p.id);
            self.sources(&p.source);
            self.text("name", "name", &p.name);
            self.text("vendor", "vendor", &p.vendor);
            self.text("leaves", "leaves", &p.leaves);
            self.identity(&p.identity);
            self.examples(&p.examples);
        }
    }

    fn collects(&mut self, s: &Sdk) {
        let Some(c) = &s.collects else { return };
        let at = "collects/information";
        self.kinds(at, &c.information);
        let names = c.information.iter().map(Str::as_str);
        self.unique("information-duplicate", at, "information kind", names);
        let (what, remedy) = match c.basis.as_str() {
            "general-knowledge" => return,
            "disclosure"
                if s.source
                    .iter()
                    .any(|x| x.of.split(", ").any(|of| of == "collects")) =>
            {
                return;
            }
            "disclosure" => (
                "`collects` rests on a disclosure without a source".to_owned(),
                "add one of \"collects\"",
            ),
            other => (
                format!("basis `{other}`"),
                "`disclosure` or `general-knowledge`",
            ),
        };
        let place = At::key("collects/basis");
        self.say("sdk-collects-basis", place, what, remedy);
    }

    /// Fields of the most used SDKs, and what else a reader must be able to rely on.
    fn completeness(&mut self, s: &Sdk) {
        for field in s.not_found.iter().filter(|f| !FIELDS.contains(&f.as_str())) {
            self.say(
                "sdk-not-found",
                At::value("not_found", field),
                format!("`not_found` names `{field}`"),
                "write vendor, country, purpose, collects, disclosed_permissions, start, control or privacy_policy",
            );
        }
        if !s.aliases.is_empty() && !s.source.iter().any(|x| x.supports("aliases")) {
            self.say(
                "source-aliases",
                At::key("aliases"),
                "`aliases` has no source",
                "add [[source]] whose `of` names it, or remove what nothing shows",
            );
        }
        for (key, text) in [("purpose", &s.purpose), ("leaves", &s.leaves)] {
            if let Some(text) = text {
                self.text(key, key, text);
            }
        }
        if s.leaves.is_none() && FOREIGN_CODE.contains(&s.category.as_str()) {
            self.say(
                "sdk-leaves",
                At::key("category"),
                format!(
                    "category `{}` holds app code outside DEX, and `leaves` does not say where",
                    s.category
                ),
                "write `leaves`, or choose another category if the app's code stays in DEX",
            );
        }
        for (field, gap) in s.gaps() {
            match gap {
                Gap::Contradiction => self.say(
                    "sdk-not-found",
                    At::value("not_found", field),
                    format!("`{field}` has a value and stands in `not_found`"),
                    "remove one of them",
                ),
                _ if !s.most_used => {}
                Gap::Value => self.say(
                    "sdk-gap",
                    At::key("most_used"),
                    format!("one of the most used SDKs without `{field}`"),
                    "fill it from the vendor's documents or binary, or list it in `not_found`",
                ),
                Gap::Source => self.say(
                    "sdk-gap",
                    At::key(field),
                    format!("`{field}` has no source"),
                    "add [[source]] whose `of` names it",
                ),
            }
        }
    }

    fn identity(&mut self, i: &Identity) {
        if i.lists().iter().all(|(_, list)| list.is_empty()) {
            self.say(
                "identity-empty",
                At::key("identity"),
                "no identity",
                "name at least one mark",
            );
        }
        for (key, list) in i.lists() {
            let names = list.iter().map(Str::as_str);
            self.unique("identity-duplicate", &format!("identity/{key}"), key, names);
        }
        for p in &i.packages {
            if is_vendor_root(p) {
                self.say(
                    "sdk-vendor-prefix",
                    At::value("identity/packages", p),
                    format!("package `{p}` covers more than one SDK"),
                    "name a package below it, or make it weak",
                );
            }
        }
        let part = |s: &str| {
            !s.is_empty()
                && s.chars()
                    .all(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == '-')
        };
        for p in i.packages.iter().chain(&i.weak_packages) {
            if !p.split('.').all(part) {
                self.say(
                    "identity-package",
                    At::value("identity", p),
                    format!("package `{p}`"),
                    "write it with dots, without a final one and without `*`",
                );
            }
        }
        let libraries = i.native.iter().chain(&i.weak_native);
        for lib in libraries.filter(|l| !l.ends_with(".so") || l.contains('/')) {
            self.say(
                "identity-library",
                At::value("identity", lib),
                format!("library `{lib}`"),
                "write the file name, lib….so",
            );
        }
        let wrong = |h: &&Str| h.contains('/') || h.contains(':') || !h.contains('.');
        for host in i.hosts.iter().filter(wrong) {
            self.say(
                "identity-host",
                At::value("identity/hosts", host),
                format!("host `{host}`"),
                "write the name only",
            );
        }
    }

    /// The examples are run by `engine::check_data`, with the real detector.
    pub(super) fn examples(&mut self, e: &Examples) {
        if e.matches.is_empty() || e.no_match.is_empty() {
            self.say(
                "example-missing",
                At::key("examples"),
                "an example is missing",
                "at least one `match` and one `no_match`",
            );
        }
    }
}
