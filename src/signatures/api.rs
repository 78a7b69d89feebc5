//! Lookups in the map of the platform: what a member needs, and which access something in an app shows.
//!
//! ```text
//! imported/*.toml ─Table────▶ requirements(member, level), requirement_span, action_requirements, provider_permissions
//! apis/*.toml ─────AccessIndex▶ accesses_of_method, _field, _uri, _action, _string, _setting, accesses_by
//! ```
//!
//! Tables are searched in the text as it is packed. The index is made when it is first asked for.

use super::SignatureDb;
use super::schema::{
    Access, AccessMode, By, Data, Entries, History, LAST_LEVEL, Requirement, Str, full_name,
};
use std::sync::OnceLock;

/// An access that something in an app shows.
#[derive(Clone, Copy, Debug)]
pub struct AccessHit<'a> {
    /// The access.
    pub access: &'a Access,
    /// The channel.
    pub by: By,
    /// The indicator as written.
    pub indicator: &'a str,
    /// It counts only if one argument is this constant: a number, or a text in quotation marks.
    pub constant: Option<&'a str>,
}

impl AccessHit<'_> {
    /// Whether it shows an interest and no use by itself.
    #[must_use]
    pub fn is_hint(&self) -> bool {
        self.access.hint || self.by.is_hint()
    }

    /// Whether an argument that is a text is the constant that is asked for; true where none is.
    ///
    /// A constant that ends in `*` is the beginning of the text.
    #[must_use]
    pub fn text_fits(&self, argument: &str) -> bool {
        let Some(constant) = self.constant else {
            return true;
        };
        let text = constant.strip_prefix('"').and_then(|c| c.strip_suffix('"'));
        text.is_some_and(|text| match text.strip_suffix('*') {
            Some(start) => argument.starts_with(start),
            None => argument == text,
        })
    }

    /// Whether a text of which only the beginning is known may be the constant.
    #[must_use]
    pub fn text_may_begin(&self, start: &str) -> bool {
        let text = self
            .constant
            .and_then(|c| c.strip_prefix('"')?.strip_suffix('"'));
        text.is_some_and(|text| {
            text.trim_end_matches('*').starts_with(start) || self.text_fits(start)
        })
    }

    /// The same for an argument that is a number.
    #[must_use]
    pub fn number_fits(&self, argument: i64) -> bool {
        self.constant
            .is_none_or(|constant| constant.parse() == Ok(argument))
    }
}

/// What a member needs over all levels that an app runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span<'a> {
    /// On a device of the app's target level.
    pub at_target: Option<Requirement<'a>>,
    /// On devices from the app's lowest level to the newest one that is known: each different answer once, ascending.
    pub all: Vec<Requirement<'a>>,
    /// At some of these levels nothing is needed, or the member is not there.
    pub free_at_some: bool,
}

impl<'a> Span<'a> {
    fn new(
        min: u32,
        target: u32,
        at: impl Fn(u32) -> Option<Requirement<'a>>,
        never: bool,
    ) -> Span<'a> {
        let mut span = Span {
            at_target: at(target),
            ..Span::default()
        };
        // Nobody looked below level 16, and Android 4.1 is old enough.
        for level in min.clamp(16, LAST_LEVEL)..=LAST_LEVEL {
            match at(level) {
                Some(r) if span.all.contains(&r) => {}
                Some(r) => span.all.push(r),
                None => span.free_at_some = true,
            }
        }
        span.free_at_some |= never;
        span
    }

    /// Full names of all permissions in it, sorted, each once.
    #[must_use]
    pub fn permissions(&self) -> Vec<String> {
        let mut names: Vec<String> = self.all.iter().flat_map(Requirement::permissions).collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Read and write permissions of a content provider, full names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderPermissions {
    /// To read.
    pub read: Vec<String>,
    /// To write.
    pub write: Vec<String>,
}

/// Where one indicator stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    by: By,
    indicator: Str,
    file: usize,
    access: usize,
}

/// Sorted indicators of all accesses.
#[derive(Clone, Debug, Default)]
pub(super) struct AccessIndex {
    entries: Vec<Entry>,
    /// (first byte, position) of the entries that are beginnings of strings, sorted.
    beginnings: Vec<(u8, usize)>,
    /// Positions (file, access), sorted by id.
    ids: Vec<(usize, usize)>,
    /// Descriptors of classes with members that matter, sorted.
    classes: Vec<String>,
}

