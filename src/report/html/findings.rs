//! The leads, most severe first.

use super::markup::Markup;
use crate::report::lines;
use crate::report::peers;
use crate::report::v1::{Finding, Report};
use crate::report::words::{Language, Prose, enum_key};

pub(super) fn section(m: &mut Markup, report: &Report) {
    m.section("findings", "线索", "Leads", |m| {
        if report.findings.is_empty() {
            m.paragraph("", lines::NO_FINDING.0, lines::NO_FINDING.1);
        }
        for finding in &report.findings {
            one(m, finding, report);
        }
    });
}

fn one(m: &mut Markup, finding: &Finding, report: &Report) {
    m.el(
        "article",
        &[("class", "finding"), ("id", &finding.id)],
        |m| {
            m.el("h3", &[], |m| {
                m.badge(&enum_key(&finding.severity));
                m.text(" ");
                m.prose(&finding.title);
            });
            m.el("p", &[], |m| m.prose(&finding.message));
            m.el("dl", &[("class", "fields")], |m| {
                m.field("涉及", "about", |m| {
                    m.el("code", &[], |m| m.foreign(&finding.subject))
                });
                m.field("确定程度", "confidence", |m| {
                    m.word(&enum_key(&finding.confidence))
                });
                m.field("条款", "clauses", |m| m.clauses(&finding.clauses));
                if finding.accepted.is_some() {
                    let said = |language| lines::accepted_line(finding, language);
                    let prose = Prose {
                        zh: said(Language::Zh),
                        en: said(Language::En),
                    };
                    m.field("处理", "accepted", |m| m.prose(&prose));
                }
                for share in &finding.peers {
                    let said = |language| Some(peers::sentence(share, report, language));
                    let prose = Prose {
                        zh: said(Language::Zh),
                        en: said(Language::En),
                    };
                    m.field("同类", "peers", |m| m.prose(&prose));
                }
                m.field("建议", "what to do", |m| m.prose(&finding.remedy));
            });
            m.evidence(("证据", "evidence"), &finding.evidence);
            m.el("p", &[("class", "small ids")], |m| {
                m.text(&format!("{} · {}", finding.rule, finding.id));
            });
        },
    );
}
