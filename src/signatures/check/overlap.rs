//! Marks of several SDKs that get into each other's way.

use super::super::schema::Identity;
use super::{At, Lint};
use std::collections::{BTreeMap, BTreeSet};

/// Other vendors below one prefix from which on it is a neighbourhood and no SDK.
const NEIGHBOURS: usize = 2;

/// Open source under whose package forks and plugins put theirs, and whose own classes lie there nevertheless.
const SHARED: &[&str] = &["io.flutter", "org.webrtc"];

impl Lint<'_> {
    pub(super) fn overlaps(&mut self) {
        self.overbroad_prefixes();
        self.dead_marks();
        self.too_weak();
        self.same_names();
    }

    /// A strong mark shows one SDK. (`meta_data` is weak and still meant for one.)
    pub(super) fn shared_marks(&mut self) {
        let db = self.db;
        let mut owners: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            let i = &s.identity;
            for (key, what, list) in [
                ("packages", "package", &i.packages),
                ("native", "library", &i.native),
                ("meta_data", "meta-data key", &i.meta_data),
                ("components", "component", &i.components),
                ("assets", "asset", &i.assets),
            ] {
                for name in list {
                    if let Some(other) = owners.insert((what, name), &s.id) {
                        self.say(
                            "sdk-shared-mark",
                            At::value(format!("identity/{key}"), name),
                            format!("{what} `{name}` also shows `{other}`"),
                            "leave it to one, or make it weak in both",
                        );
                    }
                }
            }
        }
    }

    /// A strong prefix under which several other vendors have theirs takes the classes of all who are not listed yet.
    fn overbroad_prefixes(&mut self) {
        let db = self.db;
        // Only strong prefixes prove a neighbour: a weak one may be a guess about the same package.
        let mut below: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for s in &db.data.sdks {
            for p in &s.identity.packages {
                let mut name = p.as_str();
                while let Some(cut) = name.rfind('.') {
                    name = name.get(..cut).unwrap_or_default();
                    below.entry(name).or_default().insert(vendor(&s.id));
                }
            }
        }
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            let own = s.identity.packages.iter();
            for p in own.filter(|p| !SHARED.contains(&p.as_str())) {
                let mut others: Vec<&str> = below
                    .get(p.as_str())
                    .into_iter()
                    .flatten()
                    .copied()
                    .collect();
                others.retain(|v| *v != vendor(&s.id));
                if others.len() >= NEIGHBOURS {
                    self.say(
                        "sdk-overbroad-prefix",
                        At::value("identity/packages", p),
                        format!(
                            "prefix `{p}` covers prefixes of {} other vendors: {}",
                            others.len(),
                            others.join(", ")
                        ),
                        "name the packages below it that are this SDK's, or move it to weak_packages",
                    );
                }
            }
        }
    }

    /// A weak mark that is a strong one of another SDK: wherever it is found the other is found too,
    /// and a weak hit does not count marks that a strong one explains.
    fn dead_marks(&mut self) {
        let db = self.db;
        let mut strong: BTreeMap<(&str, &str), &str> = BTreeMap::new();
        for s in &db.data.sdks {
            let i = &s.identity;
            for (what, list) in [("package", &i.packages), ("library", &i.native)] {
                for name in list {
                    strong.insert((what, name), &s.id);
                }
            }
        }
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            let i = &s.identity;
            for (key, what, list) in [
                ("weak_packages", "package", &i.weak_packages),
                ("weak_native", "library", &i.weak_native),
            ] {
                for name in list {
                    let Some(owner) = strong.get(&(what, name.as_str())) else {
                        continue;
                    };
                    let why = if *owner == s.id {
                        "it is a strong mark of the same file".to_owned()
                    } else {
                        format!("it is a strong mark of `{owner}`, which explains it away")
                    };
                    self.say(
                        "identity-dead-mark",
                        At::value(format!("identity/{key}"), name),
                        format!("weak {what} `{name}` can never decide: {why}"),
                        "remove it here, or make it weak there",
                    );
                }
            }
        }
    }

    /// One weak mark shows nothing, and hosts count once.
    fn too_weak(&mut self) {
        let db = self.db;
        let sdks = db.data.sdks.iter().map(|s| ("sdks", &s.id, &s.identity));
        let packers = db.data.packers.iter();
        let packers = packers.map(|p| ("packers", &p.id, &p.identity));
        for (folder, id, identity) in sdks.chain(packers) {
            self.file = format!("{folder}/{id}.toml");
            if !can_match(identity) && identity.lists().iter().any(|(_, l)| !l.is_empty()) {
                self.say(
                    "identity-too-weak",
                    At::key("identity"),
                    "these marks can never show it: there is no strong one, and not two weak ones of which one is no host",
                    "add a package, component, library or asset of its own",
                );
            }
        }
    }

    /// Two files of one vendor with one name are one SDK twice.
    fn same_names(&mut self) {
        let db = self.db;
        let mut seen: BTreeMap<(&str, String), &str> = BTreeMap::new();
        for s in &db.data.sdks {
            self.file = format!("sdks/{}.toml", s.id);
            let key = (vendor(&s.id), s.name.en.to_lowercase());
            if let Some(other) = seen.insert(key, &s.id) {
                self.say(
                    "sdk-duplicate-name",
                    At::key("name"),
                    format!("`{}` has the name `{}` as well", other, s.name.en),
                    "merge the two, or say in the name what is different",
                );
            }
        }
    }
}

/// Whether these marks can ever make a hit; the rules are those of `detect::marks`.
pub(crate) fn can_match(i: &Identity) -> bool {
    let strong = [&i.packages, &i.components, &i.native, &i.assets];
    if strong.iter().any(|l| !l.is_empty()) {
        return true;
    }
    let weak = [
        &i.weak_packages,
        &i.actions,
        &i.meta_data,
        &i.weak_meta_data,
        &i.weak_native,
    ];
    let weak: usize = weak.iter().map(|l| l.len()).sum();
    weak >= 1 && weak + usize::from(!i.hosts.is_empty()) >= 2
}

/// `umeng` of `umeng/push`.
fn vendor(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}
