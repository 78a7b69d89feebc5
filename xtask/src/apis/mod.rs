//! `cargo xtask apis`: a level of the platform, from AOSP's signature files, into `signatures/imported/`.

mod hierarchy;
mod history;
mod lex;
mod parse;
mod permission;
mod platform;
mod table;
#[cfg(test)]
mod tests;

use platform::{Input, Platform};
use table::Table;

/// How it is called.
const USAGE: &str = "\
cargo xtask apis --level N --public FILE… [--system FILE…] [--before FILE…] ACTION… [--from TEXT --date YYYY-MM-DD]

  --public FILE…      signature files of the public API, of the core and of the modules: current.txt, removed.txt
  --system FILE…      what the system API adds: system-current.txt, system-removed.txt, module-lib-current.txt
  --before FILE…      all of these of the level before: without them, no system member can be told to be gone
  --check TABLE       compare with a table that has the level, and write nothing
  --merge TABLE       join the level to the histories of signatures/imported/apis.toml
  --actions TABLE     join it to those of signatures/imported/intents.toml
  --hierarchy TABLE   add the supertypes to signatures/imported/hierarchy.toml
  --from, --date      the source as the tables are to name it, and the day it was looked at
  --list              print every difference and not only the first ones

docs/apis.md tells where the files come from and what to look at afterwards.";

#[derive(Debug, Default)]
struct Options {
    level: Option<u32>,
    public: Vec<String>,
    system: Vec<String>,
    before: Vec<String>,
    check: Option<String>,
    merge: Option<String>,
    actions: Option<String>,
    hierarchy: Option<String>,
    from: Option<String>,
    date: Option<String>,
    list: bool,
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut found = Options::default();
    let mut args = args.iter().peekable();
    while let Some(name) = args.next() {
        if name == "--list" {
            found.list = true;
            continue;
        }
        let mut values = Vec::new();
        while let Some(value) = args.next_if(|a| !a.starts_with("--")) {
            values.push(value.clone());
        }
        let one = || match values.as_slice() {
            [value] => Ok(Some(value.clone())),
            _ => Err(format!("{name} takes one value\n\n{USAGE}")),
        };
        match name.as_str() {
            "--level" => {
                let level = one()?.and_then(|text| text.parse().ok());
                found.level = Some(level.ok_or("--level takes a number")?);
            }
            "--check" => found.check = one()?,
            "--merge" => found.merge = one()?,
            "--actions" => found.actions = one()?,
            "--hierarchy" => found.hierarchy = one()?,
            "--from" => found.from = one()?,
            "--date" => found.date = one()?,
            "--public" => found.public.append(&mut values),
            "--system" => found.system.append(&mut values),
            "--before" => found.before.append(&mut values),
            other => return Err(format!("`{other}` is not known\n\n{USAGE}")),
        }
    }
    Ok(found)
}

/// The task.
pub fn task(args: &[String]) -> Result<(), String> {
    let options = options(args)?;
    let (Some(level), false) = (options.level, options.public.is_empty()) else {
        return Err(format!("a level and files of it are needed\n\n{USAGE}"));
    };
    let mut inputs = inputs(&options.public, true)?;
    inputs.append(&mut self::inputs(&options.system, false)?);
    let platform = Platform::read(&inputs, level)?;
    let earlier = Platform::read(&self::inputs(&options.before, false)?, level)?;
    let (public, system) = platform.annotated();
    println!(
        "{} files: {} classes; members that need a permission: {public} public, {system} system",
        inputs.len(),
        platform.classes.len()
    );
    show(
        "public and system files disagree",
        &platform.disagree,
        options.list,
    );
    let source = || match (&options.from, &options.date) {
        (Some(from), Some(date)) => Ok((from.as_str(), date.as_str())),
        _ => Err("--from and --date are needed: the table names its sources".to_owned()),
    };
    if let Some(path) = &options.check {
        check(path, &platform, level, &options)?;
    }
    if let Some(path) = &options.merge {
        let mut table = Table::read(path, &read(path)?)?;
        let report = history::merge(&mut table, &platform, &earlier, level);
        let report = report.map_err(|e| format!("{path}: {e}"))?;
        history::renew_head(&mut table, level).map_err(|e| format!("{path}: {e}"))?;
        let (from, date) = source()?;
        table.add_source("*", from, date)?;
        tell(path, &report, options.list);
        write(path, &table.write())?;
    }
    if let Some(path) = &options.actions {
        let mut table = Table::read(path, &read(path)?)?;
        let report = history::merge_actions(&mut table, &platform, level);
        let report = report.map_err(|e| format!("{path}: {e}"))?;
        let (from, date) = source()?;
        table.add_source("*", from, date)?;
        tell(path, &report, options.list);
        write(path, &table.write())?;
    }
    if let Some(path) = &options.hierarchy {
        let mut table = if std::path::Path::new(path).exists() {
            Table::read(path, &read(path)?)?
        } else {
            hierarchy::empty()
        };
        let (new, changed) = hierarchy::merge(&mut table, &platform);
        let (from, date) = source()?;
        table.add_source("*", from, date)?;
        println!(
            "{path}: {} classes, {new} new, {changed} changed",
            table.entries()
        );
        write(path, &table.write())?;
    }
    Ok(())
}

/// Reads files; those of metalava's exceptions lie beside signature files and are passed over.
fn inputs(paths: &[String], public: bool) -> Result<Vec<Input>, String> {
    let one = |path: &String| {
        Ok(Input {
            path: path.clone(),
            text: read(path)?,
            public,
        })
    };
    let all = paths.iter().map(one).collect::<Result<Vec<_>, String>>()?;
    let signatures = |input: &Input| !input.text.starts_with("// Baseline format:");
    Ok(all.into_iter().filter(signatures).collect())
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))
}

fn write(path: &str, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{path}: {e}"))
}

fn check(path: &str, platform: &Platform, level: u32, options: &Options) -> Result<(), String> {
    let table = Table::read(path, &read(path)?)?;
    for (word, public) in [("public", true), ("system", false)] {
        if !public && options.system.is_empty() {
            continue;
        }
        let found = history::compare(&table, platform, level, public);
        println!("{path}, {word} API at {level}: {} the same", found.same);
        show("another requirement", &found.other, options.list);
        show("not in the table", &found.absent, options.list);
        show("annotated in the table only", &found.extra, options.list);
    }
    Ok(())
}

fn tell(path: &str, report: &history::Report, list: bool) {
    println!(
        "{path}: {} extended, {} through a supertype, {} carried on (the files cannot show them)",
        report.extended, report.inherited, report.carried
    );
    show("new", &report.added, list);
    show("another requirement from here on", &report.changed, list);
    show("no longer annotated", &report.freed, list);
    show("gone", &report.gone, list);
    let missing: Vec<String> = report
        .missing
        .iter()
        .map(|(package, members)| format!("{package}: {members} members carried on"))
        .collect();
    show(
        "no file declares the package: is a module missing?",
        &missing,
        list,
    );
}

/// A heading with the number of lines, and the lines.
fn show(what: &str, lines: &[String], all: bool) {
    if lines.is_empty() {
        return;
    }
    println!("{what}: {}", lines.len());
    let shown = if all { lines.len() } else { 5 };
    for line in lines.iter().take(shown) {
        println!("  {line}");
    }
    if lines.len() > shown {
        println!("  … --list shows all");
    }
}
