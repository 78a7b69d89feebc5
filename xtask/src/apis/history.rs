//! Joins a level to the histories of `imported/apis.toml` and `imported/intents.toml`.

use super::platform::{Declared, Platform};
use super::table::Table;
use std::collections::BTreeMap;

/// What the files of a level say of a member of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen<'a> {
    /// It needs this.
    Needs(&'a str, bool),
    /// It is there, and no annotation is.
    Plain(bool),
    /// A supertype declares it: the files leave out what only overrides.
    Inherited,
    /// Its package is there, and it is not.
    Gone,
    /// It can't be told: hidden, in a package that no file declares, or in no file of the level before either.
    Unknown,
}

/// What a merge did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub extended: usize,
    pub inherited: usize,
    pub carried: usize,
    /// With what it needs.
    pub added: Vec<String>,
    /// With the part before and the part from this level on.
    pub changed: Vec<String>,
    /// No longer annotated.
    pub freed: Vec<String>,
    pub gone: Vec<String>,
    /// Packages of the table that no file declares, with the number of members.
    pub missing: BTreeMap<String, usize>,
}

/// A range with what it needs: `26-28 annotation all A`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    from: u32,
    to: u32,
    needs: String,
}

/// `system; ` or `hidden; ` and the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct History {
    visibility: &'static str,
    parts: Vec<Part>,
}

impl History {
    fn parse(text: &str) -> Option<History> {
        let mut parts = text.split("; ").peekable();
        let visibility = match parts.peek() {
            Some(&"system") => "system",
            Some(&"hidden") => "hidden",
            _ => "",
        };
        if !visibility.is_empty() {
            parts.next();
        }
        let part = |text: &str| {
            let (range, needs) = text.split_once(' ')?;
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            Some(Part {
                from: from.parse().ok()?,
                to: to.parse().ok()?,
                needs: needs.to_owned(),
            })
        };
        let parts = parts.map(part).collect::<Option<Vec<_>>>()?;
        (!parts.is_empty()).then_some(History { visibility, parts })
    }

    fn write(&self) -> String {
        let mut words = Vec::new();
        if !self.visibility.is_empty() {
            words.push(self.visibility.to_owned());
        }
        for part in &self.parts {
            words.push(if part.from == part.to {
                format!("{} {}", part.from, part.needs)
            } else {
                format!("{}-{} {}", part.from, part.to, part.needs)
            });
        }
        words.join("; ")
    }

    /// The part that holds at the level before, or at this one where it was joined already.
    fn open(&mut self, before: u32) -> Option<&mut Part> {
        self.parts.last_mut().filter(|part| part.to >= before)
    }

    /// Ends the last part before a level.
    fn end(&mut self, level: u32, before: u32) {
        if let Some(part) = self.parts.last_mut()
            && part.to >= level
        {
            part.to = before;
            if part.from > before {
                self.parts.pop();
            }
        }
    }
}

/// The words of the head that speak of levels.
const LEVELS: &str = "Levels that were looked at: ";

/// Levels that a table's head says were looked at, ascending.
pub fn levels(head: &str) -> Result<Vec<u32>, String> {
    let text = head
        .split_once(LEVELS)
        .and_then(|(_, rest)| rest.split_once(". "));
    let (text, _) = text.ok_or_else(|| format!("its head has no `{LEVELS}…. `"))?;
    let mut found = Vec::new();
    for part in text.split(", ") {
        let (from, to) = part.split_once(" to ").unwrap_or((part, part));
        let number = |text: &str| {
            text.parse::<u32>()
                .map_err(|_| format!("`{text}` in its head is no level"))
        };
        found.extend(number(from)?..=number(to)?);
    }
    found.sort_unstable();
    Ok(found)
}

