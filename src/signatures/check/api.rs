//! The map of the platform: well-formed members and indicators, known names, sane levels, examples that are run.

use super::super::api::{class_and_name, constant};
use super::super::schema::{
    Access, AccessFile, By, History, LAST_LEVEL, NOT_PERMISSIONS, Requirement, Table,
};
use super::{At, Lint};
use std::collections::BTreeMap;

/// Permissions of the platform's own apps and modules that the catalogue does not have.
const NOT_IN_CATALOGUE: [&str; 2] = [
    "android.permission.ACCESS_BLUETOOTH_SHARE",
    "com.android.phone.permission.ACCESS_LAST_KNOWN_CELL_ID",
];

/// `foregroundServiceType`, by AOSP `attrs_manifest.xml`.
const SERVICE_TYPES: [&str; 14] = [
    "camera",
    "connectedDevice",
    "dataSync",
    "health",
    "location",
    "mediaPlayback",
    "mediaProcessing",
    "mediaProjection",
    "microphone",
    "phoneCall",
    "remoteMessaging",
    "shortService",
    "specialUse",
    "systemExempted",
];

impl Lint<'_> {
    pub(super) fn apis(&mut self) {
        let d = &self.db.data;
        let tables = [("apis", &d.members, true), ("intents", &d.actions, false)];
        for (name, table, members) in tables {
            self.file = format!("imported/{name}.toml");
            self.sources(&table.source);
            self.histories(table, members);
        }
        self.file = "imported/providers.toml".to_owned();
        self.sources(&d.providers.source);
        self.providers(&d.providers);
        self.file = "imported/hierarchy.toml".to_owned();
        self.sources(&d.hierarchy.source);
        self.hierarchy(&d.hierarchy);
        let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
        let mut seen: BTreeMap<(By, &str), Vec<(&Access, &str)>> = BTreeMap::new();
        for file in &d.accesses {
            self.file = format!("apis/{}.toml", file.id);
            self.sources(&file.source);
            for (i, access) in file.access.iter().enumerate() {
                let at = format!("access/{i}");
                if let Some(other) = ids.insert(&access.id, &file.id) {
                    self.say(
                        "api-duplicate",
                        At::value("", &access.id),
                        format!("access `{}` is also in apis/{other}.toml", access.id),
                        "keep one",
                    );
                }
                self.access(&at, access);
                for (&by, list) in &access.by {
                    for indicator in list {
                        let before = seen.entry((by, indicator.as_str())).or_default();
                        let clash = before.iter().find(|(other, _)| {
                            let apart = access.mode.is_some()
                                && other.mode.is_some()
                                && access.mode != other.mode;
                            let hint = access.hint || other.hint || by.is_hint();
                            !apart && !hint || other.id == access.id
                        });
                        if let Some((other, place)) = clash {
                            self.say(
                                "api-duplicate",
                                At::value(&at, indicator),
                                format!(
                                    "`{}`: {} `{indicator}` also shows `{}` of apis/{place}.toml",
                                    access.id,
                                    by.word(),
                                    other.id
                                ),
                                "leave it to one, or give them a `mode` each",
                            );
                        }
                        before.push((access, file.id.as_str()));
                    }
                }
            }
            self.access_examples(file);
        }
    }

    /// Every part parses, ranges ascend, permissions are known, members are descriptors.
    fn histories(&mut self, table: &Table, members: bool) {
        for (group, entries) in table.groups() {
            if members && !is_class(group) {
                self.say(
                    "api-member",
                    At::value("", group),
                    format!("class `{group}`"),
                    "write a descriptor: `La/b/C;`",
                );
            }
            for (key, text) in entries.iter() {
                if members && !is_member(key) {
                    self.say(
                        "api-member",
                        At::value("", key),
                        format!("`{group}->{key}`"),
                        "write `name(args)ret` or `name:type` with descriptors",
                    );
                }
                let Some(history) = History::parse(text) else {
                    self.say(
                        "api-history",
                        At::value("", key),
                        format!("`{group}`, `{key}`: `{text}` is no history"),
                        "write `26-28 annotation all A B; 29-36 annotation any C`",
                    );
                    continue;
                };
                let mut last = 0;
                for r in &history.requirements {
                    if r.from <= last || r.grade.is_none() || r.by_target {
                        self.say(
                            "api-history",
                            At::value("", key),
                            format!("`{group}`, `{key}`: `{text}`"),
                            "ranges ascend without overlap, by device level, each with a grade",
                        );
                    }
                    last = r.to;
                    self.requirement(r, key);
                }
            }
        }
    }

    fn requirement(&mut self, r: &Requirement<'_>, of: &str) {
        if r.from == 0 || r.to > LAST_LEVEL {
            self.say(
                "api-level",
                At::value("", of),
                format!("`{of}`: levels {}-{}", r.from, r.to),
                "write levels from 1 to the last one that was looked at",
            );
        }
        for name in r.permissions() {
            let known = NOT_PERMISSIONS.contains(&name.as_str())
                || NOT_IN_CATALOGUE.contains(&name.as_str())
                || name.ends_with(".*");
            if !known {
                self.known_permission("", &name);
            }
        }
    }

    /// One group, class descriptors on both sides, and no class above itself.
    fn hierarchy(&mut self, table: &Table) {
        let plain = |class: &str| class.starts_with('L') && class.ends_with(';');
        for (group, entries) in table.groups() {
            for (class, above) in entries.iter() {
                let well = group == "supertypes"
                    && plain(class)
                    && above.split(' ').all(|name| plain(name) && name != class);
                if !well {
                    self.say(
                        "api-hierarchy",
                        At::value("", class),
                        format!("`{class}`: `{above}` is no list of supertypes"),
                        "write descriptors, separated by one space, under `supertypes`",
                    );
                }
            }
        }
    }

    fn providers(&mut self, table: &Table) {
        for (authority, entries) in table.groups() {
            for (path, text) in entries.iter() {
                let kind = ["prefix /", "path /", "pattern /"];
                if path != "/" && !kind.iter().any(|k| path.starts_with(k)) {
                    self.say(
                        "api-history",
                        At::value("", path),
                        format!("`{authority}`: path `{path}`"),
                        "write `/`, `prefix /x`, `path /x` or `pattern /x`",
                    );
                }
                for part in text.split("; ") {
                    match part.split_once(": ") {
                        Some(("read" | "write", names)) => names
                            .split(' ')
                            .map(super::super::schema::full_name)
                            // Those of the package that the provider is in are its own.
                            .filter(|name| name.starts_with("android."))
                            .filter(|name| !NOT_IN_CATALOGUE.contains(&name.as_str()))
                            .for_each(|name| self.known_permission("", &name)),
                        _ => self.say(
                            "api-history",
                            At::value("", path),
                            format!("`{authority}`: `{text}`"),
                            "write `read: A; write: B`",
                        ),
                    }
                }
            }
        }
    }

    fn access(&mut self, at: &str, a: &Access) {
        self.text(
            &format!("{at}/title"),
            &format!("the title of `{}`", a.id),
            &a.title,
        );
        if let Some(note) = &a.note {
            self.text(
                &format!("{at}/note"),
                &format!("the note of `{}`", a.id),
                note,
            );
        }
        self.kinds(at, &a.information);
        if a.by.values().all(Vec::is_empty) {
            self.say(
                "api-indicator",
                At::key(at),
                format!("`{}` has no indicator", a.id),
                "name what shows it under `by`",
            );
        }
        for text in &a.requires {
            match Requirement::parse(text) {
                Some(r) => self.requirement(&r, &a.id),
                None => self.say(
                    "api-history",
                    At::value(at, text),
                    format!("`{}`: `{text}` is no requirement", a.id),
                    "write `26-28 all A B` or `target 31-36 any C D`",
                ),
            }
        }
        for (&by, list) in &a.by {
            self.unique(
                "api-duplicate",
                at,
                by.word(),
                list.iter().map(|i| i.as_str()),
            );
            for i in list {
                let fits = match by {
                    By::Method | By::Delegate | By::Field | By::Override | By::Reflection => {
                        is_indicator(i)
                    }
                    By::Type => i.contains('.') && !i.contains(['/', ';', '(']),
                    By::Uri => !i.contains(':') && !i.ends_with('/'),
                    By::Setting => ["secure/", "global/", "system/"]
                        .iter()
                        .any(|s| i.starts_with(s)),
                    By::Path => i.starts_with('/'),
                    By::ServiceType => SERVICE_TYPES.contains(&i.as_str()),
                    By::Guard => self.db.permission(i).is_some() || i.contains(".BROADCAST_"),
                    _ => !i.trim().is_empty() && i.trim().len() == i.len(),
                };
                if !fits {
                    self.say(
                        "api-indicator",
                        At::value(at, i),
                        format!("`{}`: {} `{i}` is not well formed", a.id, by.word()),
                        "see docs/apis.md for the notation of each channel",
                    );
                }
            }
        }
    }

    fn access_examples(&mut self, file: &AccessFile) {
        let e = &file.examples;
        if e.matches.is_empty() || e.no_match.is_empty() {
            self.say(
                "example-missing",
                At::key("examples"),
                "an example is missing",
                "at least one `match` and one `no_match`",
            );
        }
        let own = |id: &str| file.access.iter().any(|a| a.id == id);
        let db = self.db;
        for line in &e.matches {
            let Some((what, id)) = line.split_once(" -> ") else {
                self.say(
                    "example-unreadable",
                    At::value("examples", line),
                    format!("example `{line}`"),
                    "write `call android.a.B.name -> id`",
                );
                continue;
            };
            let found = db.accesses_of_line(what);
            let hit =
                |hits: Vec<super::super::AccessHit<'_>>| hits.iter().any(|h| h.access.id == id);
            if !own(id) || !found.is_some_and(hit) {
                self.say(
                    "example-silent",
                    At::value("examples", line),
                    format!("example `{line}` does not come out"),
                    "correct the example or the access",
                );
            }
        }
        for line in &e.no_match {
            let found = db.accesses_of_line(line);
            match found {
                Some(hits) => {
                    if let Some(h) = hits.iter().find(|h| own(&h.access.id)) {
                        self.say(
                            "example-fires",
                            At::value("examples", line),
                            format!("example `{line}` shows `{}`", h.access.id),
                            "correct the example or the access",
                        );
                    }
                }
                None => self.say(
                    "example-unreadable",
                    At::value("examples", line),
                    format!("example `{line}`"),
                    "write `call android.a.B.name`",
                ),
            }
        }
    }
}

