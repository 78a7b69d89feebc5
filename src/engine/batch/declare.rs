//! What an app of a run is declared to be for.

use super::outcome::{Listed, Outcome};
use crate::audit::{Declared, Edition};
use crate::engine::catalogue::{Catalogue, Found};
use crate::signatures::SignatureDb;

/// Who declares: a catalogue, and whoever started the run for the apps that it does not list.
#[derive(Clone, Copy, Debug)]
pub struct Declaring<'a> {
    /// The data.
    pub db: &'a SignatureDb,
    /// The catalogue.
    pub catalogue: Option<&'a Catalogue>,
    /// The functions of apps that it does not list, as they were typed.
    pub functions: &'a [String],
    /// Whom those apps serve.
    pub edition: Edition,
}

/// What a look-up came to, beside what the outcome says of it.
pub(super) struct LookedUp {
    /// The functions as they are written; none where they cannot be resolved.
    pub(super) functions: Vec<String>,
    /// Lines of the catalogue that are about the app.
    pub(super) lines: Vec<u64>,
}

impl Declaring<'_> {
    /// Finds the row of an app and the functions, and notes them in its outcome.
    pub(super) fn look_up(&self, outcome: &mut Outcome, package: &str) -> LookedUp {
        let mut found = LookedUp {
            functions: self.functions.to_vec(),
            lines: Vec::new(),
        };
        outcome.edition = self.edition;
        if let Some(catalogue) = self.catalogue {
            let file = outcome.input.rsplit(['/', '\\', '!']).next();
            match catalogue.find(file.unwrap_or_default(), package, &outcome.sha256) {
                Found::Row(row) => {
                    found.lines.push(row.line);
                    found.functions.clone_from(&row.functions);
                    outcome.edition = row.edition.unwrap_or(self.edition);
                    outcome.listed = Some(Listed {
                        line: row.line,
                        name: row.name.clone(),
                        developer: row.developer.clone(),
                        store: row.store.clone(),
                        version: row.version.clone(),
                    });
                }
                Found::Nothing => outcome.catalogue_trouble = Some("no row".into()),
                Found::Several(lines) => {
                    let texts: Vec<String> = lines.iter().map(ToString::to_string).collect();
                    let what = format!("lines {} say different things", texts.join(", "));
                    outcome.catalogue_trouble = Some(what);
                    found.lines = lines;
                }
            }
        }
        match Declared::resolve(self.db, &found.functions, outcome.edition) {
            Ok(declared) => {
                let ids = declared.functions.iter().map(|f| f.id.to_string());
                outcome.functions = ids.collect();
            }
            Err(error) => {
                outcome.catalogue_trouble = Some(error.to_string());
                found.functions.clear();
            }
        }
        found
    }
}
