//! The part of the record about use: who uses a permission, what is reached, what stays open.

use super::start;
use super::v1::{AccessInfo, AccessNeed, CodeCoverage, GapInfo, Information};
use super::words::Languages;
use crate::audit::Evidence;
use crate::detect::{Access, Detections, Gap, Usage, Use};
use crate::facts::Facts;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Text;
use std::collections::BTreeSet;

/// Pieces of evidence of one permission's use.
const SHOWN: usize = 8;

/// What this part is made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'b> {
    pub(super) facts: &'b Facts,
    pub(super) db: &'b SignatureDb,
    pub(super) detections: &'b Detections,
    pub(super) languages: Languages,
}

impl Parts<'_> {
    pub(super) fn information(&self, ids: &[String]) -> Vec<Information> {
        let named = |id: &String| {
            let kind = self.db.information(id)?;
            let name = self.languages.prose(&Text {
                zh: kind.zh.clone(),
                en: kind.en.clone(),
            });
            Some(Information {
                id: id.clone(),
                name,
            })
        };
        ids.iter().filter_map(named).collect()
    }

    /// Everything that is reached, by id and owner.
    pub(super) fn accesses(&self) -> Vec<AccessInfo> {
        self.detections
            .accesses
            .iter()
            .map(|access| AccessInfo {
                id: access.id.clone(),
                title: self.languages.prose(&access.title),
                information: self.information(&access.information),
                owner: access.owner.as_str().to_owned(),
                hint: access.hint,
                reached: access.reached,
                needs: access
                    .needs
                    .iter()
                    .map(|(name, need)| AccessNeed {
                        permission: name.clone(),
                        from: need.from,
                        to: need.to,
                        at_target: need.at_target,
                        one_of: need.one_of,
                        conditional: need.conditional,
                    })
                    .collect(),
                count: access.count,
                evidence: self.shown(access),
                start: start::info(self.facts, access.start.as_ref(), Some(&access.owner)),
            })
            .collect()
    }

    fn shown(&self, access: &Access) -> Vec<Evidence> {
        let one = |shown| Evidence::shown(self.facts, shown, access.owner.as_str());
        access.shown.iter().map(one).collect()
    }

    /// What shows the use of a permission: something of every access and owner first.
    pub(super) fn evidence(&self, usage: &Usage) -> Vec<Evidence> {
        let accesses: Vec<&Access> = usage
            .accesses
            .iter()
            .filter_map(|&at| self.detections.accesses.get(at))
            .collect();
        let deepest = accesses.iter().map(|a| a.shown.len()).max().unwrap_or(0);
        let mut all = Vec::new();
        for depth in 0..deepest {
            for access in &accesses {
                if let Some(shown) = access.shown.get(depth)
                    && all.len() < SHOWN
                {
                    all.push(Evidence::shown(self.facts, shown, access.owner.as_str()));
                }
            }
        }
        all
    }

    /// Ids of the accesses behind a permission, each once.
    pub(super) fn ids(&self, usage: &Usage) -> Vec<String> {
        let ids: BTreeSet<&str> = usage
            .accesses
            .iter()
            .filter_map(|&at| self.detections.accesses.get(at))
            .map(|access| access.id.as_str())
            .collect();
        ids.into_iter().map(str::to_owned).collect()
    }

    /// Why a permission is not assessed, or only tentatively.
    pub(super) fn reasons(&self, usage: &Usage) -> Vec<super::Prose> {
        let mut reasons = Vec::new();
        if usage.unknown_way {
            reasons.push(self.languages.prose(&Usage::unknown_text()));
        }
        if matches!(
            usage.usage,
            Use::NotAssessable | Use::NoUseFound | Use::Indicated | Use::Unreached
        ) {
            let gaps = usage.gaps.iter();
            let gaps = gaps.filter_map(|&at| self.detections.ledger.gaps.get(at));
            let wanted = |gap: &&Gap| gap.blocks || usage.usage != Use::NotAssessable;
            reasons.extend(gaps.filter(wanted).map(|g| self.languages.prose(&g.text)));
        }
        reasons
    }

    /// What stays open.
    pub(super) fn gaps(&self) -> Vec<GapInfo> {
        let gaps = self.detections.ledger.gaps.iter();
        gaps.map(|gap| GapInfo {
            kind: gap.kind.to_owned(),
            what: gap.what.clone(),
            text: self.languages.prose(&gap.text),
            blocks: gap.blocks,
            classes: gap.classes.clone(),
            evidence: gap
                .shown
                .iter()
                .map(|&place| Evidence::place(self.facts, place))
                .collect(),
        })
        .collect()
    }

    /// How much code was read.
    pub(super) fn code(&self) -> CodeCoverage {
        let mut code = CodeCoverage {
            dex_files: u32::try_from(self.facts.dex.len()).unwrap_or(u32::MAX),
            ..CodeCoverage::default()
        };
        for dex in &self.facts.dex {
            code.classes = code.classes.saturating_add(u64::from(dex.classes));
            code.methods = code.methods.saturating_add(dex.walked.methods);
            code.instructions = code.instructions.saturating_add(dex.walked.instructions);
            code.code_bytes = code.code_bytes.saturating_add(dex.walked.code_bytes);
            code.unread = code.unread.saturating_add(dex.walked.unread);
        }
        code.native_libraries = u32::try_from(self.facts.native.len()).unwrap_or(u32::MAX);
        code.scripts = u32::try_from(self.facts.scripts.len()).unwrap_or(u32::MAX);
        code
    }
}