/// `23, 26, 28 to 37`.
fn ranges(levels: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for level in levels {
        match runs.last_mut() {
            Some((_, to)) if *to + 1 == *level => *to = *level,
            _ => runs.push((*level, *level)),
        }
    }
    let run = |(from, to): &(u32, u32)| match to - from {
        0 => from.to_string(),
        1 => format!("{from}, {to}"),
        _ => format!("{from} to {to}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// Puts level and number of members into the head.
pub fn renew_head(table: &mut Table, level: u32) -> Result<(), String> {
    let mut all = levels(&table.head)?;
    let last = all.last().copied().unwrap_or_default();
    if !all.contains(&level) {
        all.push(level);
    }
    let (before, rest) = table.head.split_once(LEVELS).unwrap_or_default();
    let (_, rest) = rest.split_once(". ").unwrap_or_default();
    let mut head = format!("{before}{LEVELS}{}. {rest}", ranges(&all));
    let old = format!("Levels above {last} have the answer of {last}.");
    let new = format!("Levels above {level} have the answer of {level}.");
    head = head.replace(&old, &new);
    let count = head.lines().find(|line| {
        line.strip_prefix("# ")
            .and_then(|l| l.split_once(" members."))
            .is_some_and(|(n, _)| n.parse::<usize>().is_ok())
    });
    if let Some((_, rest)) = count.and_then(|line| line.split_once(" members.")) {
        let old = count.unwrap_or_default().to_owned();
        let new = format!("# {} members.{rest}", table.entries());
        head = head.replacen(&old, &new, 1);
    }
    table.head = head;
    Ok(())
}

/// The level before, after a check that this one may be joined.
pub fn before(levels: &[u32], level: u32) -> Result<u32, String> {
    let last = levels.last().copied().unwrap_or_default();
    if level < last {
        return Err(format!(
            "it goes to level {last} already; only that one or a later one can be joined"
        ));
    }
    let earlier = levels.iter().rev().find(|l| **l < level);
    earlier
        .copied()
        .ok_or_else(|| "it has no earlier level".into())
}

/// What a level's files say of a member of a class.
///
/// The table calls members system members that no signature file ever had:
/// one is gone only where the files of the level before have it.
fn look<'a>(
    platform: &'a Platform,
    earlier: &Platform,
    class: &str,
    key: &str,
    visibility: &str,
) -> Seen<'a> {
    let was = || {
        let class = earlier.classes.get(class);
        class.is_some_and(|c| c.members.contains_key(key))
    };
    let known = platform.classes.get(class);
    match known.and_then(|c| c.members.get(key)) {
        Some(Declared {
            needs: Some(needs),
            public,
        }) => Seen::Needs(needs, *public),
        Some(Declared { public, .. }) => Seen::Plain(*public),
        None if visibility == "hidden" || !platform.has_package(class) => Seen::Unknown,
        None if known.is_some() && platform.inherits(class, key) => Seen::Inherited,
        None if visibility == "system" && !was() => Seen::Unknown,
        None => Seen::Gone,
    }
}

/// Joins a level to all members of a table of classes; `earlier` is the level before, where it was given.
pub fn merge(
    table: &mut Table,
    platform: &Platform,
    earlier: &Platform,
    level: u32,
) -> Result<Report, String> {
    let before = before(&levels(&table.head)?, level)?;
    let mut report = Report::default();
    for (class, entries) in &mut table.groups {
        for (key, text) in entries.iter_mut() {
            let name = format!("{class} {key}");
            let mut history =
                History::parse(text).ok_or_else(|| format!("{name}: `{text}` is no history"))?;
            let seen = look(platform, earlier, class, key, history.visibility);
            if seen == Seen::Unknown
                && !platform.has_package(class)
                && history.visibility != "hidden"
                && history.open(before).is_some()
            {
                let package = class.rsplit_once('/').map_or("", |(package, _)| package);
                *report.missing.entry(package.to_owned()).or_default() += 1;
            }
            join(&mut history, seen, level, before, &name, &mut report);
            *text = history.write();
        }
        entries.retain(|_, text| History::parse(text).is_some());
    }
    for (class, known) in &platform.classes {
        for (key, declared) in &known.members {
            let Some(needs) = &declared.needs else {
                continue;
            };
            let entries = table.groups.entry(class.clone()).or_default();
            if entries.contains_key(key) {
                continue;
            }
            let history = History {
                visibility: if declared.public { "" } else { "system" },
                parts: vec![Part {
                    from: level,
                    to: level,
                    needs: needs.clone(),
                }],
            };
            report.added.push(format!("{class} {key}: {needs}"));
            entries.insert(key.clone(), history.write());
        }
    }
    table.groups.retain(|_, entries| !entries.is_empty());
    Ok(report)
}

/// Joins a level to a table of actions; the kind of a new one is not in the files: it becomes an `action`.
pub fn merge_actions(table: &mut Table, platform: &Platform, level: u32) -> Result<Report, String> {
    let before = before(&levels_of_parts(table)?, level)?;
    let mut report = Report::default();
    for entries in table.groups.values_mut() {
        for (action, text) in entries.iter_mut() {
            let mut history =
                History::parse(text).ok_or_else(|| format!("{action}: `{text}` is no history"))?;
            let seen = match platform.texts.get(action) {
                Some(Declared {
                    needs: Some(needs),
                    public,
                }) => Seen::Needs(needs, *public),
                Some(Declared { public, .. }) => Seen::Plain(*public),
                None => Seen::Unknown,
            };
            join(&mut history, seen, level, before, action, &mut report);
            *text = history.write();
        }
        entries.retain(|_, text| History::parse(text).is_some());
    }
    let known: Vec<String> = table
        .groups
        .values()
        .flat_map(|e| e.keys().cloned())
        .collect();
    let actions = table.groups.entry("action".into()).or_default();
    for (text, declared) in &platform.texts {
        let Some(needs) = &declared.needs else {
            continue;
        };
        // Extras and names of services carry the annotation, too.
        if known.contains(text) || !platform.actions.contains(text) {
            continue;
        }
        let system = if declared.public { "" } else { "system; " };
        actions.insert(text.clone(), format!("{system}{level} {needs}"));
        report.added.push(format!("{text}: {needs}"));
    }
    Ok(report)
}

/// The levels at which parts of a table end.
fn levels_of_parts(table: &Table) -> Result<Vec<u32>, String> {
    let mut found = Vec::new();
    for text in table.groups.values().flat_map(BTreeMap::values) {
        let history = History::parse(text).ok_or_else(|| format!("`{text}` is no history"))?;
        found.extend(history.parts.iter().map(|part| part.to));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn join(
    history: &mut History,
    seen: Seen<'_>,
    level: u32,
    before: u32,
    name: &str,
    report: &mut Report,
) {
    let last = history.open(before).map(|part| part.needs.clone());
    let annotated = last.as_deref().is_some_and(|n| n.starts_with("annotation"));
    let extend = |history: &mut History| {
        let Some(part) = history.open(before) else {
            return false;
        };
        part.to = level;
        true
    };
    if let Seen::Needs(_, public) | Seen::Plain(public) = seen {
        history.visibility = if public { "" } else { "system" };
    }
    match seen {
        Seen::Needs(needs, _) if last.as_deref() == Some(needs) => {
            report.extended += usize::from(extend(history));
        }
        Seen::Needs(needs, _) => {
            let old = last.unwrap_or_else(|| "nothing".into());
            report.changed.push(format!("{name}: {old} -> {needs}"));
            history.end(level, before);
            history.parts.push(Part {
                from: level,
                to: level,
                needs: needs.to_owned(),
            });
        }
        Seen::Plain(_) if annotated => {
            report
                .freed
                .push(format!("{name}: {}", last.unwrap_or_default()));
            history.end(level, before);
        }
        // Links in the documentation and checks of the service are not in these files.
        Seen::Plain(_) | Seen::Unknown => report.carried += usize::from(extend(history)),
        Seen::Inherited => report.inherited += usize::from(extend(history)),
        Seen::Gone => {
            if let Some(old) = last {
                report.gone.push(format!("{name}: {old}"));
            }
            history.end(level, before);
        }
    }
}

/// Agreement of a level's files with a table that has the level.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    pub same: usize,
    /// Both say something, and not the same.
    pub other: Vec<String>,
    /// Only the files have it.
    pub absent: Vec<String>,
    /// The table has an annotation that the files do not have.
    pub extra: Vec<String>,
}

/// Compares the annotated members of the public or of the system API.
pub fn compare(table: &Table, platform: &Platform, level: u32, public: bool) -> Agreement {
    let mut found = Agreement::default();
    let at = |text: &str| {
        let history = History::parse(text)?;
        let mut parts = history.parts.into_iter().rev();
        let part = parts.find(|p| (p.from..=p.to).contains(&level))?;
        Some((history.visibility, part.needs))
    };
    for (class, known) in &platform.classes {
        for (key, declared) in known.members.iter().filter(|(_, d)| d.public == public) {
            let Some(needs) = &declared.needs else {
                continue;
            };
            let said = table.groups.get(class).and_then(|entries| entries.get(key));
            match said.and_then(|text| at(text)) {
                Some((_, said)) if said == *needs => found.same += 1,
                Some((_, said)) => found
                    .other
                    .push(format!("{class} {key}: files {needs} | table {said}")),
                None => found.absent.push(format!("{class} {key}: {needs}")),
            }
        }
    }
    let word = if public { "" } else { "system" };
    for (class, entries) in &table.groups {
        for (key, text) in entries {
            let Some((visibility, said)) = at(text) else {
                continue;
            };
            let declared = platform.classes.get(class).and_then(|c| c.members.get(key));
            if visibility == word
                && said.starts_with("annotation")
                && declared.is_none_or(|d| d.needs.is_none())
            {
                let why = match declared {
                    Some(_) => "without annotation in the files",
                    None if platform.inherits(class, key) => "declared by a supertype",
                    None if !platform.has_package(class) => "no file of its package",
                    None if !platform.classes.contains_key(class) => "no such class",
                    None => "no such member",
                };
                found.extra.push(format!("{class} {key}: {said} | {why}"));
            }
        }
    }
    found
}
