//! The marks of all libraries by kind, sorted: `build.rs` sorts them once, so that nobody has to when a program starts.

use super::{Identity, Str};
use serde::{Deserialize, Serialize};

/// One mark of one library.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MarkEntry {
    /// The name, or its beginning, as the list says; without `*`.
    pub name: Str,
    /// Position of the library in the list that the marks were made from.
    pub library: u32,
    /// Strong by itself, or one of two that are needed.
    pub strong: bool,
}

/// Marks of many libraries; every list sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Package prefixes: what is below, too.
    pub packages: Vec<MarkEntry>,
    /// Class names of components.
    pub components: Vec<MarkEntry>,
    /// File names of native libraries …
    pub native: Vec<MarkEntry>,
    /// … and beginnings of them.
    pub native_prefixes: Vec<MarkEntry>,
    /// Paths in the package …
    pub assets: Vec<MarkEntry>,
    /// … and beginnings of them.
    pub asset_prefixes: Vec<MarkEntry>,
    /// `meta-data` keys …
    pub meta_data: Vec<MarkEntry>,
    /// … and beginnings of them.
    pub meta_data_prefixes: Vec<MarkEntry>,
    /// Intent actions.
    pub actions: Vec<MarkEntry>,
    /// Host names; `*.x.com` as written.
    pub hosts: Vec<MarkEntry>,
}

impl Marks {
    /// Collects the marks of `libraries`; [`MarkEntry::library`] counts them from 0.
    pub fn of<'a>(libraries: impl Iterator<Item = &'a Identity>) -> Marks {
        let mut marks = Marks::default();
        for (library, i) in (0_u32..).zip(libraries) {
            let entry = |name: &str, strong| MarkEntry {
                name: name.into(),
                library,
                strong,
            };
            let all = |list: &mut Vec<MarkEntry>, names: &[Str], strong| {
                list.extend(names.iter().map(|name| entry(name, strong)));
            };
            all(&mut marks.packages, &i.packages, true);
            all(&mut marks.packages, &i.weak_packages, false);
            all(&mut marks.components, &i.components, true);
            all(&mut marks.actions, &i.actions, false);
            all(&mut marks.hosts, &i.hosts, false);
            let patterns = |exact: &mut Vec<MarkEntry>,
                            prefixes: &mut Vec<MarkEntry>,
                            names: &[Str],
                            suffix: &str,
                            strong| {
                for name in names {
                    // What may stand behind the `*`: `.so` of native libraries.
                    let bare = name.strip_suffix(suffix).unwrap_or(name);
                    match bare.strip_suffix('*') {
                        Some(start) => prefixes.push(entry(start, strong)),
                        None => exact.push(entry(name, strong)),
                    }
                }
            };
            let m = &mut marks;
            patterns(
                &mut m.native,
                &mut m.native_prefixes,
                &i.native,
                ".so",
                true,
            );
            patterns(
                &mut m.native,
                &mut m.native_prefixes,
                &i.weak_native,
                ".so",
                false,
            );
            patterns(&mut m.assets, &mut m.asset_prefixes, &i.assets, "", true);
            for keys in [&i.meta_data, &i.weak_meta_data] {
                patterns(&mut m.meta_data, &mut m.meta_data_prefixes, keys, "", false);
            }
        }
        for list in [
            &mut marks.packages,
            &mut marks.components,
            &mut marks.native,
            &mut marks.native_prefixes,
            &mut marks.assets,
            &mut marks.asset_prefixes,
            &mut marks.meta_data,
            &mut marks.meta_data_prefixes,
            &mut marks.actions,
            &mut marks.hosts,
        ] {
            list.sort();
        }
        marks
    }
}