/// `La/b/C$D;`
fn is_class(text: &str) -> bool {
    let inner = text.strip_prefix('L').and_then(|t| t.strip_suffix(';'));
    inner.is_some_and(|inner| {
        inner.contains('/')
            && inner
                .split('/')
                .all(|part| is_name(part) && part != "<init>")
    })
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
    text == "<init>" || (!text.is_empty() && text.chars().all(plain))
}

/// `name(args)ret` or `name:type`.
fn is_member(text: &str) -> bool {
    if let Some((name, rest)) = text.split_once('(') {
        let Some((args, ret)) = rest.split_once(')') else {
            return false;
        };
        return is_name(name) && types(args).is_some() && types(ret) == Some(1);
    }
    text.split_once(':')
        .is_some_and(|(name, ty)| is_name(name) && types(ty) == Some(1))
}

/// Number of type descriptors in a text that holds nothing else.
fn types(text: &str) -> Option<usize> {
    let mut rest = text;
    let mut count = 0_usize;
    while !rest.is_empty() {
        let bare = rest.trim_start_matches('[');
        let first = bare.chars().next()?;
        let len = match first {
            'L' => bare.find(';')? + 1,
            'V' | 'Z' | 'B' | 'S' | 'C' | 'I' | 'J' | 'F' | 'D' => 1,
            _ => return None,
        };
        if first == 'L' && !is_class(bare.get(..len)?) {
            return None;
        }
        rest = bare.get(len..)?;
        count += 1;
    }
    Some(count)
}

/// `android.a.B.name`, with a constant behind it or not, or `La/B;->name(I)V`.
fn is_indicator(text: &str) -> bool {
    let Some((class, name)) = class_and_name(text) else {
        return false;
    };
    let open = text.contains('(') && !text.contains("->");
    let number = |c: &str| c.parse::<i64>().is_ok();
    let quoted = |c: &str| c.len() > 2 && c.starts_with('"') && c.ends_with('"');
    let fits = !open || constant(text).is_some_and(|c| number(c) || quoted(c));
    let raw = text
        .split_once("->")
        .is_none_or(|(_, member)| is_member(member));
    is_class(&class) && is_name(name) && fits && raw
}
