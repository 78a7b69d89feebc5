//! Facts, detections and verdicts to the record.

use super::v1::{
    Certificate, ChannelState, ClauseRef, Coverage, DataInfo, DeclaredFunction, Excluded, Feature,
    File, Finding, Function, ObstacleInfo, Permission, Report, SCHEMA, Sdk, Signer, Subject,
    Suggestion, Tool, Unpacked,
};
use super::words::{Languages, Prose};
use super::{signing, start, usage};
use crate::audit::{Audit, Declared, Evidence, PermissionVerdict};
use crate::detect::{Detections, Obstacle, Origin, SdkHit, SdkStage, Stage, Usage, Use};
use crate::facts::Facts;
use crate::signatures::schema::Text;
use crate::signatures::{Counts, SignatureDb};
use std::collections::BTreeMap;

/// Puts a report together.
pub fn build(
    facts: &Facts,
    detections: &Detections,
    audit: &Audit,
    declared: &Declared<'_>,
    db: &SignatureDb,
    languages: Languages,
) -> Report {
    let parts = usage::Parts {
        facts,
        db,
        detections,
        languages,
    };
    let builder = Builder {
        facts,
        db,
        languages,
        parts,
    };
    let permissions: Vec<Permission> = audit
        .permissions
        .iter()
        .zip(&detections.usage)
        .map(|(p, usage)| builder.permission(p, usage))
        .collect();
    let sdks: Vec<Sdk> = detections
        .sdks
        .iter()
        .zip(&detections.stages)
        .map(|(sdk, stage)| builder.sdk(sdk, stage))
        .collect();
    Report {
        schema: SCHEMA.into(),
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        data: DataInfo {
            version: db.version.clone(),
            digest: db.digest.clone(),
            counts: counts(&db.counts()),
        },
        subject: builder.subject(&detections.features),
        function: builder.function(declared, audit),
        coverage: Coverage {
            unpacked: unpacked(&detections.obstacles, &permissions, &sdks),
            ..builder.coverage(&detections.obstacles)
        },
        permissions,
        sdks,
        accesses: parts.accesses(),
        findings: audit.findings.iter().map(|f| builder.finding(f)).collect(),
        incidents: facts.incidents.clone(),
        nested: facts.nested.clone(),
    }
}

/// Whether the code that was read is not the app's own.
fn hides_own_code(obstacle: &Obstacle) -> bool {
    matches!(obstacle.kind, "packer" | "missing-code")
}

fn unpacked(obstacles: &[Obstacle], permissions: &[Permission], sdks: &[Sdk]) -> Option<Unpacked> {
    if !obstacles.iter().any(hides_own_code) {
        return None;
    }
    let unknown = permissions.iter().filter(|p| p.usage == Use::NotAssessable);
    let idle = sdks
        .iter()
        .filter(|sdk| matches!(sdk.stage, Some(Stage::Bundled | Stage::Stub)));
    Some(Unpacked {
        permissions: unknown.map(|p| p.name.clone()).collect(),
        sdks: idle.map(|sdk| sdk.id.clone()).collect(),
    })
}

fn counts(counts: &Counts) -> BTreeMap<String, u64> {
    let value = serde_json::to_value(counts).unwrap_or_default();
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, count)| Some((name.clone(), count.as_u64()?)))
        .collect()
}

struct Builder<'b> {
    facts: &'b Facts,
    db: &'b SignatureDb,
    languages: Languages,
    parts: usage::Parts<'b>,
}

