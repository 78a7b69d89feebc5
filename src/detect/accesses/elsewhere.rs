//! What the manifest, native libraries and scripts show.

use super::{Finder, Shown};
use crate::detect::access::Where;
use crate::detect::owner::Owner;
use crate::facts::{NativeFact, State};
use crate::incident::Channel;
use crate::signatures::api::java_name;
use crate::signatures::schema::By;

impl Finder<'_> {
    /// Actions that components get, permissions that guard them, types of foreground services.
    pub(super) fn manifest(&mut self) {
        for (at, component) in self.facts.manifest.components.iter().enumerate() {
            // A component that is switched off may be switched on by code; one without its class cannot run.
            let runs = self.facts.defines(&component.name)
                || component.target_activity.is_some()
                || self.facts.state(Channel::Code) != State::Complete;
            let owner = self.askers.class(&component.name);
            let place = Where::Component(at);
            let actions = component.intent_filters.iter().flat_map(|f| &f.actions);
            let mut seen: Vec<(By, &str)> = actions.map(|a| (By::Receives, a.as_str())).collect();
            seen.extend(component.permission.as_deref().map(|p| (By::Guard, p)));
            let types = component.foreground_service_types.iter();
            seen.extend(types.map(|t| (By::ServiceType, t.as_str())));
            for (by, what) in seen {
                for hit in self.db.accesses_by(by, what) {
                    let shown = Shown {
                        by,
                        what: what.to_owned(),
                        place,
                    };
                    self.outside(&hit, hit.is_hint() || !runs, owner.clone(), shown);
                }
            }
        }
    }

    /// Functions that libraries import, and names that they may pass to JNI.
    pub(super) fn native(&mut self) {
        for (at, library) in self.facts.native.iter().enumerate() {
            let owner = self.askers.library(library);
            let place = Where::Native(at);
            let imports = library.elf.iter().flat_map(|elf| &elf.imports);
            for symbol in imports {
                for hit in self.db.accesses_by(By::Native, symbol) {
                    let shown = Shown {
                        by: By::Native,
                        what: symbol.clone(),
                        place,
                    };
                    self.outside(&hit, hit.is_hint(), owner.clone(), shown);
                }
            }
            self.jni_names(library, &owner, place);
            for text in &library.names {
                for hit in self.db.accesses_of_string(text) {
                    let shown = Shown {
                        by: hit.by,
                        what: text.clone(),
                        place,
                    };
                    self.outside(&hit, true, owner.clone(), shown);
                }
            }
        }
    }

    /// A class and a member of it by name in one library: `FindClass` and `GetMethodID` take such names.
    fn jni_names(&mut self, library: &NativeFact, owner: &Owner, place: Where) {
        let classes: Vec<String> = library
            .names
            .iter()
            .filter(|name| name.contains('/') && !name.starts_with('/'))
            .map(|name| format!("L{name};"))
            .filter(|class| self.db.watches_class(class))
            .collect();
        let members = library
            .names
            .iter()
            .filter(|name| !name.contains(['/', '.', ' ']));
        for member in members {
            for class in &classes {
                for hit in self.db.accesses_of_reflection(class, member) {
                    let shown = Shown {
                        by: By::Native,
                        what: format!("{}.{member}", java_name(class)),
                        place,
                    };
                    self.outside(&hit, true, owner.clone(), shown);
                }
            }
        }
    }

    /// Names in scripts. Whoever wrote a script, the app put it there.
    pub(super) fn scripts(&mut self) {
        for (at, script) in self.facts.scripts.iter().enumerate() {
            for name in &script.names {
                for start in beginnings(name) {
                    for hit in self.db.accesses_by(By::Script, start) {
                        let shown = Shown {
                            by: By::Script,
                            what: name.clone(),
                            place: Where::Script(at),
                        };
                        self.outside(&hit, true, Owner::App, shown);
                    }
                }
            }
        }
    }
}

/// A name, and its beginnings up to a dot: `plus.contacts` of `plus.contacts.getAddressBook`; the last part behind a slash.
fn beginnings(name: &str) -> Vec<&str> {
    let mut all = vec![name];
    all.extend(
        name.match_indices('.')
            .filter_map(|(at, _)| name.get(..at))
            .filter(|start| start.contains('.')),
    );
    all.extend(name.rsplit_once('/').map(|(_, last)| last));
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::beginnings;

    #[test]
    fn names_are_known_by_their_beginnings() {
        assert_eq!(
            beginnings("plus.contacts.getAddressBook"),
            ["plus.contacts.getAddressBook", "plus.contacts"]
        );
        assert_eq!(beginnings("plus.contacts"), ["plus.contacts"]);
        assert_eq!(
            beginnings("@react-native-community/geolocation"),
            ["@react-native-community/geolocation", "geolocation"]
        );
    }
}
