//! What of an archive may go into an SDK's file, and what belongs to others.

use super::names::{
    clean, is_aside_host, is_common_class, is_common_library, is_generic_key, quoted, speaks, words,
};
use super::{Seen, SeenComponent};
use crate::signatures::SignatureDb;
use crate::signatures::check::is_vendor_root;
use crate::signatures::schema::Identity;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Entries of one list in the file; the rest is counted in a comment.
const MOST: usize = 400;
/// Packages and hosts that are listed for a person to look at.
const MOST_ASIDE: usize = 40;
/// Assets that are proposed: the first few are enough.
const MOST_ASSETS: usize = 6;

/// What the person who asks knows already.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// `vendor/name`; guessed from the packages if absent.
    pub id: Option<&'a str>,
    /// Where the archive can be had again: `group:artifact:version`; its file name if absent.
    pub from: Option<&'a str>,
    /// Date of the source, `YYYY-MM-DD`.
    pub date: &'a str,
}

/// Who has which mark in the database already.
struct Owners<'d> {
    packages: BTreeMap<&'d str, &'d str>,
    others: BTreeMap<(&'static str, &'d str), &'d str>,
}

impl<'d> Owners<'d> {
    fn new(db: &'d SignatureDb) -> Self {
        let sdks = db.data.sdks.iter().map(|s| (s.id.as_str(), &s.identity));
        let packers = db.data.packers.iter();
        let packers = packers.map(|p| (p.id.as_str(), &p.identity));
        let mut owners = Owners {
            packages: BTreeMap::new(),
            others: BTreeMap::new(),
        };
        for (id, identity) in sdks.chain(packers) {
            owners.add(id, identity);
        }
        owners
    }

    fn add(&mut self, id: &'d str, i: &'d Identity) {
        for p in &i.weak_packages {
            self.packages.entry(p).or_insert(id);
        }
        for p in &i.packages {
            self.packages.insert(p, id);
        }
        for (what, list) in [
            ("component", &i.components),
            ("action", &i.actions),
            ("key", &i.meta_data),
            ("key", &i.weak_meta_data),
            ("library", &i.native),
            ("library", &i.weak_native),
            ("asset", &i.assets),
            ("host", &i.hosts),
        ] {
            for name in list {
                self.others.insert((what, name), id);
            }
        }
    }

    /// Who has the longest prefix of a class.
    fn class(&self, class: &str) -> Option<(&'d str, &'d str)> {
        let mut name = class;
        loop {
            if let Some((prefix, id)) = self.packages.get_key_value(name) {
                return Some((prefix, id));
            }
            name = name.get(..name.rfind(['.', '$'])?)?;
        }
    }