impl AccessIndex {
    fn new(data: &Data) -> AccessIndex {
        let mut index = AccessIndex::default();
        for (file, f) in data.accesses.iter().enumerate() {
            for (access, a) in f.access.iter().enumerate() {
                index.ids.push((file, access));
                for (&by, list) in &a.by {
                    index.entries.extend(list.iter().map(|indicator| Entry {
                        by,
                        indicator: indicator.clone(),
                        file,
                        access,
                    }));
                }
            }
        }
        index.entries.sort();
        index
            .ids
            .sort_by_key(|&at| access_at(data, at).map(|a| &a.id));
        let beginning = |(at, e): (usize, &Entry)| {
            let open = e.by == By::Command || e.indicator.ends_with('*');
            let text = matches!(e.by, By::Command | By::Path | By::String);
            (open && text).then_some((*e.indicator.as_bytes().first()?, at))
        };
        index.beginnings = index
            .entries
            .iter()
            .enumerate()
            .filter_map(beginning)
            .collect();
        index.beginnings.sort_unstable();
        index.classes = data
            .members
            .groups()
            .map(|(class, _)| class.to_owned())
            .collect();
        let members = index.entries.iter().filter(|e| {
            matches!(
                e.by,
                By::Method | By::Delegate | By::Field | By::Override | By::Reflection
            )
        });
        index
            .classes
            .extend(members.filter_map(|e| Some(class_and_name(&e.indicator)?.0)));
        index.classes.sort();
        index.classes.dedup();
        index
    }

    /// Entries of a channel whose indicator begins with `start`.
    fn beginning(&self, by: By, start: &str) -> &[Entry] {
        let first = self
            .entries
            .partition_point(|e| (e.by, e.indicator.as_str()) < (by, start));
        let rest = self.entries.get(first..).unwrap_or_default();
        let end = rest.partition_point(|e| e.by == by && e.indicator.starts_with(start));
        rest.get(..end).unwrap_or_default()
    }
}

fn access_at(data: &Data, (file, access): (usize, usize)) -> Option<&Access> {
    data.accesses.get(file)?.access.get(access)
}

/// Class descriptor and member name of an indicator; the constant is left out.
pub(super) fn class_and_name(indicator: &str) -> Option<(String, &str)> {
    if let Some((class, member)) = indicator.split_once("->") {
        let end = member.find(['(', ':']).unwrap_or(member.len());
        return Some((class.to_owned(), member.get(..end)?));
    }
    let bare = indicator
        .split_once('(')
        .map_or(indicator, |(bare, _)| bare);
    let (class, name) = bare.rsplit_once('.')?;
    Some((descriptor(class), name))
}

/// Descriptor of the class of an indicator that is a member.
#[must_use]
pub fn class_of(indicator: &str) -> Option<String> {
    class_and_name(indicator).map(|(class, _)| class)
}

/// The Java name of a class: `android.a.B$C` of `Landroid/a/B$C;`.
#[must_use]
pub fn java_name(descriptor: &str) -> String {
    let bare = descriptor.strip_prefix('L').unwrap_or(descriptor);
    bare.strip_suffix(';').unwrap_or(bare).replace('/', ".")
}

/// The descriptor of a class: `Landroid/a/B$C;` of `android.a.B$C`.
#[must_use]
pub fn descriptor(java_name: &str) -> String {
    format!("L{};", java_name.replace('.', "/"))
}

/// The constant of an indicator such as `android.a.B.name("text")`.
pub(super) fn constant(indicator: &str) -> Option<&str> {
    if indicator.contains("->") {
        return None;
    }
    indicator.split_once('(')?.1.strip_suffix(')')
}

impl SignatureDb {
    fn access_index(&self) -> &AccessIndex {
        self.accesses.get_or_init(|| AccessIndex::new(&self.data))
    }