impl Builder<'_> {
    fn prose(&self, text: &Text) -> Prose {
        self.languages.prose(text)
    }

    fn subject(&self, features: &[crate::detect::Feature]) -> Subject {
        let manifest = &self.facts.manifest;
        let file = |f: &crate::facts::FileFact| File {
            name: f.name.clone(),
            size: f.size,
            sha256: f.sha256.clone(),
        };
        let label = |(locale, text): (&String, &String)| {
            (
                if locale.is_empty() {
                    "default".to_owned()
                } else {
                    locale.clone()
                },
                text.clone(),
            )
        };
        Subject {
            files: self.facts.files.iter().map(file).collect(),
            package: manifest.package.clone(),
            label: manifest.application.labels.iter().map(label).collect(),
            version_name: manifest.version_name.clone(),
            version_code: manifest.version_code,
            min_sdk: manifest.uses_sdk.min_level(),
            target_sdk: manifest.uses_sdk.target_level(),
            signers: self.facts.signers.iter().map(signer).collect(),
            signing: self
                .facts
                .signing
                .iter()
                .map(|fact| signing::build(fact, self.languages))
                .collect(),
            splits: self
                .facts
                .files
                .iter()
                .filter_map(|f| f.split.clone())
                .collect(),
            features: features
                .iter()
                .map(|f| Feature {
                    name: f.name.clone(),
                    required: f.required,
                    implied_by: f.implied_by.clone(),
                })
                .collect(),
            excluded: self
                .facts
                .excluded
                .iter()
                .map(|e| Excluded {
                    name: e.name.clone(),
                    reason: e.reason.clone(),
                })
                .collect(),
        }
    }

    fn function(&self, declared: &Declared<'_>, audit: &Audit) -> Function {
        Function {
            declared: declared
                .functions
                .iter()
                .map(|f| DeclaredFunction {
                    id: f.id.to_string(),
                    name: self.prose(&f.name),
                    basic_function: self.prose(&f.basic_function),
                    clause: f.clause.as_ref().and_then(|id| self.clause(id)),
                })
                .collect(),
            source: declared.source,
            edition: declared.edition,
            suggestions: audit
                .suggestions
                .iter()
                .filter_map(|s| {
                    let name = &self.db.function(&s.function)?.name;
                    Some(Suggestion {
                        id: s.function.clone(),
                        name: self.prose(name),
                        because: s.because.clone(),
                    })
                })
                .collect(),
        }
    }

    fn coverage(&self, obstacles: &[Obstacle]) -> Coverage {
        let packed = obstacles.iter().any(hides_own_code);
        Coverage {
            complete: self.facts.complete() && !packed,
            channels: self
                .facts
                .coverage
                .iter()
                .map(|(&channel, c)| ChannelState {
                    channel,
                    state: c.state,
                    reasons: c.reasons.clone(),
                })
                .collect(),
            obstacles: obstacles
                .iter()
                .map(|o| ObstacleInfo {
                    kind: o.kind.into(),
                    id: o.id.clone(),
                    name: self.prose(&o.name),
                    confidence: o.confidence,
                    hides: o.hides,
                    effect: self.prose(&o.effect),
                    evidence: o
                        .marks
                        .iter()
                        .map(Evidence::mark)
                        .chain(o.calls.iter().map(|c| Evidence::call(self.facts, c)))
                        .collect(),
                })
                .collect(),
            gaps: self.parts.gaps(),
            code: self.parts.code(),
            start: start::coverage(self.facts),
            not_examined: NOT_EXAMINED
                .iter()
                .map(|(zh, en)| {
                    self.prose(&Text {
                        zh: (*zh).into(),
                        en: (*en).into(),
                    })
                })
                .collect(),
            unpacked: None,
            limits: self.facts.limits.clone(),
        }
    }

    fn permission(&self, verdict: &PermissionVerdict, usage: &Usage) -> Permission {
        let permission = &verdict.permission;
        let view = self.db.permission(&permission.name);
        let mut declared_in: Vec<String> = permission
            .requests
            .iter()
            .map(|r| r.at.file.clone())
            .collect();
        declared_in.sort();
        declared_in.dedup();
        let target = self.facts.manifest.uses_sdk.target_level();
        let protection = self.db.protection_at(&permission.name, target).map(|p| {
            if p.flags.is_empty() {
                p.base.to_owned()
            } else {
                format!("{}|{}", p.base, p.flags)
            }
        });
        let (origin, implied_by) = match &permission.origin {
            Origin::Requested => ("requested", None),
            Origin::Implied { by, .. } => (
                "implied",
                Some(by.clone().unwrap_or_else(|| "targetSdkVersion".into())),
            ),
        };
        let ids = view
            .and_then(|v| v.privacy)
            .map_or(&[][..], |p| &p.information);
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let own_name = Text {
            zh: permission.name.clone().into(),
            en: permission.name.clone().into(),
        };
        Permission {
            name: permission.name.clone(),
            declared_in,
            max_sdk: permission.max_sdk,
            group: view.and_then(|v| v.group()).map(str::to_owned),
            protection: protection.or_else(|| self.own_protection(&permission.name)),
            information: self.parts.information(&ids),
            tier: verdict.tier,
            condition: verdict.condition.as_ref().map(|c| self.prose(c)),
            reason: self.prose(&verdict.reason),
            clauses: verdict
                .clauses
                .iter()
                .filter_map(|id| self.clause(id))
                .collect(),
            usage: usage.usage,
            use_certainty: Some(usage.certainty),
            owners: usage
                .owners
                .iter()
                .map(|owner| owner.as_str().to_owned())
                .collect(),
            only_through: usage.only_through.clone(),
            merged_by: verdict.merged_by.clone(),
            accesses: self.parts.ids(usage),
            use_evidence: self.parts.evidence(usage),
            use_reasons: self.parts.reasons(usage),
            verdict: verdict.verdict,
            confidence: verdict.confidence,
            evidence: verdict.evidence.clone(),
            title: self.prose(view.and_then(|v| v.title()).unwrap_or(&own_name)),
            origin: origin.into(),
            implied_by,
            alternative: verdict.alternative.as_ref().map(|a| self.prose(a)),
            function: verdict.function.clone(),
        }
    }

    /// Protection of a permission that the app defines itself: the base in the low four bits (AOSP `PermissionInfo`).
    fn own_protection(&self, name: &str) -> Option<String> {
        let defined = self
            .facts
            .manifest
            .permissions
            .iter()
            .find(|p| p.name == name)?;
        let base = match defined.protection_level & 0xf {
            0 => "normal",
            1 => "dangerous",
            2 => "signature",
            3 => "signatureOrSystem",
            4 => "internal",
            _ => return None,
        };
        Some(base.into())
    }

    fn sdk(&self, hit: &SdkHit, stage: &SdkStage) -> Sdk {
        let sdk = self.db.sdk(&hit.id);
        let category = sdk.and_then(|s| self.db.data.categories.category.get(&s.category));
        let purpose = sdk.and_then(|s| s.purpose.as_ref()).or(category);
        Sdk {
            id: hit.id.clone(),
            name: sdk.map(|s| self.prose(&s.name)).unwrap_or_default(),
            vendor: sdk.map(|s| self.prose(&s.vendor)).unwrap_or_default(),
            country: sdk
                .map(|s| s.country.clone())
                .unwrap_or_default()
                .to_string(),
            purpose: purpose.map(|p| self.prose(p)).into_iter().collect(),
            grade: hit.grade,
            stage: Some(stage.stage),
            starts: stage.starts.clone(),
            stage_evidence: stage
                .shown
                .iter()
                .map(|shown| Evidence::shown(self.facts, shown, ""))
                .collect(),
            at_start: start::info(self.facts, stage.at_start.as_ref(), None),
            evidence: hit.marks.iter().map(Evidence::mark).collect(),
        }
    }

    fn finding(&self, finding: &crate::audit::Finding) -> Finding {
        Finding {
            id: finding.id.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            title: self.prose(&finding.title),
            message: self.prose(&finding.message),
            clauses: finding
                .clauses
                .iter()
                .filter_map(|id| self.clause(id))
                .collect(),
            subject: finding.subject.clone(),
            evidence: finding.evidence.clone(),
            remedy: self.prose(&finding.remedy),
            peers: Vec::new(),
            accepted: None,
        }
    }

    fn clause(&self, id: &str) -> Option<ClauseRef> {
        let (instrument, clause) = self.db.clause(id)?;
        Some(ClauseRef {
            id: clause.id.to_string(),
            instrument: self.prose(&instrument.title),
            number: clause.number.to_string(),
            basis: instrument.basis,
            wording: clause.confidence,
        })
    }
}

fn signer(fact: &crate::facts::SignerFact) -> Signer {
    Signer {
        file: fact.file.clone(),
        scheme: fact.scheme.name().to_owned(),
        certificates: fact
            .certificates
            .iter()
            .map(|c| Certificate {
                sha256: c.sha256.clone(),
                subject: c.subject.clone(),
                not_before: c.not_before.clone(),
                not_after: c.not_after.clone(),
                debug: c.debug,
            })
            .collect(),
    }
}

/// What no reader may take this report to say.
const NOT_EXAMINED: [(&str, &str); 3] = [
    (
        "“使用”系指安装包内存在能够触发的相应代码，不表示运行时已经调用；“未发现使用”以已读取的内容为限",
        "“used” means that code which can run does it, not that it has run; “no use found” holds for what was read",
    ),
    (
        "告知同意、调用时机与频次须通过动态检测确认",
        "notice, consent, moment and frequency have to be confirmed by a dynamic test",
    ),
    (
        "服务端行为和隐私政策文本不在检测范围内",
        "servers and the text of privacy policies are outside this audit",
    ),
];