    fn of(&self, what: &'static str, name: &str) -> Option<&'d str> {
        self.others.get(&(what, name)).copied()
    }
}

/// The file, as TOML with comments.
#[must_use]
pub fn propose(seen: &Seen, db: &SignatureDb, asked: Asked<'_>) -> String {
    let owners = Owners::new(db);
    let mut owned: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut free: Vec<&str> = Vec::new();
    for class in seen.classes.iter().filter(|c| !is_common_class(c)) {
        match owners.class(class) {
            // An SDK that is learned again keeps its own.
            Some((_, id)) if asked.id == Some(id) => free.push(class),
            Some((prefix, id)) => {
                let count = owned.entry((id, prefix)).or_default();
                *count = count.saturating_add(1);
            }
            None => free.push(class),
        }
    }
    let mut prefixes = prefixes(&free);
    prefixes.truncate(MOST_ASIDE);
    let (strong, weak): (Vec<_>, Vec<_>) = prefixes
        .iter()
        .partition(|(p, _)| speaks(p) && !is_vendor_root(p));
    let strong_names: Vec<String> = strong.iter().map(|(p, _)| p.clone()).collect();
    let guessed = guess_id(&strong_names);
    let id = asked.id.unwrap_or(&guessed);
    let mut page = Page {
        out: String::new(),
        words: words(id, &strong_names),
        strong: strong_names,
        owners,
        id,
    };
    page.head(seen, &owned);
    page.identity(seen, &strong, &weak);
    page.rest(seen, asked, &free);
    page.out
}

/// Packages that stand for `classes`: for each first three words the longest package that all of
/// them share, with their number, the largest first.
fn prefixes(classes: &[&str]) -> Vec<(String, usize)> {
    let mut groups: BTreeMap<String, (Vec<&str>, usize)> = BTreeMap::new();
    for class in classes {
        let Some((package, _)) = class.rsplit_once('.') else {
            continue;
        };
        let words: Vec<&str> = package.split('.').collect();
        let key = words.iter().take(3).copied().collect::<Vec<_>>().join(".");
        match groups.get_mut(&key) {
            Some((shared, count)) => {
                let same = shared
                    .iter()
                    .zip(&words)
                    .take_while(|(a, b)| a == b)
                    .count();
                shared.truncate(same);
                *count = count.saturating_add(1);
            }
            None => _ = groups.insert(key, (words, 1)),
        }
    }
    let mut found: Vec<(String, usize)> = groups
        .into_values()
        .map(|(shared, count)| (shared.join("."), count))
        .collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found
}

/// `umeng/message` of `com.umeng.message`.
fn guess_id(prefixes: &[String]) -> String {
    let small = |s: &str| s.to_lowercase().replace('_', "-");
    let mut words = prefixes
        .first()
        .map_or("", String::as_str)
        .split('.')
        .skip(1);
    match (words.next(), words.next()) {
        (Some(vendor), Some(name)) => format!("{}/{}", small(vendor), small(name)),
        _ => "vendor/name".to_owned(),
    }
}

struct Page<'a> {
    out: String,
    words: BTreeSet<String>,
    strong: Vec<String>,
    owners: Owners<'a>,
    id: &'a str,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn note(&mut self, text: &str) {
        let text = clean(text);
        self.line(&format!("# {text}"));
    }

    /// A list, one name a line where it is long; nothing where it is empty.
    fn list(&mut self, key: &str, names: &[String]) {
        if names.is_empty() {
            return;
        }
        self.line(&format!("{key} = ["));
        for name in names.iter().take(MOST) {
            self.line(&format!("    {},", quoted(name)));
        }
        self.line("]");
        let more = names.len().saturating_sub(MOST);
        if more > 0 {
            self.note(&format!("{more} more were left out"));
        }
    }

    fn is_own(&self, class: &str) -> bool {
        self.strong.iter().any(|p| below(class, p))
    }

    fn speaks_of_it(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.words.iter().any(|w| name.contains(w.as_str()))
    }

    /// Whether another file has the name; then a comment says so.
    fn taken(&mut self, what: &'static str, name: &str) -> bool {
        match self.owners.of(what, name).filter(|owner| *owner != self.id) {
            Some(owner) => {
                let text = format!("{what} {name} is owned by {owner}");
                self.note(&text);
                true
            }
            None => false,
        }
    }

    fn head(&mut self, seen: &Seen, owned: &BTreeMap<(&str, &str), usize>) {
        self.note(&format!(
            "Proposed from {}, sha256:{}",
            seen.name, seen.sha256
        ));
        self.note("Fill in what is empty, decide on the comments, delete them, then run `permscope db check`.");
        for problem in &seen.problems {
            self.note(&format!("NOT READ: {problem}"));
        }
        let mut owned: Vec<_> = owned.iter().collect();
        owned.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        for ((id, prefix), count) in owned.into_iter().take(MOST_ASIDE) {
            self.note(&format!("{count} classes of {prefix} are owned by {id}"));
        }
        let id = quoted(self.id);
        self.line(&format!("id = {id}"));
        self.line("name = { zh = \"\", en = \"\" }");
        self.line("vendor = { zh = \"\", en = \"\" }           # the operator's legal name");
        self.line("country = \"\"                            # ISO 3166: CN, US …");
        self.line("market = \"\"                             # cn or global");
        self.line(
            "category = \"\"                           # an id of information/categories.toml",
        );
    }

    fn identity(&mut self, seen: &Seen, strong: &[&(String, usize)], weak: &[&(String, usize)]) {
        self.line("\n[identity]");
        for (key, list) in [("packages", strong), ("weak_packages", weak)] {
            let list: Vec<_> = list.iter().filter(|(p, _)| usable(p)).collect();
            if list.is_empty() {
                continue;
            }
            if key == "weak_packages" {
                self.note("too short, too wide or shortened by an obfuscator: make them longer, or drop them");
            }
            self.line(&format!("{key} = ["));
            for (prefix, count) in list.into_iter().take(MOST_ASIDE) {
                self.line(&format!("    {}, # {count} classes", quoted(prefix)));
            }
            self.line("]");
        }
        let own: Vec<&SeenComponent> = seen
            .components
            .iter()
            .filter(|c| self.is_own(&c.name))
            .collect();
        let mut components = BTreeSet::new();
        let mut actions = BTreeSet::new();
        for c in own {
            if c.kind != "activity-alias" && !self.taken("component", &c.name) {
                components.insert(c.name.clone());
            }
            for action in &c.actions {
                let platform = ["android.", "androidx.", "com.android."];
                let foreign = platform.iter().any(|p| action.starts_with(p));
                let ours = self.is_own(action) || self.speaks_of_it(action);
                if !foreign && ours && !action.contains("${") && !self.taken("action", action) {
                    actions.insert(action.clone());
                }
            }
        }
        self.list("components", &Vec::from_iter(components));
        self.list("actions", &Vec::from_iter(actions));
        self.keys(seen);
        self.files(seen);
        self.hosts(seen);
        let kept = seen.keep.iter().map(|k| k.trim_end_matches(['*', '.']));
        let kept: BTreeSet<&str> = kept
            .filter(|k| k.contains('.') && !is_common_class(&format!("{k}.")))
            .filter(|k| !has_below(&seen.classes, k))
            .collect();
        for package in kept.into_iter().take(MOST_ASIDE) {
            self.note(&format!(
                "the consumer rules keep {package}, which is not in this archive"
            ));
        }
    }

    fn keys(&mut self, seen: &Seen) {
        let (mut own, mut weak) = (Vec::new(), Vec::new());
        for key in seen.meta_data.iter().filter(|k| !is_generic_key(k)) {
            if self.taken("key", key) {
                continue;
            }
            if self.is_own(key) || self.speaks_of_it(key) {
                own.push(key.clone());
            } else {
                weak.push(key.clone());
            }
        }
        self.list("meta_data", &own);
        self.list("weak_meta_data", &weak);
    }

    fn files(&mut self, seen: &Seen) {
        let (mut own, mut weak) = (Vec::new(), Vec::new());
        for lib in &seen.native {
            if self.taken("library", lib) {
                continue;
            }
            if is_common_library(lib) || !lib.starts_with("lib") {
                self.note(&format!("library {lib} has a name that many use"));
            } else if self.speaks_of_it(lib) {
                own.push(lib.clone());
            } else {
                weak.push(lib.clone());
            }
        }
        self.list("native", &own);
        self.list("weak_native", &weak);
        let page = [".js", ".html", ".css", ".txt"];
        let mut assets = Vec::new();
        let mut left = 0usize;
        for asset in &seen.assets {
            let named = self.speaks_of_it(asset.strip_prefix("assets/").unwrap_or(asset));
            if assets.len() < MOST_ASSETS
                && named
                && !page.iter().any(|e| asset.ends_with(e))
                && !asset.chars().any(|c| c.is_control() || c == '*')
                && !self.taken("asset", asset)
            {
                assets.push(asset.clone());
            } else {
                left = left.saturating_add(1);
            }
        }
        self.list("assets", &assets);
        if left > 0 {
            self.note(&format!("{left} other assets"));
        }
    }

    fn hosts(&mut self, seen: &Seen) {
        let mut hosts = Vec::new();
        let mut aside = Vec::new();
        for (host, classes) in &seen.hosts {
            if !classes.is_empty() && !classes.iter().any(|c| self.is_own(c)) {
                continue;
            }
            if self.speaks_of_it(host) && !is_aside_host(host) {
                if hosts.len() < MOST_ASIDE && !self.taken("host", host) {
                    hosts.push(host.clone());
                }
            } else if !classes.is_empty() {
                aside.push(host.as_str());
            }
        }
        self.list("hosts", &hosts);
        for host in aside.into_iter().take(MOST_ASIDE) {
            self.note(&format!("host {host}: whose is it?"));
        }
    }

    fn rest(&mut self, seen: &Seen, asked: Asked<'_>, free: &[&str]) {
        self.line("\n# [collects]                           # from a document of the vendor, with a source of \"collects\"");
        self.line("# information = []");
        self.line("# basis = \"disclosure\"");
        self.line("\n[observed]");
        let from = asked.from.unwrap_or(&seen.name);
        let file = format!("{from} sha256:{}", seen.sha256);
        self.list("files", &[clean(&file)]);
        self.list(
            "permissions",
            &Vec::from_iter(seen.permissions.keys().cloned()),
        );
        let own = seen.components.iter().filter(|c| self.is_own(&c.name));
        let components: BTreeSet<String> = own.map(|c| format!("{}:{}", c.kind, c.name)).collect();
        self.list("components", &Vec::from_iter(components));
        let keys = seen.meta_data.iter().filter(|k| !is_generic_key(k));
        self.list("meta_data", &keys.cloned().collect::<Vec<_>>());
        self.start(seen);
        let example = free
            .iter()
            .filter(|c| self.is_own(c))
            .find(|c| readable(c))
            .map(|c| (*c).to_owned())
            .or_else(|| self.strong.first().map(|p| format!("{p}.a")));
        self.line("\n[examples]");
        match (example, self.strong.first().cloned()) {
            (Some(class), Some(prefix)) => {
                let yes = quoted(&format!("class {class}"));
                let near = quoted(&format!("class {prefix}x.Foo"));
                let no = quoted(&format!("ref {class}"));
                self.line(&format!("match = [[{yes}]]"));
                self.line(&format!("no_match = [[{near}], [{no}]]"));
            }
            _ => {
                self.note("no package of its own was found: write the examples by hand");
                self.line("match = []\nno_match = []");
            }
        }
        self.line("\n[[source]]");
        self.line("of = \"observed, identity, start\"");
        self.line("from = \"the archive named in observed.files, read with permscope db learn\"");
        self.line(&format!("date = {}", quoted(asked.date)));
        self.line("confidence = \"verified\"");
        self.line(
            "\n[[source]]                             # one for each document that you looked at",
        );
        self.line("of = \"name, vendor, country, category\"");
        self.line("from = \"\"");
        self.line(&format!("date = {}", quoted(asked.date)));
        self.line("confidence = \"partly\"");
    }

    fn start(&mut self, seen: &Seen) {
        let own = || seen.components.iter().filter(|c| self.is_own(&c.name));
        let all = seen.components.iter().flat_map(|c| &c.initializers);
        let initializers: BTreeSet<String> = all.filter(|i| self.is_own(i)).cloned().collect();
        let providers: BTreeSet<String> = own()
            .filter(|c| c.starts_itself)
            .map(|c| c.name.clone())
            .collect();
        let receiver = own().any(|c| c.kind == "receiver");
        self.line("\n[start]");
        if !initializers.is_empty() || !providers.is_empty() {
            self.line("automatic = true");
        } else if seen.has_manifest && !receiver && !self.strong.is_empty() {
            self.line("automatic = false");
        } else {
            self.line("# automatic =                          # look at its receivers, or at the AAR's manifest");
        }
        self.line("# init = []                            # from the vendor's guide: com.vendor.sdk.Client.init");
        self.list("providers", &Vec::from_iter(providers));
        self.list("initializers", &Vec::from_iter(initializers));
    }
}

/// Whether `class` is `prefix` or lies below it.
fn below(class: &str, prefix: &str) -> bool {
    class
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '$']))
}

/// Whether one of `classes` is `prefix` or lies below it, without looking at all of them.
fn has_below(classes: &BTreeSet<String>, prefix: &str) -> bool {
    let starts = [
        prefix.to_owned(),
        format!("{prefix}."),
        format!("{prefix}$"),
    ];
    let mut first = starts
        .iter()
        .filter_map(|s| classes.range(s.clone()..).next());
    first.any(|c| below(c, prefix))
}

/// A package that the linter takes.
fn usable(prefix: &str) -> bool {
    let part =
        |p: &str| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || "_$-".contains(c));
    prefix.contains('.') && prefix.split('.').all(part)
}

/// A class whose name an obfuscator has not shortened.
fn readable(class: &str) -> bool {
    let simple = class.rsplit('.').next().unwrap_or(class);
    simple.len() >= 4
        && simple.chars().next().is_some_and(char::is_uppercase)
        && simple.chars().all(char::is_alphanumeric)
}
