//! `case`, `verify`, `key`.

use super::args::{Bounds, Edition};
use super::commands::{judging_database, limits};
use super::{Exit, Stop, commands, print};
use crate::case::key::{Lock, PublicKey, SecretKey};
use crate::case::{self, Asked, CaseError, Details, Kind, Note, folder, verify};
use crate::detect::Detector;
use crate::engine;
use crate::limits::Limits;
use crate::report::{Language, Languages};
use clap::{Args as ClapArgs, Subcommand};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Longest text that an officer types into one option, in bytes.
const TYPED: usize = 1_024;

#[derive(Debug, ClapArgs)]
pub(super) struct Case {
    /// Files of one app
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The folder to write: new, or empty
    #[arg(long, value_name = "CASE")]
    out: PathBuf,
    /// Who makes the case
    #[arg(long, value_name = "NAME")]
    operator: String,
    /// Number of the case
    #[arg(long, value_name = "REFERENCE")]
    case_ref: String,
    /// Where the app comes from: a store, a site, a device
    #[arg(long, value_name = "SOURCE")]
    acquired_from: String,
    /// When it was taken from there; written down as it is
    #[arg(long, value_name = "TIME")]
    acquired_at: String,
    /// Who runs the app, as the source names it
    #[arg(long, value_name = "NAME")]
    developer: Option<String>,
    /// The declared function: id, Chinese or English name, or a store's category; several are a union
    #[arg(long = "function", value_name = "FUNCTION")]
    functions: Vec<String>,
    /// Whom the app serves
    #[arg(long, value_enum, default_value_t = Edition::Consumer)]
    edition: Edition,
    /// Sign the statement with this key of minisign; the password of a locked one is asked for
    #[arg(long, value_name = "KEY")]
    key: Option<PathBuf>,
    /// Languages of the report: zh or zh,en; the annex is in Chinese
    #[arg(long, default_value = "zh,en")]
    lang: String,
    /// Lay a folder of data files over the built-in ones
    #[arg(long)]
    signatures: Option<PathBuf>,
    #[command(flatten)]
    bounds: Bounds,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Verify {
    /// The folder of a case
    case: PathBuf,
    /// Files of the app: every finding is derived again from them
    files: Vec<PathBuf>,
    /// The public key that the signature has to be of: a file, or the key itself
    #[arg(long, value_name = "KEY")]
    pubkey: Option<String>,
    /// zh or en; by default the locale's
    #[arg(long)]
    lang: Option<String>,
    /// Lay a folder of data files over the built-in ones, as the case was made with
    #[arg(long)]
    signatures: Option<PathBuf>,
    #[command(flatten)]
    bounds: Bounds,
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key pair in the format of minisign: OUT to sign with, OUT.pub to check with
    New {
        /// File of the secret key; it must not be there yet
        #[arg(long)]
        out: PathBuf,
        /// Do not lock the key: anyone who has the file can sign
        #[arg(long)]
        no_password: bool,
    },
}

fn usage(path: &Path, what: impl std::fmt::Display) -> Stop {
    Stop::new(Exit::Usage, format!("{}: {what}", path.display()))
}

pub(super) fn make(asked: &Case) -> Result<Exit, Stop> {
    let typed = |option: &str, text: &str| {
        if text.trim().is_empty() || text.len() > TYPED || text.contains(char::is_control) {
            let what = format!("--{option} takes one line of at most {TYPED} bytes");
            return Err(Stop::new(Exit::Usage, what));
        }
        Ok(text.trim().to_owned())
    };
    let developer = asked.developer.as_deref();
    let details = Details {
        operator: typed("operator", &asked.operator)?,
        case_ref: typed("case-ref", &asked.case_ref)?,
        acquired_from: typed("acquired-from", &asked.acquired_from)?,
        acquired_at: typed("acquired-at", &asked.acquired_at)?,
        developer: developer.map(|d| typed("developer", d)).transpose()?,
    };
    let languages = Languages::parse(&asked.lang)
        .filter(|languages| languages.first() == Language::Zh)
        .ok_or_else(|| Stop::new(Exit::Usage, "--lang takes zh or zh,en here"))?;
    // What can fail for the key should fail before the work.
    let key = asked.key.as_deref().map(secret).transpose()?;
    let limits = limits(&asked.bounds)?;
    let sources = engine::open(&asked.files, &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
    let db = judging_database(asked.signatures.as_deref())?;
    let case_ref = details.case_ref.clone();
    let with = Asked {
        details,
        functions: asked.functions.clone(),
        edition: asked.edition.into(),
        languages,
    };
    let made = case::make(&sources, &with, &Detector::new(&db), &limits);
    let mut files = made.map_err(|error| {
        let exit = match &error {
            CaseError::App(_) => Exit::Incomplete,
            CaseError::Function(_) => Exit::Usage,
            CaseError::Json(_) => Exit::Internal,
        };
        Stop::new(exit, error)
    })?;
    if let Some(key) = &key {
        case::sign(&mut files, key, &case_ref);
    }
    folder::write(&asked.out, &files).map_err(|e| usage(&asked.out, e))?;
    Ok(Exit::Clean)
}

fn read(path: &Path) -> Result<String, Stop> {
    let sources = engine::open(&[path.to_owned()], &Limits::default())
        .map_err(|e| Stop::new(Exit::Usage, e))?;
    let bytes = sources.into_iter().next().map(|source| source.bytes);
    String::from_utf8(bytes.unwrap_or_default()).map_err(|_| usage(path, "not a text"))
}

fn secret(path: &Path) -> Result<SecretKey, Stop> {
    let text = read(path)?;
    let ask = || rpassword::prompt_password("Password: ").ok();
    SecretKey::from_file(&text, ask).map_err(|e| usage(path, e))
}

pub(super) fn verify(asked: &Verify) -> Result<Exit, Stop> {
    let language = commands::languages(asked.lang.as_deref())?.first();
    let key = asked.pubkey.as_deref().map(public).transpose()?;
    let limits = limits(&asked.bounds)?;
    let (files, mut notes) =
        folder::read(&asked.case, &limits).map_err(|e| usage(&asked.case, e))?;
    let (chain, said) = verify::chain(&files, key.as_ref());
    notes.extend(chain);
    if asked.files.is_empty() {
        notes.push(app_missing());
    } else if let Some(said) = &said {
        let sources = engine::open(&asked.files, &limits).map_err(|e| Stop::new(Exit::Usage, e))?;
        let db = judging_database(asked.signatures.as_deref())?;
        let detector = Detector::new(&db);
        notes.extend(verify::against_app(
            &files, said, &sources, &detector, &limits,
        ));
    }
    let mut out = String::new();
    for note in &notes {
        let _ = writeln!(out, "{}", note.text(language));
    }
    print(&out)?;
    Ok(match verify::verdict(&notes) {
        Kind::Fits | Kind::Info => Exit::Clean,
        Kind::Differs => Exit::Findings,
        Kind::Open => Exit::Incomplete,
    })
}

fn app_missing() -> Note {
    Note {
        kind: Kind::Info,
        place: case::REPORT.into(),
        what: case::What {
            zh: "未提供应用文件：线索未由应用重新得出".into(),
            en: "no app was given: the findings were not derived again".into(),
        },
    }
}

fn public(text: &str) -> Result<PublicKey, Stop> {
    let path = Path::new(text);
    let text = if path.is_file() { &read(path)? } else { text };
    PublicKey::from_file(text).map_err(|e| usage(path, e))
}

pub(super) fn key(asked: &Key) -> Result<Exit, Stop> {
    let Key::New { out, no_password } = asked;
    let mut public_path = out.as_os_str().to_owned();
    public_path.push(".pub");
    let public_path = PathBuf::from(public_path);
    if out.exists() || public_path.exists() {
        return Err(usage(out, "it is there already"));
    }
    let key = SecretKey::new(chance()?, chance()?);
    let password = if *no_password {
        None
    } else {
        let ask = |prompt| rpassword::prompt_password(prompt);
        let first = ask("Password: ").map_err(|e| usage(out, e))?;
        let second = ask("Again: ").map_err(|e| usage(out, e))?;
        if first.is_empty() || first != second {
            return Err(usage(out, "the passwords are empty or not the same"));
        }
        Some(first)
    };
    let salt = chance()?;
    let lock = password.as_deref().map(|password| Lock { password, salt });
    let secret = key
        .to_file(lock)
        .map_err(|e| Stop::new(Exit::Internal, e))?;
    write_new(out, &secret, true)?;
    write_new(&public_path, &key.public().to_file(), false)?;
    Ok(Exit::Clean)
}

fn chance<const N: usize>() -> Result<[u8; N], Stop> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Stop::new(Exit::Internal, e))?;
    Ok(bytes)
}

/// Writes a file that is not there; a secret one is for its owner alone.
fn write_new(path: &Path, text: &str, is_secret: bool) -> Result<(), Stop> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    let file = options.open(path);
    file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
        .map_err(|e| usage(path, e))
}
