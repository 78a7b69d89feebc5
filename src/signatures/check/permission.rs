//! The catalogue, the privacy side of permissions, and what the platform adds by itself.

use super::super::Protection;
use super::super::index::covers;
use super::super::schema::PrivacyPermission;
use super::{At, Lint};
use std::collections::BTreeMap;

impl Lint<'_> {
    pub(super) fn permissions(&mut self) {
        let db = self.db;
        self.catalogue();
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for file in &db.data.permissions {
            self.file = format!("permissions/{}.toml", file.id);
            self.sources(&file.source);
            for (i, p) in file.permission.iter().enumerate() {
                let at = format!("permission/{i}");
                self.one_permission(&at, p);
                if let Some(other) = seen.insert(&p.name, &file.id) {
                    self.say(
                        "permission-duplicate",
                        At::key(format!("{at}/name")),
                        format!("`{}` is also in permissions/{other}.toml", p.name),
                        "keep one",
                    );
                }
            }
        }
        self.file = "permissions/implied.toml".to_owned();
        self.sources(&db.data.implied.source);
        for (i, s) in db.data.implied.split.iter().enumerate() {
            let at = format!("split/{i}");
            self.text(&format!("{at}/note"), "a split's note", &s.note);
            for name in s.permission.iter().chain(&s.adds) {
                self.known_permission(&at, name);
            }
        }
        for name in db.data.implied.feature.iter().flat_map(|f| &f.permissions) {
            self.known_permission("feature", name);
        }
    }

    fn catalogue(&mut self) {
        let db = self.db;
        self.file = "imported/permissions.toml".to_owned();
        self.sources(&db.data.catalogue.source);
        let names = db.data.catalogue.permission.iter().map(|p| p.name.as_str());
        self.unique("permission-duplicate", "permission", "permission", names);
        for p in &db.data.catalogue.permission {
            let mut last = 0;
            for text in &p.protection {
                let (what, remedy) = match Protection::parse(text) {
                    Some(range) if range.from > last => {
                        last = range.to;
                        continue;
                    }
                    Some(_) => ("overlaps the one before", "sort and correct"),
                    None => ("is no protection", "write `23-36 dangerous|flag`"),
                };
                self.say(
                    "permission-protection",
                    At::value("permission", &p.name),
                    format!("`{}`: `{text}` {what}", p.name),
                    remedy,
                );
            }
        }
    }

    fn one_permission(&mut self, at: &str, p: &PrivacyPermission) {
        self.text(
            &format!("{at}/title"),
            &format!("the title of `{}`", p.name),
            &p.title,
        );
        self.kinds(&format!("{at}/information"), &p.information);
        for (key, what, text) in [
            ("alternative", "the alternative", &p.alternative),
            ("no_alternative", "`no_alternative`", &p.no_alternative),
        ] {
            if let Some(text) = text {
                let what = format!("{what} of `{}`", p.name);
                self.text(&format!("{at}/{key}"), &what, text);
            }
        }
        if let Some(other) = &p.judged_as {
            self.known_permission(&format!("{at}/judged_as"), other);
        }
        let faults = [
            (
                p.alternative_since.is_some() && p.alternative.is_none(),
                "permission-alternative",
                "alternative_since",
                "has a level for no alternative",
                "write the alternative",
            ),
            (
                p.no_alternative.is_some() && p.alternative.is_some(),
                "permission-alternative",
                "no_alternative",
                "has an alternative and says that it has none",
                "keep one",
            ),
            (
                !p.information.is_empty() && p.alternative.is_none() && p.no_alternative.is_none(),
                "permission-alternative",
                "information",
                "has neither an alternative nor a reason why there is none",
                "write `alternative` with `alternative_since`, or `no_alternative`",
            ),
            (
                p.alternative.is_some() && p.alternative_since.is_none(),
                "permission-alternative",
                "alternative",
                "has an alternative without a level",
                "write `alternative_since`, the first API level that has it",
            ),
            (
                !p.information.is_empty() && p.sensitivity.is_none(),
                "permission-sensitivity",
                "information",
                "has information and no sensitivity",
                "low, medium or high",
            ),
            (
                p.neutral && p.judged_as.is_some(),
                "permission-judged-as",
                "judged_as",
                "is neutral and judged as another",
                "decide",
            ),
        ];
        for (_, code, key, what, remedy) in faults.into_iter().filter(|f| f.0) {
            let place = At::key(format!("{at}/{key}"));
            self.say(code, place, format!("`{}` {what}", p.name), remedy);
        }
        let mut catalogue = self.db.data.catalogue.permission.iter();
        if !catalogue.any(|c| c.name == p.name || covers(&p.name, &c.name)) {
            self.say(
                "permission-not-in-catalogue",
                At::key(format!("{at}/name")),
                format!("`{}` is not in the catalogue", p.name),
                "correct the name",
            );
        }
    }
}
