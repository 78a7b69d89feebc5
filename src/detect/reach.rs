//! Which classes can run at all, and which could still run without one library.
//!
//! A class can run if the manifest, a resource, a service file or a native library
//! names it, or a class that can run refers to it. This takes too many classes
//! for reached, never too few, as far as the references are known.

use super::owner::{Owner, Owners};
use crate::facts::{Entered, Facts, MethodFact, Site};
use std::collections::BTreeMap;

/// The classes that can run.
#[derive(Clone, Debug)]
pub(super) struct Reach<'f> {
    facts: &'f Facts,
    /// By number of the class; empty where the references are not known.
    reached: Vec<bool>,
    numbers: BTreeMap<&'f str, u32>,
}

impl<'f> Reach<'f> {
    /// Follows the references from everything that is named outside the code.
    pub(super) fn new(facts: &'f Facts) -> Self {
        Self::following(facts, |_| true)
    }

    /// The same without the classes and components of one library.
    pub(super) fn without(facts: &'f Facts, owners: &Owners<'_>, library: &str) -> Self {
        let stays = |class: &str| !matches!(owners.of(class), Owner::Library(id) if id == library);
        Self::following(facts, stays)
    }

    fn following(facts: &'f Facts, stays: impl Fn(&str) -> bool) -> Self {
        let mut reach = Self {
            facts,
            reached: Vec::new(),
            numbers: BTreeMap::new(),
        };
        // Without anything to begin with (no manifest, an odd package) nothing can be said to be out of reach.
        if facts.refers.is_empty() || facts.roots.is_empty() {
            return reach;
        }
        let names: Vec<&str> = facts
            .dex
            .iter()
            .flat_map(|d| d.defines.iter().map(String::as_str))
            .collect();
        let allowed: Vec<bool> = names.iter().map(|name| stays(name)).collect();
        for (number, name) in (0u32..).zip(&names) {
            reach.numbers.entry(name).or_insert(number);
        }
        let mut reached = vec![false; names.len()];
        let mut open: Vec<u32> = facts.roots.clone();
        while let Some(number) = open.pop() {
            let at = usize::try_from(number).unwrap_or(usize::MAX);
            if allowed.get(at) != Some(&true) {
                continue;
            }
            match reached.get_mut(at) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            open.extend(facts.refers.get(at).into_iter().flatten());
        }
        reach.reached = reached;
        reach
    }

    /// Whether a class can run.
    pub(super) fn class(&self, name: &str) -> bool {
        if self.reached.is_empty() {
            return true;
        }
        match self.numbers.get(name) {
            Some(&number) => self.number(number),
            None => true,
        }
    }

    fn number(&self, number: u32) -> bool {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.reached.is_empty() || self.reached.get(at) == Some(&true)
    }

    /// Whether a method can run: something enters it, and a class that does so can run.
    pub(super) fn method(&self, method: &MethodFact) -> bool {
        match method.entered {
            Entered::Nowhere => false,
            Entered::Outside => self.class(&method.class),
            Entered::Called => {
                self.class(&method.class)
                    && (method.callers.is_empty()
                        || method.more_callers
                        || method.callers.iter().any(|&caller| self.number(caller)))
            }
        }
    }

    /// Whether the method that a site is in can run.
    pub(super) fn site(&self, site: &Site) -> bool {
        self.facts.method(site).is_none_or(|m| self.method(m))
    }
}

#[cfg(test)]
mod tests {
    use super::Reach;
    use crate::facts::notation;

    #[test]
    fn what_no_component_leads_to_cannot_run() {
        let facts = notation::parse(&[
            "package com.a",
            "activity com.a.Main",
            "class com.a.Lonely",
            "refers com.a.Main com.a.Helper",
            "refers com.a.Helper com.a.Net",
            "call android.os.Build.getSerial <- com.a.Net.id by=com.a.Helper",
            "call android.os.Build.getSerial <- com.a.Net.dead nowhere",
            "call android.os.Build.getSerial <- com.a.Helper.x by=com.a.Lonely",
        ])
        .unwrap()
        .facts;
        let reach = Reach::new(&facts);
        assert!(reach.class("com.a.Net"));
        assert!(!reach.class("com.a.Lonely"));
        let reached = |name: &str| {
            let method = facts.methods.iter().find(|m| m.name == name).unwrap();
            reach.method(method)
        };
        assert!(reached("id"));
        assert!(!reached("dead"));
        assert!(!reached("x"));
    }

    #[test]
    fn without_references_everything_counts_as_reached() {
        let facts = notation::parse(&["class com.a.Lonely"]).unwrap().facts;
        assert!(Reach::new(&facts).class("com.a.Lonely"));
    }
}
