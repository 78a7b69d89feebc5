//! The whole check of the data: the linter, and every example through the real detector and the real rules.

use super::one::judge;
use crate::audit::{Declared, Edition};
use crate::detect::{Detector, Grade};
use crate::facts::notation::{self, Example};
use crate::report::Languages;
use crate::signatures::SignatureDb;
use crate::signatures::check::{Complaint, check};
use crate::signatures::schema::{Examples, Function, Tier};

/// Everything that is wrong with the data, sorted by file; empty where it is sound.
pub fn check_data(db: &SignatureDb) -> Vec<Complaint> {
    let mut complaints = check(db);
    let runner = Runner {
        db,
        detector: Detector::new(db),
    };
    for sdk in &db.data.sdks {
        runner.library(
            &format!("sdks/{}.toml", sdk.id),
            &sdk.id,
            &sdk.examples,
            Kind::Sdk,
            &mut complaints,
        );
    }
    for packer in &db.data.packers {
        runner.library(
            &format!("packers/{}.toml", packer.id),
            &packer.id,
            &packer.examples,
            Kind::Packer,
            &mut complaints,
        );
    }
    for rule in &db.data.rules {
        runner.rule(
            &format!("rules/{}.toml", rule.id),
            &rule.id,
            &rule.examples,
            &mut complaints,
        );
    }
    for function in &db.data.functions {
        runner.function(function, &mut complaints);
    }
    complaints.sort();
    complaints
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sdk,
    Packer,
}

struct Runner<'d> {
    db: &'d SignatureDb,
    detector: Detector<'d>,
}

impl Runner<'_> {
    fn library(
        &self,
        file: &str,
        id: &str,
        examples: &Examples,
        kind: Kind,
        complaints: &mut Vec<Complaint>,
    ) {
        each(file, examples, complaints, |example| {
            let detections = self.detector.detect(&example.facts);
            Ok(match kind {
                Kind::Sdk => detections
                    .sdks
                    .iter()
                    .any(|s| s.id == id && s.grade != Grade::Referenced),
                Kind::Packer => detections
                    .obstacles
                    .iter()
                    .any(|o| o.kind == "packer" && o.id == id),
            })
        });
    }

    fn rule(&self, file: &str, id: &str, examples: &Examples, complaints: &mut Vec<Complaint>) {
        each(file, examples, complaints, |example| {
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
            Ok(report.findings.iter().any(|f| f.rule == id))
        });
    }

    fn function(&self, function: &Function, complaints: &mut Vec<Complaint>) {
        for example in &function.example {
            for permission in &example.permissions {
                let beyond = self.db.tier(&[function], permission).tier == Tier::NotNeeded;
                if beyond != example.not_needed.contains(permission) {
                    let is = if beyond {
                        "is not needed"
                    } else {
                        "is not beyond the function"
                    };
                    complaints.push(Complaint {
                        file: format!("functions/{}", function.id),
                        message: format!("example `{}`: {permission} {is}", example.about.en),
                        hint: "mend the example or the tier".into(),
                    });
                }
            }
        }
    }
}

fn each(
    file: &str,
    examples: &Examples,
    complaints: &mut Vec<Complaint>,
    hit: impl Fn(&Example) -> Result<bool, String>,
) {
    for (list, wanted) in [(&examples.matches, true), (&examples.no_match, false)] {
        for lines in list {
            let problem = match notation::parse(lines).and_then(|example| hit(&example)) {
                Ok(found) if found == wanted => continue,
                Ok(true) => "must not match and does".to_owned(),
                Ok(false) => "must match and does not".to_owned(),
                Err(why) => why,
            };
            complaints.push(Complaint {
                file: file.into(),
                message: format!("example [{}]: {problem}", lines.join(" | ")),
                hint: "mend the example or the signature".into(),
            });
        }
    }
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
