//! `imported/apis.toml`, `imported/intents.toml`, `imported/providers.toml` and `apis/`.

use super::{Source, Str, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The last API level whose platform was looked at: what it says holds for later levels too.
pub const LAST_LEVEL: u32 = 36;

/// Levels between the first and the last one that nobody looked at.
pub const UNSAMPLED: [u32; 3] = [24, 25, 27];

/// A machine-made table as written: group (a class, a kind of action, an authority), key, history.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedFile {
    /// Where it was made from, and how.
    pub source: Vec<Source>,
    /// `class`, `action` or `authority`, by file.
    #[serde(alias = "class", alias = "action", alias = "authority")]
    pub group: BTreeMap<Str, BTreeMap<Str, Str>>,
}

/// A machine-made table as it is kept: one text in which things are searched for.
///
/// Reading it costs nothing: the text is part of the program. A line that
/// begins with a tab is an entry, `TAB key TAB history`; any other line is a
/// group. Groups are sorted, and so are the entries of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Where it was made from, and how.
    pub source: Vec<Source>,
    /// The text.
    pub text: Str,
}

impl TryFrom<ImportedFile> for Table {
    type Error = String;

    fn try_from(file: ImportedFile) -> Result<Table, String> {
        let plain = |name: &str| !name.is_empty() && !name.contains(['\t', '\n', '\r']);
        let mut text = String::new();
        for (group, entries) in &file.group {
            if !plain(group) {
                return Err(format!("`{group}` is empty or has a tab or line break"));
            }
            text.push_str(group);
            text.push('\n');
            for (key, history) in entries {
                if !plain(key) || !plain(history) {
                    return Err(format!(
                        "`{group}`: `{key}` is empty or has a tab or line break"
                    ));
                }
                for part in ["\t", key, "\t", history, "\n"] {
                    text.push_str(part);
                }
            }
        }
        Ok(Table {
            source: file.source,
            text: text.into(),
        })
    }
}

impl Table {
    /// All groups in order, with their entries.
    pub fn groups(&self) -> impl Iterator<Item = (&str, Entries<'_>)> {
        let mut rest = self.text.as_str();
        std::iter::from_fn(move || {
            let (group, entries, after) = first_group(rest)?;
            rest = after;
            Some((group, Entries(entries)))
        })
    }

    /// The entries of a group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Entries<'_>> {
        // Half the text again and again, always at the start of a group.
        let mut text = self.text.as_str();
        loop {
            let middle = group_start(text, text.len() / 2);
            let (group, entries, after) = first_group(text.get(middle..)?)?;
            match name.cmp(group) {
                std::cmp::Ordering::Equal => return Some(Entries(entries)),
                std::cmp::Ordering::Less if middle == 0 => return None,
                std::cmp::Ordering::Less => text = text.get(..middle)?,
                std::cmp::Ordering::Greater => text = after,
            }
        }
    }

    /// The entries of a table of one group, whatever its name: without a search.
    #[must_use]
    pub fn only_group(&self) -> Option<Entries<'_>> {
        let (_, entries) = self.text.split_once('\n')?;
        Some(Entries(entries))
    }

    /// The history of a key of a group.
    #[must_use]
    pub fn get(&self, group: &str, key: &str) -> Option<&str> {
        self.group(group)?.get(key)
    }

    /// Number of groups and of entries.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let lines = self.text.lines().count();
        let entries = self.text.lines().filter(|l| l.starts_with('\t')).count();
        (lines.saturating_sub(entries), entries)
    }
}

/// Where the group begins that covers byte `at`.
fn group_start(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at.min(bytes.len());
    loop {
        let before = bytes.get(..end).unwrap_or_default();
        let start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |nl| nl.saturating_add(1));
        if start == 0 || bytes.get(start).is_some_and(|b| *b != b'\t') {
            return start;
        }
        end = start.saturating_sub(1);
    }
}

/// Name, entries, and what follows.
fn first_group(text: &str) -> Option<(&str, &str, &str)> {
    let (group, rest) = text.split_once('\n')?;
    let mut end = 0_usize;
    for line in rest.split_inclusive('\n') {
        if !line.starts_with('\t') {
            break;
        }
        end = end.saturating_add(line.len());
    }
    let (entries, after) = rest.split_at_checked(end)?;
    Some((group, entries, after))
}

/// The entries of one group: lines of `TAB key TAB history`.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a>(&'a str);

