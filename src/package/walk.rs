//! Elements in the order in which the platform's parser meets them.

use crate::xml::{Element, Text};
use std::collections::BTreeMap;

/// The elements below one parent that the platform takes for its children.
///
/// Since Android 11 `ParsingPackageUtils` goes through the tags below
/// `<manifest>` and `<application>` at any depth: the reader of an element
/// either takes its contents away or leaves them to the loop. What lies below
/// an element of the second kind ("open") is thus read as if it stood beside it.
pub(super) struct Children<'d> {
    stack: Vec<Level<'d>>,
    is_open: fn(&Element) -> bool,
}

struct Level<'d> {
    rest: std::slice::Iter<'d, Element>,
    path: Text,
    seen: BTreeMap<&'d str, usize>,
}

/// One of [`Children`].
pub(super) struct Child<'d> {
    pub(super) element: &'d Element,
    /// Path of the parent in which it is written.
    parent: Text,
    /// Its number among the elements of its name below that parent.
    number: usize,
    /// Whether it lies below an open element.
    pub(super) is_nested: bool,
}

impl Child<'_> {
    /// See [`crate::package::manifest::Place::path`].
    pub(super) fn path(&self) -> String {
        match self.number {
            1 => format!("{}/{}", self.parent, self.element.name),
            n => format!("{}/{}[{n}]", self.parent, self.element.name),
        }
    }
}

impl<'d> Children<'d> {
    /// The children of `parent`, whose path is `path`.
    pub(super) fn new(parent: &'d Element, path: &str, is_open: fn(&Element) -> bool) -> Self {
        Self {
            stack: vec![Level::new(parent, path)],
            is_open,
        }
    }

    /// The direct children only.
    pub(super) fn direct(parent: &'d Element, path: &str) -> Self {
        Self::new(parent, path, |_| false)
    }
}

impl<'d> Level<'d> {
    fn new(parent: &'d Element, path: &str) -> Self {
        Self {
            rest: parent.children.iter(),
            path: Text::from(path),
            seen: BTreeMap::new(),
        }
    }
}

impl<'d> Iterator for Children<'d> {
    type Item = Child<'d>;

    fn next(&mut self) -> Option<Child<'d>> {
        loop {
            let is_nested = self.stack.len() > 1;
            let level = self.stack.last_mut()?;
            let Some(element) = level.rest.next() else {
                self.stack.pop();
                continue;
            };
            let number = level.seen.entry(&element.name).or_default();
            *number = number.saturating_add(1);
            let child = Child {
                element,
                parent: level.path.clone(),
                number: *number,
                is_nested,
            };
            if !element.children.is_empty() && (self.is_open)(element) {
                let path = child.path();
                self.stack.push(Level::new(element, &path));
            }
            return Some(child);
        }
    }
}

/// Elements of the manifest that matter here, with the parents below which the platform reads them.
const PLACES: &[(&str, &[&str])] = &[
    ("uses-permission", &["manifest"]),
    ("uses-permission-sdk-23", &["manifest"]),
    ("uses-permission-sdk-m", &["manifest"]),
    ("permission", &["manifest"]),
    ("permission-group", &["manifest"]),
    ("permission-tree", &["manifest"]),
    ("uses-sdk", &["manifest"]),
    ("uses-feature", &["manifest", "feature-group"]),
    ("queries", &["manifest"]),
    ("instrumentation", &["manifest"]),
    ("application", &["manifest"]),
    ("activity", &["application"]),
    ("activity-alias", &["application"]),
    ("service", &["application"]),
    ("receiver", &["application"]),
    ("provider", &["application", "queries"]),
    (
        "intent-filter",
        &[
            "activity",
            "activity-alias",
            "service",
            "receiver",
            "provider",
        ],
    ),
];

/// Whether the platform looks for `element` below `parent`.
pub(super) fn belongs(element: &Element, parent: &str) -> bool {
    PLACES
        .iter()
        .any(|(name, parents)| **name == *element.name && parents.contains(&parent))
}

/// Elements that stand below a parent where the platform's documentation has
/// no place for them, with that parent's name; each pair of names once.
/// Elements that are `known` to be read all the same are left out.
pub(super) fn misplaced(root: &Element, known: impl Fn(&Element) -> bool) -> Vec<(&Element, &str)> {
    let mut found: BTreeMap<(&str, &str), &Element> = BTreeMap::new();
    let mut queue = vec![root];
    while let Some(parent) = queue.pop() {
        for child in &parent.children {
            queue.push(child);
            let Some((name, parents)) = PLACES.iter().find(|(name, _)| **name == *child.name)
            else {
                continue;
            };
            if !parents.contains(&&*parent.name) && found.len() < 100 && !known(child) {
                found.entry((name, &parent.name)).or_insert(child);
            }
        }
    }
    found
        .into_iter()
        .map(|((_, parent), element)| (element, parent))
        .collect()
}
