//! The whole check of the data: the linter, and every example through the real detector and the real rules.

use super::one::judge;
use crate::audit::{Declared, Edition};
use crate::detect::{Detector, Grade, Obstacle};
use crate::facts::notation::{self, Example};
use crate::facts::{can_be_kept, is_telling};
use crate::report::Languages;
use crate::signatures::SignatureDb;
use crate::signatures::api::class_of;
use crate::signatures::check::{At, Complaint, check, check_neatness};
use crate::signatures::schema::{By, Examples, Rule, Sdk};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Everything that is wrong with the data, sorted by file; empty where it is sound.
pub fn check_data(db: &SignatureDb) -> Vec<Complaint> {
    let mut complaints = check(db);
    complaints.extend(check_neatness(db));
    let runner = Runner {
        db,
        detector: Detector::new(db),
    };
    // The order of the answers is that of the entries, whichever thread was first.
    let sdks = db.data.sdks.par_iter().map(|sdk| runner.sdk(sdk));
    complaints.extend(sdks.collect::<Vec<_>>().into_iter().flatten());
    complaints.extend(kept_shapes(db));
    for packer in &db.data.packers {
        let file = format!("packers/{}.toml", packer.id);
        complaints.extend(each(&file, &packer.examples, |example| {
            let obstacles = runner.detector.detect(&example.facts).obstacles;
            let found = |o: &Obstacle| o.kind == "packer" && o.id == packer.id;
            Ok(obstacles.iter().any(found))
        }));
    }
    for rule in &db.data.rules {
        complaints.extend(runner.rule(rule));
    }
    complaints.sort();
    complaints
}

/// Facts keep strings by their shape and members by their class: other indicators would never be met.
fn kept_shapes(db: &SignatureDb) -> Vec<Complaint> {
    let mut out = Vec::new();
    for file in &db.data.accesses {
        let path = format!("apis/{}.toml", file.id);
        for access in &file.access {
            for by in [By::Method, By::Delegate, By::Field, By::Override] {
                let list = access.by.get(&by).into_iter().flatten();
                for indicator in list {
                    let class = class_of(indicator);
                    if class.is_some_and(|class| can_be_kept(&class)) {
                        continue;
                    }
                    out.push(Complaint::new(
                        &path,
                        "api-class",
                        At::value(format!("by.{}", by.word()), indicator),
                        format!("facts do not keep members of the class of `{indicator}`"),
                        "add the class to facts/extract/plumbing.rs, or leave the indicator out",
                    ));
                }
            }
            for by in [By::Property, By::Path, By::Command, By::String] {
                let list = access.by.get(&by).into_iter().flatten();
                for indicator in list.filter(|i| !is_telling(i.trim_end_matches('*'))) {
                    out.push(Complaint::new(
                        &path,
                        "api-shape",
                        At::value(format!("by.{}", by.word()), indicator),
                        format!("facts do not keep strings like `{indicator}`"),
                        "add the shape to facts/extract/telling.rs, or leave the indicator out",
                    ));
                }
            }
        }
    }
    out
}

struct Runner<'d> {
    db: &'d SignatureDb,
    detector: Detector<'d>,
}