impl<'a> Entries<'a> {
    /// Key and history of each, sorted by key.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .lines()
            .filter_map(|line| line.strip_prefix('\t')?.split_once('\t'))
    }

    /// The history of the first member of that name, whatever its prototype or type.
    #[must_use]
    pub fn overload(self, name: &str) -> Option<&'a str> {
        let is_named = |key: &str| {
            let rest = key.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['(', ':']))
        };
        self.iter()
            .find_map(|(key, history)| is_named(key).then_some(history))
    }

    /// The history of a key.
    #[must_use]
    pub fn get(self, key: &str) -> Option<&'a str> {
        let mut text = self.0;
        loop {
            let half = text.as_bytes().get(..text.len() / 2)?;
            let middle = half
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |nl| nl.saturating_add(1));
            let (line, after) = text.get(middle..)?.split_once('\n')?;
            let (found, history) = line.strip_prefix('\t')?.split_once('\t')?;
            match key.cmp(found) {
                std::cmp::Ordering::Equal => return Some(history),
                std::cmp::Ordering::Less if middle == 0 => return None,
                std::cmp::Ordering::Less => text = text.get(..middle)?,
                std::cmp::Ordering::Greater => text = after,
            }
        }
    }
}

/// Who may call a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    /// Part of the SDK.
    Public,
    /// `@SystemApi`: for apps of the system, others reach it by reflection.
    System,
    /// `@hide`: reached by reflection.
    Hidden,
}

/// How sure a requirement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApiGrade {
    /// `@RequiresPermission` in the platform's source.
    Annotation,
    /// `@EnforcePermission` of the service behind it: what is really checked.
    Enforcement,
    /// The documentation says so.
    Documented,
    /// A link to the permission in the documentation of the member, which need not be a requirement.
    Mentioned,
    /// From the call paths of axplorer (API 16 to 25): an upper bound.
    Axplorer,
    /// Written down by hand from general knowledge.
    Curated,
}

impl ApiGrade {
    /// All grades with the word for each.
    pub const ALL: [(ApiGrade, &'static str); 6] = [
        (ApiGrade::Annotation, "annotation"),
        (ApiGrade::Enforcement, "enforcement"),
        (ApiGrade::Documented, "documented"),
        (ApiGrade::Mentioned, "mentioned"),
        (ApiGrade::Axplorer, "axplorer"),
        (ApiGrade::Curated, "curated"),
    ];
}

/// What an operation needs over a range of API levels.
///
/// Written `26-28 annotation all READ_PHONE_STATE`; see `docs/apis.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement<'a> {
    /// First level.
    pub from: u32,
    /// Last level; [`LAST_LEVEL`] stands for every later one, too.
    pub to: u32,
    /// The range counts the target level of the app (never above the device's), not the device's level.
    pub by_target: bool,
    /// How sure it is; none where the entry around it says so.
    pub grade: Option<ApiGrade>,
    /// Only for some arguments, callers or data.
    pub conditional: bool,
    /// All of these, as written.
    pub all: Vec<&'a str>,
    /// And one of these, where there are any.
    pub any: Vec<&'a str>,
}

impl<'a> Requirement<'a> {
    /// Parses one part of a history; `None` where it is not of that shape.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Requirement<'a>> {
        let mut words = text.split(' ').peekable();
        let by_target = words.next_if_eq(&"target").is_some();
        let range = words.next()?;
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let grade = words.peek().and_then(|word| {
            let known = ApiGrade::ALL.iter().find(|(_, name)| name == word);
            known.map(|(grade, _)| *grade)
        });
        if grade.is_some() {
            words.next();
        }
        let conditional = words.next_if_eq(&"if").is_some();
        let mut parsed = Requirement {
            from: from.parse().ok()?,
            to: to.parse().ok()?,
            by_target,
            grade,
            conditional,
            all: Vec::new(),
            any: Vec::new(),
        };
        let mut list = None;
        for word in words {
            match word {
                "all" => list = Some(&mut parsed.all),
                "any" => list = Some(&mut parsed.any),
                "none" | "" => return None,
                name => list.as_mut()?.push(name),
            }
        }
        let some = !parsed.all.is_empty() || !parsed.any.is_empty();
        (some && parsed.from <= parsed.to).then_some(parsed)
    }

    /// Full names of all permissions it speaks of.
    pub fn permissions(&self) -> impl Iterator<Item = String> {
        self.all.iter().chain(&self.any).map(|p| full_name(p))
    }

    /// Whether an app that holds what `has` says yes to (full names) has what is needed.
    pub fn satisfied_by(&self, mut has: impl FnMut(&str) -> bool) -> bool {
        let mut held = |p: &&str| has(&full_name(p));
        self.all.iter().all(&mut held) && (self.any.is_empty() || self.any.iter().any(held))
    }

    /// Whether it speaks of a device's level, for an app's target level.
    fn covers(&self, device: u32, target: u32) -> bool {
        let level = if self.by_target {
            target.min(device)
        } else {
            device
        };
        let level = level.min(LAST_LEVEL);
        self.from <= level && level <= self.to
    }
}

