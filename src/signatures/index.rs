//! Positions of things that are not found by their place: names of functions, privacy entries, clauses.

use super::schema::{CataloguePermission, Clause, Data, Function, Instrument, PrivacyPermission};

/// Sorted positions; built once for a database.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Normal form of a name, how good a name it is (0 = best), position of the function.
    functions: Vec<(String, u8, usize)>,
    /// (file, entry) of each privacy permission, sorted by name; prefixes (`x.*`) among them.
    privacy: Vec<(usize, usize)>,
    /// (file, entry) of the prefixes and endings, longest first.
    prefixes: Vec<(usize, usize)>,
    /// Catalogue entries with a `*`: `*.permission.JPUSH_MESSAGE` stands for what apps define under their own name.
    stars: Vec<usize>,
    /// (instrument, clause), sorted by clause id.
    clauses: Vec<(usize, usize)>,
}

impl Index {
    pub(super) fn new(data: &Data) -> Index {
        let mut functions = Vec::new();
        for (at, f) in data.functions.iter().enumerate() {
            let mut add = |name: &str, rank| functions.push((normal(name), rank, at));
            add(&f.id, 0);
            if f.parent.is_none() && f.number > 0 {
                add(&f.number.to_string(), 1);
                add(&format!("{:02}", f.number), 1);
            }
            add(&f.name.zh, 2);
            add(&f.name.en, 2);
            for alias in &f.aliases {
                add(alias, 3);
            }
        }
        functions.sort();
        functions.retain(|(name, ..)| !name.is_empty());

        let pairs = |lens: Vec<usize>| -> Vec<(usize, usize)> {
            lens.iter()
                .enumerate()
                .flat_map(|(a, &len)| (0..len).map(move |b| (a, b)))
                .collect()
        };
        let mut privacy = pairs(
            data.permissions
                .iter()
                .map(|f| f.permission.len())
                .collect(),
        );
        privacy.sort_by_key(|&at| privacy_at(data, at).map(|p| p.name.as_str()));
        let is_prefix =
            |&at: &(usize, usize)| privacy_at(data, at).is_some_and(|p| p.name.contains('*'));
        let mut prefixes: Vec<_> = privacy.iter().copied().filter(is_prefix).collect();
        prefixes.sort_by_key(|&at| std::cmp::Reverse(privacy_at(data, at).map(|p| p.name.len())));
        let names = data.catalogue.permission.iter().enumerate();
        let stars = names
            .filter(|(_, p)| p.name.contains('*'))
            .map(|(at, _)| at)
            .collect();
        let mut clauses = pairs(data.law.iter().map(|i| i.clause.len()).collect());
        clauses.sort_by_key(|&at| clause_at(data, at).map(|(_, c)| c.id.as_str()));
        Index {
            functions,
            privacy,
            prefixes,
            stars,
            clauses,
        }
    }

    /// Position of the function that goes by a name; the best kind of name wins.
    pub(super) fn function(&self, query: &str) -> Option<usize> {
        let wanted = normal(query);
        let from = self.functions.partition_point(|(name, ..)| *name < wanted);
        self.functions
            .get(from)
            .filter(|(name, ..)| *name == wanted)
            .map(|&(_, _, at)| at)
    }

    pub(super) fn privacy<'a>(&self, data: &'a Data, name: &str) -> Option<&'a PrivacyPermission> {
        let exact = self.privacy.binary_search_by(|&at| {
            privacy_at(data, at)
                .map(|p| p.name.as_str())
                .cmp(&Some(name))
        });
        if let Some(&at) = exact.ok().and_then(|i| self.privacy.get(i)) {
            return privacy_at(data, at);
        }
        self.prefixes
            .iter()
            .filter_map(|&at| privacy_at(data, at))
            .find(|p| covers(&p.name, name))
    }

    /// The catalogue's entry with a `*` that covers a name.
    pub(super) fn star<'a>(&self, data: &'a Data, name: &str) -> Option<&'a CataloguePermission> {
        self.stars
            .iter()
            .filter_map(|&at| data.catalogue.permission.get(at))
            .find(|p| covers(&p.name, name))
    }

    pub(super) fn clause<'a>(
        &self,
        data: &'a Data,
        id: &str,
    ) -> Option<(&'a Instrument, &'a Clause)> {
        let found = self.clauses.binary_search_by(|&at| {
            clause_at(data, at)
                .map(|(_, c)| c.id.as_str())
                .cmp(&Some(id))
        });
        found
            .ok()
            .and_then(|i| self.clauses.get(i))
            .and_then(|&at| clause_at(data, at))
    }

    /// Names that would lead to two functions with equal right, for the linter.
    pub(super) fn ambiguous<'a>(
        &'a self,
        data: &'a Data,
    ) -> Vec<(&'a str, &'a Function, &'a Function)> {
        let same = |w: &&[(String, u8, usize)]| matches!(w, [a, b] if a.0 == b.0 && a.1 == b.1 && a.2 != b.2);
        let pairs = self.functions.windows(2).filter(same);
        pairs
            .filter_map(|w| match w {
                [a, b] => Some((
                    a.0.as_str(),
                    data.functions.get(a.2)?,
                    data.functions.get(b.2)?,
                )),
                _ => None,
            })
            .collect()
    }
}

fn privacy_at(data: &Data, (file, entry): (usize, usize)) -> Option<&PrivacyPermission> {
    data.permissions.get(file)?.permission.get(entry)
}

fn clause_at(data: &Data, (instrument, clause): (usize, usize)) -> Option<(&Instrument, &Clause)> {
    let instrument = data.law.get(instrument)?;
    Some((instrument, instrument.clause.get(clause)?))
}

/// `pattern` is `name`, or a beginning with `*` behind it, or an ending with `*` before it.
pub(super) fn covers(pattern: &str, name: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => name.starts_with(start),
        (None, Some(end)) => name.ends_with(end),
        (None, None) => pattern == name,
    }
}

/// The form in which names are compared: lower case, without separators and a final 类.
pub(super) fn normal(name: &str) -> String {
    let kept = name
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '/' | '·' | '&' | '\'' | '’'));
    let lower: String = kept.flat_map(char::to_lowercase).collect();
    lower
        .strip_suffix('类')
        .filter(|rest| !rest.is_empty())
        .unwrap_or(&lower)
        .to_owned()
}
