//! `permscope db`: for the people who edit the data.

mod pages;
mod write;

use super::args::Format;
use super::{Exit, Stop, print};
use crate::engine::{self, diff};
use crate::limits::Limits;
use crate::report::{Language, plain, plain::printable};
use crate::signatures::check::locate;
use crate::signatures::inventory::{self, EntryKind};
use crate::signatures::{SignatureDb, stats};
use clap::{Subcommand, ValueEnum};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Db {
    /// Check the data files and run their examples
    Check {
        /// A folder of data files: a whole tree, or one to lay over the built-in data; it gives complaints their lines
        #[arg(long)]
        signatures: Option<PathBuf>,
        /// Form of the complaints: lines of text, or one JSON object a line
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// List the entries, one a line
    List {
        /// Only entries of a kind
        #[arg(value_enum)]
        kind: Option<Kind>,
        /// Only SDKs of a market: cn or global
        #[arg(long)]
        market: Option<String>,
        /// Only SDKs of a category
        #[arg(long)]
        category: Option<String>,
        /// A folder of data files, as for `check`
        #[arg(long)]
        signatures: Option<PathBuf>,
        /// Lines of text, or one JSON object a line
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show an entry as its file has it, and what it lacks
    Show {
        /// An id or a permission's name
        id: String,
        /// A folder of data files, as for `check`; its own text is shown
        #[arg(long)]
        signatures: Option<PathBuf>,
        /// zh or en; by default the locale's
        #[arg(long)]
        lang: Option<String>,
    },
    /// Count what there is and what is missing
    Stats {
        /// A folder of data files, as for `check`
        #[arg(long)]
        signatures: Option<PathBuf>,
        /// Form of the counts
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// zh or en; by default the locale's
        #[arg(long)]
        lang: Option<String>,
    },
    /// Begin a new file
    New {
        /// What it is for
        #[arg(value_enum)]
        kind: write::NewKind,
        /// Its id: vendor/name of an SDK, 38-name of a function, the file's name of others
        id: String,
        /// The tree to write into
        #[arg(long, default_value = "signatures")]
        dir: PathBuf,
        /// Date of the source, YYYY-MM-DD; by default today's (UTC)
        #[arg(long)]
        date: Option<String>,
    },
    /// Compare two states of the data, and say which verdicts move; exit code 1 if something differs
    Diff {
        /// A folder of data files, or `builtin`
        old: PathBuf,
        /// A folder of data files, or `builtin`
        new: PathBuf,
        /// Files that `permscope facts` wrote, or folders of them; the examples of the data are always judged
        #[arg(long, num_args = 1..)]
        facts: Vec<PathBuf>,
        /// The declared function of those files
        #[arg(long = "function", value_name = "FUNCTION")]
        functions: Vec<String>,
        /// Form of the comparison
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// zh or en; by default the locale's
        #[arg(long)]
        lang: Option<String>,
    },
    /// Propose an SDK's file from its archive
    Learn {
        /// An AAR, JAR or APK
        file: PathBuf,
        /// The SDK's id, vendor/name; guessed from the packages if absent
        #[arg(long)]
        id: Option<String>,
        /// Where the file can be had again: group:artifact:version
        #[arg(long)]
        from: Option<String>,
        /// A folder of data files, as for `check`
        #[arg(long)]
        signatures: Option<PathBuf>,
        /// Date of the source, YYYY-MM-DD; by default today's (UTC)
        #[arg(long)]
        date: Option<String>,
        /// Write to a new file
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    Category,
    Clause,
    Function,
    Information,
    Law,
    Packer,
    Permission,
    Reason,
    Rule,
    Sdk,
}

impl Kind {
    fn entry(self) -> EntryKind {
        match self {
            Kind::Category => EntryKind::Category,
            Kind::Clause => EntryKind::Clause,
            Kind::Function => EntryKind::Function,
            Kind::Information => EntryKind::Information,
            Kind::Law => EntryKind::Law,
            Kind::Packer => EntryKind::Packer,
            Kind::Permission => EntryKind::Permission,
            Kind::Reason => EntryKind::Reason,
            Kind::Rule => EntryKind::Rule,
            Kind::Sdk => EntryKind::Sdk,
        }
    }
}

pub(super) fn run(command: Db) -> Result<Exit, Stop> {
    match command {
        Db::Check { signatures, format } => check(signatures.as_deref(), format),
        Db::List {
            kind,
            market,
            category,
            signatures,
            format,
        } => {
            let db = database(signatures.as_deref())?;
            let wanted = |line: &inventory::Line| {
                kind.is_none_or(|k| k.entry() == line.kind)
                    && market.as_ref().is_none_or(|m| *m == line.market)
                    && category.as_ref().is_none_or(|c| *c == line.category)
            };
            let mut out = String::new();
            for line in inventory::list(&db).iter().filter(|l| wanted(l)) {
                out.push_str(&match format {
                    Format::Text => line.text(),
                    Format::Json => json_line(line)?,
                });
                out.push('\n');
            }
            print(&out)?;
            Ok(Exit::Clean)
        }
        Db::Show {
            id,
            signatures,
            lang,
        } => {
            let language = super::commands::languages(lang.as_deref())?.first();
            let db = database(signatures.as_deref())?;
            let page = pages::show(&db, &id, signatures.as_deref(), language)
                .ok_or_else(|| super::commands::unknown(&id, language))?;
            print(&page)?;
            Ok(Exit::Clean)
        }
        Db::Stats {
            signatures,
            format,
            lang,
        } => {
            let language = super::commands::languages(lang.as_deref())?.first();
            let stats = stats::stats(&database(signatures.as_deref())?);
            print(&match format {
                Format::Text => pages::stats(&stats, language),
                Format::Json => super::commands::json(&stats)?,
            })?;
            Ok(Exit::Clean)
        }
        Db::New {
            kind,
            id,
            dir,
            date,
        } => write::new(kind, &id, &dir, date),
        Db::Diff {
            old,
            new,
            facts,
            functions,
            format,
            lang,
        } => {
            let language = super::commands::languages(lang.as_deref())?.first();
            let (old, new) = (named(&old)?, named(&new)?);
            let mut cases = diff::example_cases(&old, &new);
            for path in write::facts_files(&facts)? {
                cases.push(diff::Case {
                    name: path.display().to_string(),
                    facts: super::commands::read_facts(&path)?,
                    functions: functions.clone(),
                    supply: false,
                });
            }
            let found = diff::diff(&old, &new, &cases);
            print(&match format {
                Format::Text => pages::diff(&found, language),
                Format::Json => super::commands::json(&found)?,
            })?;
            Ok(if found.is_empty() {
                Exit::Clean
            } else {
                Exit::Findings
            })
        }
        Db::Learn {
            file,
            id,
            from,
            signatures,
            date,
            output,
        } => {
            let db = database(signatures.as_deref())?;
            write::learn(&db, &file, id, from, date, output)
        }
    }
}

/// Unchecked: these commands are for data that is being edited.
fn database(folder: Option<&Path>) -> Result<SignatureDb, Stop> {
    match folder {
        None => SignatureDb::builtin().map_err(|e| Stop::new(Exit::Internal, e)),
        Some(folder) => SignatureDb::of_folder(folder).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Stop::new(Exit::Usage, lines.join("\n"))
        }),
    }
}

fn named(path: &Path) -> Result<SignatureDb, Stop> {
    database((path.as_os_str() != "builtin").then_some(path))
}

fn json_line(value: &impl serde::Serialize) -> Result<String, Stop> {
    let text = serde_json::to_string(value).map_err(|e| Stop::new(Exit::Internal, e))?;
    Ok(plain::json(&text))
}

fn check(folder: Option<&Path>, format: Format) -> Result<Exit, Stop> {
    let db = database(folder)?;
    let mut complaints = engine::check_data(&db);
    if let Some(folder) = folder {
        locate(&mut complaints, |file| {
            std::fs::read_to_string(folder.join(file)).ok()
        });
        complaints.sort();
    }
    for complaint in &complaints {
        let line = match format {
            Format::Text => printable(&complaint.to_string()),
            Format::Json => json_line(complaint)?,
        };
        print(&format!("{line}\n"))?;
    }
    if !complaints.is_empty() {
        return Err(Stop::new(
            Exit::Findings,
            format!("{} complaints about the data", complaints.len()),
        ));
    }
    if format == Format::Text {
        let counts = db.counts();
        print(&format!(
            "data {} {}: {} functions, {} permissions, {} SDKs, {} rules, {} clauses: all well-formed, all examples hold\n",
            db.version,
            db.digest,
            counts.functions,
            counts.permissions,
            counts.sdks,
            counts.rules,
            counts.clauses
        ))?;
    }
    Ok(Exit::Clean)
}

/// The file's limits are those of an audit.
fn limits() -> Limits {
    Limits::default()
}

/// The text in one of the two languages.
fn pick<'t>(language: Language, zh: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