/// `CAMERA` stands for `android.permission.CAMERA`; a name with a dot is written in full.
///
/// `carrier-privileges` and `device-owner` are no permissions and stay as they are.
#[must_use]
pub fn full_name(short: &str) -> String {
    if short.contains('.') || NOT_PERMISSIONS.contains(&short) {
        short.to_owned()
    } else {
        format!("android.permission.{short}")
    }
}

/// What stands in a requirement and is no permission: privileges that are given in other ways.
pub const NOT_PERMISSIONS: [&str; 2] = ["carrier-privileges", "device-owner"];

/// Visibility and requirements of one entry of a [`Table`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<'a> {
    /// Who may call it.
    pub visibility: Visibility,
    /// The requirements, ascending.
    pub requirements: Vec<Requirement<'a>>,
}

impl<'a> History<'a> {
    /// Parses `system; 26-28 annotation all A; 29-36 annotation any B C`; `None` where it is not of that shape.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<History<'a>> {
        let (visibility, rest) = match text.split_once("; ") {
            Some(("system", rest)) => (Visibility::System, rest),
            Some(("hidden", rest)) => (Visibility::Hidden, rest),
            _ => (Visibility::Public, text),
        };
        let requirements: Option<Vec<_>> = rest.split("; ").map(Requirement::parse).collect();
        Some(History {
            visibility,
            requirements: requirements?,
        })
    }

    /// What is needed on a device of an API level; `None` where nothing is known to be.
    ///
    /// A level between two ranges that nobody looked at, or in which the
    /// member's module was missing from the sources, has the answer of the
    /// range before it; one of [`UNSAMPLED`] that lies right before the first
    /// range has that one's.
    #[must_use]
    pub fn at(&self, level: u32) -> Option<&Requirement<'a>> {
        let level = level.min(LAST_LEVEL);
        let list = &self.requirements;
        if let Some(exact) = list.iter().rev().find(|r| r.covers(level, level)) {
            return Some(exact);
        }
        let before = list.iter().rev().find(|r| r.to < level);
        let after = list.iter().find(|r| r.from > level);
        // No sampled level lies in the open interval.
        let unseen = |low: u32, high: u32| {
            (low.saturating_add(1)..high).all(|between| UNSAMPLED.contains(&between))
        };
        match (before, after) {
            (Some(before), Some(_)) => Some(before),
            (Some(before), None) => (UNSAMPLED.contains(&level)
                && unseen(before.to, level.saturating_add(1)))
            .then_some(before),
            (None, Some(after)) => (UNSAMPLED.contains(&level)
                && unseen(level.saturating_sub(1), after.from))
            .then_some(after),
            (None, None) => None,
        }
    }
}

/// Channel through which an app reaches something: key of [`Access::by`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// A method is called: `android.a.B$C.name` (all overloads, `<init>` for constructors),
    /// `Landroid/a/B;->name(I)V`, or with a constant: `android.a.B.name("text")`, `android.a.B.name(21)`.
    Method,
    /// A method of a library inside the app that needs the permission for the app: same notation.
    Delegate,
    /// A field is read: `android.os.Build.SERIAL`. A constant of a primitive type or a string is
    /// copied into the caller by the compiler and is no field read.
    Field,
    /// A method of the platform that the app overrides: `android.webkit.WebChromeClient.onPermissionRequest`.
    Override,
    /// A class that the app extends, or whose descriptor it uses as a constant: `android.location.LocationManager`.
    Type,
    /// A content URI: authority and beginning of the path, `com.android.contacts/data`.
    Uri,
    /// An action with which another component is started or bound, or a broadcast is sent.
    Sends,
    /// An action that a receiver, service or activity of the app gets.
    Receives,
    /// A permission that protects a component of the app's own manifest.
    Guard,
    /// A `foregroundServiceType` of a service.
    ServiceType,
    /// A name for `getSystemService` or the service manager.
    Service,
    /// `secure/android_id`: a key of `Settings.Secure`, `.Global` or `.System`, also as a content URI.
    Setting,
    /// A system property: `ro.serialno`.
    Property,
    /// A path of the file system; with `*` the beginning of one.
    Path,
    /// A command line, by its beginning.
    Command,
    /// Any other string that tells; with `*` the beginning of one.
    String,
    /// A member that is not in the SDK and is reached by its name: `android.os.SystemProperties.get`.
    Reflection,
    /// A function of the NDK that a native library imports.
    Native,
    /// A name in the scripts or snapshots of a framework: `plus.contacts`, a plug-in's channel.
    Script,
}