    fn hits<'a>(&'a self, entries: impl IntoIterator<Item = &'a Entry>) -> Vec<AccessHit<'a>> {
        let hit = |e: &'a Entry| {
            Some(AccessHit {
                access: access_at(&self.data, (e.file, e.access))?,
                by: e.by,
                indicator: &e.indicator,
                constant: matches!(e.by, By::Method | By::Delegate | By::Field | By::Reflection)
                    .then(|| constant(&e.indicator))
                    .flatten(),
            })
        };
        entries.into_iter().filter_map(hit).collect()
    }

    /// What is known to be needed for a member, `Landroid/a/B;->name(I)V` or `Landroid/a/B;->NAME:I`, over the levels.
    ///
    /// Exactly this member: a call through a subclass has to be resolved before.
    #[must_use]
    pub fn member_history(&self, member: &str) -> Option<History<'_>> {
        let (class, name) = member.split_once("->")?;
        History::parse(self.data.members.get(class, name)?)
    }

    /// What a member needs on a device of an API level; `None` where nothing is known to be needed.
    #[must_use]
    pub fn requirements(&self, member: &str, api_level: u32) -> Option<Requirement<'_>> {
        self.member_history(member)?.at(api_level).cloned()
    }

    /// What a member needs for an app with these levels: at its target level, and at all levels that it runs on.
    #[must_use]
    pub fn requirement_span(&self, member: &str, min: u32, target: u32) -> Option<Span<'_>> {
        let history = self.member_history(member)?;
        Some(Span::new(min, target, |l| history.at(l).cloned(), false))
    }

    /// What an access needs for an app with these levels.
    #[must_use]
    pub fn access_span<'a>(&self, access: &'a Access, min: u32, target: u32) -> Span<'a> {
        Span::new(
            min,
            target,
            |level| access.at(level, target),
            access.requires.is_empty(),
        )
    }

    /// The members of a class that need a permission: `name(args)ret` or `name:type`, and their history.
    #[must_use]
    pub fn members_of(&self, class: &str) -> Option<Entries<'_>> {
        self.data.members.group(class)
    }

    /// Kind (`activity`, `broadcast`, `service`, `action`) and history of an intent action.
    #[must_use]
    pub fn action_requirements(&self, action: &str) -> Vec<(&str, History<'_>)> {
        let groups = self.data.actions.groups();
        groups
            .filter_map(|(kind, entries)| Some((kind, History::parse(entries.get(action)?)?)))
            .collect()
    }

    /// Permissions of a provider of the platform for a whole content URI, without those of single paths.
    #[must_use]
    pub fn provider_permissions(&self, uri: &str) -> Option<ProviderPermissions> {
        let (authority, _) = authority_and_path(uri);
        let whole = self.data.providers.get(authority, "/")?;
        let mut found = ProviderPermissions::default();
        for part in whole.split("; ") {
            let (mode, names) = part.split_once(": ")?;
            let list = match mode {
                "read" => &mut found.read,
                _ => &mut found.write,
            };
            list.extend(names.split(' ').map(full_name));
        }
        Some(found)
    }

    /// All accesses, by file.
    pub fn accesses(&self) -> impl Iterator<Item = &Access> {
        self.data.accesses.iter().flat_map(|f| &f.access)
    }

    /// An access.
    #[must_use]
    pub fn access(&self, id: &str) -> Option<&Access> {
        let ids = &self.access_index().ids;
        let found = ids.binary_search_by(|&at| {
            access_at(&self.data, at)
                .map(|a| a.id.as_str())
                .cmp(&Some(id))
        });
        found
            .ok()
            .and_then(|i| ids.get(i))
            .and_then(|&at| access_at(&self.data, at))
    }

    /// Descriptors of all classes of which some member matters, sorted: a reference to a member of
    /// another class need not be looked at, except through a subclass of one of these.
    #[must_use]
    pub fn watched_classes(&self) -> &[String] {
        &self.access_index().classes
    }

    /// Whether a class is one of [`Self::watched_classes`].
    #[must_use]
    pub fn watches_class(&self, descriptor: &str) -> bool {
        let classes = self.watched_classes();
        classes
            .binary_search_by(|c| c.as_str().cmp(descriptor))
            .is_ok()
    }

    /// Accesses that a call of a method shows. `class` is a descriptor, `proto` is `(I)V`.
    ///
    /// Hits with a [`AccessHit::constant`] count only if an argument fits.
    #[must_use]
    pub fn accesses_of_method(&self, class: &str, name: &str, proto: &str) -> Vec<AccessHit<'_>> {
        self.of_member(&[By::Method, By::Delegate], class, name, proto)
    }

    /// Accesses that reading a field shows.
    #[must_use]
    pub fn accesses_of_field(&self, class: &str, name: &str) -> Vec<AccessHit<'_>> {
        self.of_member(&[By::Field], class, name, "")
    }

    /// Accesses that it shows that a class of the app overrides a method of this class of the platform.
    #[must_use]
    pub fn accesses_of_override(&self, class: &str, name: &str) -> Vec<AccessHit<'_>> {
        self.of_member(&[By::Override], class, name, "")
    }

    /// Accesses that the names of a class and a member show where they meet in reflection:
    /// members that are not in the SDK, and all others.
    #[must_use]
    pub fn accesses_of_reflection(&self, class: &str, name: &str) -> Vec<AccessHit<'_>> {
        let all = [By::Method, By::Delegate, By::Field, By::Reflection];
        self.of_member(&all, class, name, "")
    }

    fn of_member(&self, by: &[By], class: &str, name: &str, proto: &str) -> Vec<AccessHit<'_>> {
        let index = self.access_index();
        let java = format!("{}.{name}", java_name(class));
        let raw = format!("{class}->{name}{proto}");
        let mut found = Vec::new();
        for &by in by {
            let written = index.beginning(by, &java).iter().filter(|e| {
                let rest = e.indicator.get(java.len()..).unwrap_or_default();
                rest.is_empty() || rest.starts_with('(')
            });
            found.extend(self.hits(written));
            // Without a prototype, whatever overload is written.
            let exact = index.beginning(by, &raw).iter().filter(|e| {
                let rest = e.indicator.get(raw.len()..).unwrap_or_default();
                rest.is_empty() || (proto.is_empty() && rest.starts_with(['(', ':']))
            });
            found.extend(self.hits(exact));
        }
        found
    }

    /// What one line of an example leads to: `call android.a.B.name`, `field`, `override`, `reflection`,
    /// `uri`, `setting`, `string`, or the word of a channel; `None` where the line is not of that shape.
    #[must_use]
    pub fn accesses_of_line(&self, line: &str) -> Option<Vec<AccessHit<'_>>> {
        let (word, what) = line.split_once(' ')?;
        let member = || class_and_name(what);
        Some(match word {
            "call" => member().map(|(c, n)| self.accesses_of_method(&c, n, ""))?,
            "field" => member().map(|(c, n)| self.accesses_of_field(&c, n))?,
            "override" => member().map(|(c, n)| self.accesses_of_override(&c, n))?,
            "reflection" => member().map(|(c, n)| self.accesses_of_reflection(&c, n))?,
            "uri" => self.accesses_of_uri(what, None),
            "setting" => what
                .split_once('/')
                .map(|(space, key)| self.accesses_of_setting(space, key))?,
            "string" => self.accesses_of_string(what),
            _ => {
                let (by, _) = By::ALL.iter().find(|(_, name)| *name == word)?;
                self.accesses_by(*by, what)
            }
        })
    }

    /// Accesses with exactly this indicator on a channel: a service's name, an action, a property,
    /// a guard, a service type, a class (`android.a.B`), a symbol of a native library, a name in a script.
    #[must_use]
    pub fn accesses_by(&self, by: By, what: &str) -> Vec<AccessHit<'_>> {
        let index = self.access_index();
        let beginning = index.beginning(by, what).iter();
        self.hits(beginning.take_while(|e| e.indicator.as_str() == what))
    }

    /// Accesses that an action shows with which something is started or sent, or which is received.
    #[must_use]
    pub fn accesses_of_action(&self, by: By, action: &str) -> Vec<AccessHit<'_>> {
        match by {
            By::Sends | By::Receives => self.accesses_by(by, action),
            _ => Vec::new(),
        }
    }

    /// Accesses that a name for `getSystemService` shows.
    #[must_use]
    pub fn accesses_of_service(&self, name: &str) -> Vec<AccessHit<'_>> {
        self.accesses_by(By::Service, name)
    }

    /// Accesses that a content URI shows, with or without `content://`: those of the longest path.
    ///
    /// Where `mode` is known, those of the other one are left out.
    #[must_use]
    pub fn accesses_of_uri(&self, uri: &str, mode: Option<AccessMode>) -> Vec<AccessHit<'_>> {
        let (authority, path) = authority_and_path(uri);
        if authority == "settings" {
            return match path.split_once('/') {
                Some((space, key)) => self.accesses_of_setting(space, key),
                None => Vec::new(),
            };
        }
        let index = self.access_index();
        let whole = if path.is_empty() {
            authority.to_owned()
        } else {
            format!("{authority}/{path}")
        };
        let fits = |e: &&Entry| {
            let rest = whole.strip_prefix(e.indicator.as_str());
            rest.is_some_and(|r| r.is_empty() || r.starts_with('/'))
        };
        let other = |e: &&Entry| {
            let stated = access_at(&self.data, (e.file, e.access)).and_then(|a| a.mode);
            mode.is_some() && stated.is_some() && stated != mode
        };
        let mut found: Vec<&Entry> = index
            .beginning(By::Uri, authority)
            .iter()
            .filter(fits)
            .filter(|e| !other(e))
            .collect();
        let longest = found.iter().map(|e| e.indicator.len()).max();
        found.retain(|e| Some(e.indicator.len()) == longest);
        self.hits(found)
    }

    /// Accesses that a key of `Settings.Secure` (`secure`), `.Global` or `.System` shows.
    #[must_use]
    pub fn accesses_of_setting(&self, space: &str, key: &str) -> Vec<AccessHit<'_>> {
        let key = key.split(['/', '?', '#']).next().unwrap_or(key);
        self.accesses_by(By::Setting, &format!("{space}/{key}"))
    }

    /// Accesses that a string shows by itself: a path, a command, a property, a content URI, another text.
    #[must_use]
    pub fn accesses_of_string(&self, text: &str) -> Vec<AccessHit<'_>> {
        if text.starts_with("content://") {
            return self.accesses_of_uri(text, None);
        }
        let index = self.access_index();
        let mut found = Vec::new();
        for by in [By::Property, By::Path, By::Command, By::String] {
            found.extend(self.accesses_by(by, text));
        }
        let Some(&first) = text.as_bytes().first() else {
            return found;
        };
        let from = index.beginnings.partition_point(|b| b.0 < first);
        let beginnings = index.beginnings.get(from..).unwrap_or_default();
        let entries = beginnings
            .iter()
            .take_while(|b| b.0 == first)
            .filter_map(|b| index.entries.get(b.1))
            .filter(|e| {
                let start = e.indicator.strip_suffix('*').unwrap_or(&e.indicator);
                e.indicator.as_str() != text && text.starts_with(start)
            });
        found.extend(self.hits(entries));
        found
    }

    /// Accesses that need a permission at some level, by its full name.
    pub fn accesses_of_permission<'a>(
        &'a self,
        permission: &'a str,
    ) -> impl Iterator<Item = &'a Access> {
        self.accesses().filter(move |a| {
            a.requirements()
                .any(|r| r.permissions().any(|p| p == permission))
                || a.by
                    .get(&By::Guard)
                    .is_some_and(|g| g.iter().any(|p| p == permission))
        })
    }
}

/// `Settings$Secure` and its like: the space of the keys that a method of this class takes.
#[must_use]
pub fn setting_space(class: &str) -> Option<&'static str> {
    match class {
        "Landroid/provider/Settings$Secure;" => Some("secure"),
        "Landroid/provider/Settings$Global;" => Some("global"),
        "Landroid/provider/Settings$System;" => Some("system"),
        _ => None,
    }
}

/// Authority and path of a content URI, without the user (`0@`) and what follows the path.
fn authority_and_path(uri: &str) -> (&str, &str) {
    let bare = uri.strip_prefix("content://").unwrap_or(uri);
    let bare = bare.split(['?', '#']).next().unwrap_or(bare);
    let (authority, path) = bare.split_once('/').unwrap_or((bare, ""));
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    (authority, path.trim_matches('/'))
}

/// The cell in [`SignatureDb`].
pub(super) type Cell = OnceLock<AccessIndex>;
