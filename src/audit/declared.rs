//! The declared function: what the app says it is for, and who said so.

use crate::signatures::SignatureDb;
use crate::signatures::schema::{Function, Str};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Who named the function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclaredBy {
    /// Nobody: nothing is judged as beyond the function.
    #[default]
    None,
    /// The person who started the audit (`--function`).
    User,
    /// A store's category name, given by the person who started the audit.
    StoreCategory,
    /// A catalogue of apps.
    Catalogue,
    /// The app's `permscope.toml`.
    Config,
}

/// Whom the app serves. CN-NEC14 Art. 3: the lists bind the consumer side only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// The consumers of the service.
    #[default]
    Consumer,
    /// Those who provide it: drivers, couriers, merchants, anchors, doctors.
    Supply,
}

/// What the app is judged against.
#[derive(Clone, Debug, Default)]
pub struct Declared<'d> {
    /// The functions; several are a union.
    pub functions: Vec<&'d Function>,
    /// Who named them.
    pub source: DeclaredBy,
    /// Whom the app serves.
    pub edition: Edition,
}

/// A name that is no function, with the nearest ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFunction {
    /// What was typed.
    pub query: String,
    /// For a store category with several candidates, or similar names.
    pub candidates: Vec<String>,
}

impl fmt::Display for UnknownFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no function is called `{}`", self.query)?;
        if !self.candidates.is_empty() {
            write!(f, "; candidates: {}", self.candidates.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFunction {}

impl<'d> Declared<'d> {
    /// Resolves what a person typed: ids, slugs, Chinese or English names, or a store's category name.
    ///
    /// A store category that stands for several functions is an error that names them: a guess is not a declaration.
    pub fn resolve(
        db: &'d SignatureDb,
        queries: &[String],
        edition: Edition,
    ) -> Result<Self, UnknownFunction> {
        let mut declared = Self {
            functions: Vec::new(),
            source: DeclaredBy::None,
            edition,
        };
        for query in queries {
            let function = match db.function(query) {
                Some(function) => {
                    if declared.source == DeclaredBy::None {
                        declared.source = DeclaredBy::User;
                    }
                    function
                }
                None => {
                    declared.source = DeclaredBy::StoreCategory;
                    by_store_category(db, query)?
                }
            };
            if !declared.functions.iter().any(|f| f.id == function.id) {
                declared.functions.push(function);
            }
        }
        Ok(declared)
    }

    /// The same, named by a catalogue; without a function nobody named one.
    #[must_use]
    pub fn named_by_catalogue(self) -> Self {
        let source = if self.functions.is_empty() {
            DeclaredBy::None
        } else {
            DeclaredBy::Catalogue
        };
        Self { source, ..self }
    }

    /// The same, named by the app's `permscope.toml`.
    #[must_use]
    pub fn named_by_config(self) -> Self {
        let source = if self.functions.is_empty() {
            DeclaredBy::None
        } else {
            DeclaredBy::Config
        };
        Self { source, ..self }
    }

    /// Whether the lists of necessary information apply at all.
    pub fn lists_apply(&self) -> bool {
        self.edition == Edition::Consumer && self.functions.iter().any(|f| f.number > 0)
    }
}

fn by_store_category<'d>(
    db: &'d SignatureDb,
    query: &str,
) -> Result<&'d Function, UnknownFunction> {
    let mut ids: Vec<String> = db
        .store_category(query)
        .into_iter()
        .flat_map(|(_, category)| category.functions.iter().map(ToString::to_string))
        .collect();
    ids.dedup();
    match ids.as_slice() {
        [id] => db.function(id).ok_or_else(|| UnknownFunction {
            query: query.into(),
            candidates: Vec::new(),
        }),
        _ => {
            if ids.is_empty() {
                ids = similar(db, query);
            }
            Err(UnknownFunction {
                query: query.into(),
                candidates: ids,
            })
        }
    }
}

/// Functions whose id, name or keywords share text with the query; at most five.
fn similar(db: &SignatureDb, query: &str) -> Vec<String> {
    let query = query.to_lowercase();
    db.data
        .functions
        .iter()
        .filter(|f| {
            let mut names = vec![f.id.as_str(), &f.name.zh, &f.name.en];
            names.extend(f.keywords.iter().map(Str::as_str));
            names.iter().any(|n| {
                let n = n.to_lowercase();
                n.contains(&query) || (n.chars().count() > 1 && query.contains(&n))
            })
        })
        .take(5)
        .map(|f| f.id.to_string())
        .collect()
}