impl By {
    /// All channels, in order, with the word for each.
    pub const ALL: [(By, &'static str); 19] = [
        (By::Method, "method"),
        (By::Delegate, "delegate"),
        (By::Field, "field"),
        (By::Override, "override"),
        (By::Type, "type"),
        (By::Uri, "uri"),
        (By::Sends, "sends"),
        (By::Receives, "receives"),
        (By::Guard, "guard"),
        (By::ServiceType, "service-type"),
        (By::Service, "service"),
        (By::Setting, "setting"),
        (By::Property, "property"),
        (By::Path, "path"),
        (By::Command, "command"),
        (By::String, "string"),
        (By::Reflection, "reflection"),
        (By::Native, "native"),
        (By::Script, "script"),
    ];

    /// The word for it in data files.
    #[must_use]
    pub fn word(self) -> &'static str {
        let found = By::ALL.iter().find(|(by, _)| *by == self);
        found.map_or("", |(_, word)| word)
    }

    /// Whether it shows an interest and no use yet: a manager that is fetched, a name in a script.
    #[must_use]
    pub fn is_hint(self) -> bool {
        matches!(self, By::Service | By::Type | By::Script | By::String)
    }
}

/// Whether an access reads or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccessMode {
    /// It reads.
    Read,
    /// It changes.
    Write,
}

/// `apis/<area>.toml`. Written by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessFile {
    /// Name of the file; the loader fills it in.
    #[serde(default)]
    pub id: Str,
    /// The accesses of the area.
    pub access: Vec<Access>,
    /// Sources of this file.
    pub source: Vec<Source>,
    /// Examples that are run.
    #[serde(default)]
    pub examples: AccessExamples,
}

/// Lines of `channel what` and what they lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessExamples {
    /// `call android.telephony.TelephonyManager.getDeviceId -> phone.imei`.
    #[serde(default, rename = "match")]
    pub matches: Vec<Str>,
    /// The same without an end: no access of this file.
    #[serde(default)]
    pub no_match: Vec<Str>,
}

/// One way to personal information, or one thing a permission is for, with everything that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// `phone.imei`.
    pub id: Str,
    /// Short name in both languages.
    pub title: Text,
    /// Ids of information kinds; empty where it opens none.
    #[serde(default)]
    pub information: Vec<Str>,
    /// What shows it, by channel.
    pub by: BTreeMap<By, Vec<Str>>,
    /// Permissions by level, as in the imported tables, mostly without a grade; empty where none is needed.
    #[serde(default)]
    pub requires: Vec<Str>,
    /// How sure that is.
    pub grade: ApiGrade,
    /// It reads or changes, where the same indicators may do either.
    #[serde(default)]
    pub mode: Option<AccessMode>,
    /// Only calls that name exactly this class count; otherwise those through a subclass of it, too.
    #[serde(default)]
    pub exact_class: bool,
    /// It shows an interest and no use by itself: a getter of an object, a path.
    #[serde(default)]
    pub hint: bool,
    /// What to know about it.
    #[serde(default)]
    pub note: Option<Text>,
}

impl Access {
    /// Its requirements.
    pub fn requirements(&self) -> impl Iterator<Item = Requirement<'_>> {
        self.requires.iter().filter_map(|r| Requirement::parse(r))
    }

    /// Whether one of its indicators is a member or type of a class of the platform (descriptor).
    #[must_use]
    pub fn names_class(&self, class: &str) -> bool {
        let bare = class.strip_prefix('L').and_then(|c| c.strip_suffix(';'));
        let java = bare.unwrap_or(class).replace('/', ".");
        let of = |indicator: &Str| {
            let rest = indicator.strip_prefix(java.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                || indicator.starts_with(class)
        };
        let channels = [By::Method, By::Field, By::Type, By::Reflection];
        let mut lists = channels.iter().filter_map(|by| self.by.get(by));
        lists.any(|list| list.iter().any(of))
    }

    /// What is needed on a device of an API level by an app of a target level.
    #[must_use]
    pub fn at(&self, device: u32, target: u32) -> Option<Requirement<'_>> {
        // The last one wins: the newer rule is written later.
        self.requirements()
            .filter(|r| r.covers(device, target))
            .last()
    }
}