impl Runner<'_> {
    fn sdk(&self, sdk: &Sdk) -> Vec<Complaint> {
        let file = format!("sdks/{}.toml", sdk.id);
        let mut out = each(&file, &sdk.examples, |example| {
            Ok(self.inside(example).iter().any(|id| sdk.id == *id))
        });
        let mut used = BTreeSet::new();
        for (index, lines) in sdk.examples.matches.iter().enumerate() {
            let Ok(example) = notation::parse(lines) else {
                continue;
            };
            for other in self.inside(&example) {
                if sdk.examples.also.iter().any(|id| *id == other) {
                    used.insert(other);
                } else if sdk.id != other {
                    out.push(Complaint::new(
                        &file,
                        "example-strange-hit",
                        At::key(format!("examples/match/{index}")),
                        format!("example [{}] also shows `{other}`", lines.join(" | ")),
                        "take the mark from one of the two, or name the other in examples.also",
                    ));
                }
            }
        }
        for id in sdk
            .examples
            .also
            .iter()
            .filter(|id| !used.contains(id.as_str()))
        {
            out.push(Complaint::new(
                &file,
                "example-useless-allowance",
                At::value("examples/also", id),
                format!("no `match` example shows `{id}`"),
                "remove it from examples.also",
            ));
        }
        out
    }

    /// SDKs that an example shows, bundled or probably bundled.
    fn inside(&self, example: &Example) -> Vec<String> {
        let hits = self.detector.sdks(&example.facts);
        let inside = hits.into_iter().filter(|s| s.grade != Grade::Referenced);
        inside.map(|s| s.id).collect()
    }

    fn rule(&self, rule: &Rule) -> Vec<Complaint> {
        let file = format!("rules/{}.toml", rule.id);
        each(&file, &rule.examples, |example| {
            let edition = if example.supply {
                Edition::Supply
            } else {
                Edition::Consumer
            };
            let declared = Declared::resolve(self.db, &example.functions, edition)
                .map_err(|e| e.to_string())?;
            let report = judge(&example.facts, &self.detector, &declared, Languages::BOTH);
            if let Some(bad) = report
                .findings
                .iter()
                .find(|f| f.evidence.is_empty() || f.clauses.is_empty())
            {
                return Err(format!(
                    "the finding {} has no evidence or no clause",
                    bad.rule
                ));
            }
            let texts = report
                .findings
                .iter()
                .flat_map(|f| [&f.title, &f.message, &f.remedy]);
            for text in texts.flat_map(|p| [&p.zh, &p.en]).flatten() {
                if text.contains('{') {
                    return Err(format!("a name was not filled in: {text}"));
                }
            }
            Ok(report.findings.iter().any(|f| f.rule == rule.id))
        })
    }
}

fn each(
    file: &str,
    examples: &Examples,
    hit: impl Fn(&Example) -> Result<bool, String>,
) -> Vec<Complaint> {
    let mut out = Vec::new();
    for (key, list, wanted) in [
        ("match", &examples.matches, true),
        ("no_match", &examples.no_match, false),
    ] {
        for (index, lines) in list.iter().enumerate() {
            let (code, problem) = match notation::parse(lines).and_then(|example| hit(&example)) {
                Ok(found) if found == wanted => continue,
                Ok(true) => ("example-fires", "must not match and does".to_owned()),
                Ok(false) => ("example-silent", "must match and does not".to_owned()),
                Err(why) => ("example-unreadable", why),
            };
            out.push(Complaint::new(
                file,
                code,
                At::key(format!("examples/{key}/{index}")),
                format!("example [{}]: {problem}", lines.join(" | ")),
                "mend the example or the signature",
            ));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::check_data;
    use crate::signatures::SignatureDb;

    /// Breaks one example of each kind of file: the check has to name the file.
    #[test]
    fn a_broken_example_is_named() {
        let mut db = SignatureDb::builtin().unwrap();
        let rule = db.data.rules.first_mut().unwrap();
        rule.examples
            .no_match
            .push(rule.examples.matches.first().unwrap().clone());
        let rule_file = format!("rules/{}.toml", rule.id);
        let function = db
            .data
            .functions
            .iter_mut()
            .find(|f| f.id == "online-shopping")
            .unwrap();
        function
            .example
            .first_mut()
            .unwrap()
            .permissions
            .push("android.permission.READ_CALL_LOG".into());
        let complaints = check_data(&db);
        assert!(
            complaints
                .iter()
                .any(|c| c.file == rule_file && c.message.contains("must not match and does"))
        );
        assert!(
            complaints
                .iter()
                .any(|c| c.file.contains("online-shopping") && c.message.contains("READ_CALL_LOG"))
        );
    }
}
