//! Names and beginnings of names, for lookup of one and of many.

use crate::signatures::schema::MarkEntry;

/// A sorted list of names, each with the marks that it stands for.
#[derive(Debug)]
pub(super) struct Table<'d> {
    entries: &'d [MarkEntry],
    names: Vec<Name<'d>>,
}

/// One name of the list.
#[derive(Debug)]
struct Name<'d> {
    text: &'d str,
    /// Its entries.
    first: usize,
    count: usize,
    /// The longest other name of the list with which it begins.
    parent: Option<usize>,
}

impl<'d> Table<'d> {
    /// `entries` must be sorted by name, as [`crate::signatures::schema::Marks`] has them.
    pub(super) fn new(entries: &'d [MarkEntry]) -> Self {
        let mut names: Vec<Name<'d>> = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let text = entry.name.as_str();
            match names.last_mut() {
                Some(last) if last.text == text => last.count = last.count.saturating_add(1),
                _ => {
                    let mut parent = names.len().checked_sub(1);
                    while let Some(name) = parent.and_then(|at| names.get(at))
                        && !text.starts_with(name.text)
                    {
                        parent = name.parent;
                    }
                    names.push(Name {
                        text,
                        first: at,
                        count: 1,
                        parent,
                    });
                }
            }
        }
        Self { entries, names }
    }

    /// How many different names there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// A name and its entries, by its number.
    pub(super) fn get(&self, at: usize) -> Option<(&'d str, &'d [MarkEntry])> {
        let name = self.names.get(at)?;
        let end = name.first.checked_add(name.count)?;
        Some((name.text, self.entries.get(name.first..end)?))
    }

    /// The number of exactly this name.
    pub(super) fn exact(&self, text: &str) -> Option<usize> {
        self.names.binary_search_by(|name| name.text.cmp(text)).ok()
    }

    /// The numbers of all names with which `text` begins, the longest first.
    pub(super) fn beginnings(&self, text: &str) -> impl Iterator<Item = usize> {
        self.chain(text, self.names.partition_point(|name| name.text <= text))
    }

    /// The same, where `after` names are known to be no greater than `text`.
    ///
    /// Whatever stands between a beginning of `text` and `text` itself begins
    /// with it too, so all beginnings are parents of the last of these names.
    fn chain(&self, text: &str, after: usize) -> impl Iterator<Item = usize> {
        let mut next = after.checked_sub(1);
        std::iter::from_fn(move || {
            loop {
                let at = next?;
                let name = self.names.get(at)?;
                next = name.parent;
                if text.starts_with(name.text) {
                    return Some(at);
                }
            }
        })
    }

    /// Calls `found` for each of `classes` (sorted) that lies in one of the packages, with the number of the longest.
    pub(super) fn each_owned<'c>(
        &self,
        classes: &'c [String],
        mut found: impl FnMut(&'c str, usize),
    ) {
        let mut after = 0_usize;
        for class in classes {
            while self
                .names
                .get(after)
                .is_some_and(|name| name.text <= class.as_str())
            {
                after = after.saturating_add(1);
            }
            if let Some(at) = self.chain(class, after).find(|&at| self.owns(at, class)) {
                found(class, at);
            }
        }
    }

    /// A package ends at a dot, a class at `$`: `com.a` holds `com.a.B` and not `com.ab.C`.
    fn owns(&self, at: usize, class: &str) -> bool {
        let len = self.names.get(at).map_or(0, |name| name.text.len());
        matches!(class.as_bytes().get(len), None | Some(b'.' | b'$'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(names: &[&str]) -> Vec<MarkEntry> {
        let mut entries: Vec<MarkEntry> = (0_u32..)
            .zip(names)
            .map(|(library, name)| MarkEntry {
                name: (*name).into(),
                library,
                strong: true,
            })
            .collect();
        entries.sort();
        entries
    }

    /// The plain definition: try every name.
    fn slow<'n>(names: &[&'n str], class: &str) -> Option<&'n str> {
        let fits = |name: &&&str| {
            class
                .strip_prefix(**name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '$']))
        };
        names
            .iter()
            .filter(fits)
            .max_by_key(|name| name.len())
            .copied()
    }

    #[test]
    fn owners_are_those_of_the_plain_definition() {
        let names = [
            "com.a",
            "com.a.b",
            "com.a.bc",
            "com.a.b.c",
            "com.ab",
            "com.a-x",
            "a",
            "org.x.One",
            "org.x",
            "com.a.b.c.d.e",
            "z.z",
            "com",
        ];
        let entries = entries(&names);
        let table = Table::new(&entries);
        let mut classes: Vec<String> = Vec::new();
        for stem in names
            .iter()
            .chain(&["b", "com.b", "com.a.d", "org.xy", "zz"])
        {
            for tail in ["", ".A", "$A", "x", "-", ".b.c.d.Q", ".bcd.E", "$b.c"] {
                classes.push(format!("{stem}{tail}"));
            }
        }
        classes.sort();
        classes.dedup();
        let mut swept = Vec::new();
        table.each_owned(&classes, |class, at| {
            swept.push((class.to_owned(), table.get(at).unwrap().0));
        });
        let slowly = |class: &String| Some((class.clone(), slow(&names, class)?));
        assert!(swept.len() > 60);
        assert_eq!(swept, classes.iter().filter_map(slowly).collect::<Vec<_>>());
    }

    #[test]
    fn beginnings_are_all_of_them_longest_first() {
        let entries = entries(&[
            "assets/",
            "assets/x",
            "assets/xy/",
            "lib",
            "assets/x",
            "ass",
        ]);
        let table = Table::new(&entries);
        let found: Vec<_> = table
            .beginnings("assets/xy/z.js")
            .filter_map(|at| table.get(at))
            .map(|(name, marks)| (name, marks.len()))
            .collect();
        assert_eq!(
            found,
            [
                ("assets/xy/", 1),
                ("assets/x", 2),
                ("assets/", 1),
                ("ass", 1)
            ]
        );
        assert_eq!(
            table
                .exact("assets/x")
                .and_then(|at| table.get(at))
                .unwrap()
                .1
                .len(),
            2
        );
        assert_eq!(table.exact("assets"), None);
        assert_eq!(table.len(), 5);
    }
}
