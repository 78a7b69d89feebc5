//! SDKs and packers: identities that do not overlap, examples that are run.

use super::super::schema::{Examples, FIELDS, Gap, Identity, Sdk, Str};
use super::Lint;
use std::collections::BTreeMap;

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

impl Lint<'_> {
    pub(super) fn sdks(&mut self) {
        let db = self.db;
        let mut owners: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            self.sources(&s.source);
            self.text("name", &s.name);
            self.text("vendor", &s.vendor);
            if !db.data.categories.category.contains_key(&s.category) {
                self.say(
                    format!("category `{}` is unknown", s.category),
                    "see information/categories.toml",
                );
            }
            if !["cn", "global"].contains(&s.market.as_str()) {
                self.say(format!("market `{}`", s.market), "`cn` or `global`");
            }
            if let Some(c) = &s.collects {
                self.kinds(&c.information);
                self.unique("information kind", c.information.iter().map(Str::as_str));
                match c.basis.as_str() {
                    "general-knowledge" => {}
                    "disclosure"
                        if s.source
                            .iter()
                            .any(|x| x.of.split(", ").any(|of| of == "collects")) => {}
                    "disclosure" => self.say(
                        "`collects` rests on a disclosure without a source",
                        "add one of \"collects\"",
                    ),
                    other => self.say(
                        format!("basis `{other}`"),
                        "`disclosure` or `general-knowledge`",
                    ),
                }
            }
            self.completeness(s);
            self.identity(&s.identity);
            let strong = &s.identity;
            let marks = [
                ("package", &strong.packages),
                ("library", &strong.native),
                ("meta-data key", &strong.meta_data),
            ];
            for (what, list) in marks.into_iter().chain([("component", &strong.components)]) {
                for name in list {
                    if let Some(other) = owners.insert((what, name), &s.id) {
                        self.say(
                            format!("{what} `{name}` also shows `{other}`"),
                            "leave it to one, or make it weak in both",
                        );
                    }
                }
            }
            self.examples(&s.examples);
        }
        for p in &db.data.packers {
            self.file = format!("packers/{}.toml", p.id);
            self.sources(&p.source);
            self.text("name", &p.name);
            self.text("vendor", &p.vendor);
            self.text("leaves", &p.leaves);
            self.identity(&p.identity);
            self.examples(&p.examples);
        }
    }

    /// Fields of the most used SDKs, and what else a reader must be able to rely on.
    fn completeness(&mut self, s: &Sdk) {
        for field in s.not_found.iter().filter(|f| !FIELDS.contains(&f.as_str())) {
            self.say(
                format!("`not_found` names `{field}`"),
                "write vendor, country, purpose, collects, disclosed_permissions, start, control or privacy_policy",
            );
        }
        if let Some(purpose) = &s.purpose {
            self.text("purpose", purpose);
        }
        if let Some(leaves) = &s.leaves {
            self.text("leaves", leaves);
        }
        for (field, gap) in s.gaps() {
            match gap {
                Gap::Contradiction => self.say(
                    format!("`{field}` has a value and stands in `not_found`"),
                    "remove one of them",
                ),
                _ if !s.most_used => {}
                Gap::Value => self.say(
                    format!("one of the most used SDKs without `{field}`"),
                    "fill it from the vendor's documents or binary, or list it in `not_found`",
                ),
                Gap::Source => self.say(
                    format!("`{field}` has no source"),
                    "add [[source]] whose `of` names it",
                ),
            }
        }
    }

    fn identity(&mut self, i: &Identity) {
        let lists = [
            &i.packages,
            &i.weak_packages,
            &i.components,
            &i.actions,
            &i.meta_data,
        ];
        let more = [
            &i.weak_meta_data,
            &i.native,
            &i.weak_native,
            &i.assets,
            &i.hosts,
        ];
        if lists.iter().chain(&more).all(|l| l.is_empty()) {
            self.say("no identity", "name at least one mark");
        }
        for list in lists.into_iter().chain(more) {
            self.unique("identity", list.iter().map(Str::as_str));
        }
        for p in &i.packages {
            if !p.contains('.') || VENDOR_ROOTS.contains(&p.as_str()) {
                self.say(
                    format!("package `{p}` covers more than one SDK"),
                    "name a package below it, or make it weak",
                );
            }
        }
        for p in i.packages.iter().chain(&i.weak_packages) {
            let part = |s: &str| {
                !s.is_empty()
                    && s.chars()
                        .all(|c| c.is_alphanumeric() || c == '_' || c == '$' || c == '-')
            };
            if !p.split('.').all(part) {
                self.say(
                    format!("package `{p}`"),
                    "write it with dots, without a final one and without `*`",
                );
            }
        }
        for lib in i
            .native
            .iter()
            .chain(&i.weak_native)
            .filter(|l| !l.ends_with(".so") || l.contains('/'))
        {
            self.say(format!("library `{lib}`"), "write the file name, lib….so");
        }
        for host in i
            .hosts
            .iter()
            .filter(|h| h.contains('/') || h.contains(':') || !h.contains('.'))
        {
            self.say(format!("host `{host}`"), "write the name only");
        }
    }

    /// The examples are run by `engine::check_data`, with the real detector.
    fn examples(&mut self, e: &Examples) {
        if e.matches.is_empty() || e.no_match.is_empty() {
            self.say(
                "an example is missing",
                "at least one `match` and one `no_match`",
            );
        }
    }
}
