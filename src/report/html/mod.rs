//! The report as a page: one file without any other, for a screen, a phone and paper.
//!
//! `markup` is the only place where HTML is written, `frame` what every page has, the rest one part of the page each.

mod chart;
mod coverage;
mod evidence;
mod findings;
pub(crate) mod frame;
mod inside;
pub(crate) mod markup;
mod permissions;
mod speech;
mod start;
mod summary;

pub(crate) use chart::Part;
use markup::Assets;

use super::v1::Report;
use super::words::{Language, Languages, Prose};

/// The look of every page.
pub(crate) const STYLE: &str = include_str!("page.css");
/// The switch of languages, and filters of tables.
pub(crate) const SCRIPT: &str = include_str!("page.js");

/// Writes a report as a page.
pub fn render(report: &Report) -> String {
    let name = summary::name(report);
    let assets = Assets {
        style: &[STYLE],
        script: &[SCRIPT],
    };
    let package = &report.subject.package;
    frame::document(
        languages(report),
        (
            &format!("{name} {package} · 应用个人信息静态检测报告"),
            &format!("{name} {package} · App privacy audit"),
        ),
        assets,
        |m| summary::top(m, report, name),
        |m| {
            summary::verdict(m, report);
            permissions::section(m, report);
            findings::section(m, report);
            inside::sdks(m, report);
            inside::accesses(m, report);
            start::section(m, report);
            coverage::section(m, report);
            coverage::signatures(m, report);
            coverage::nested(m, report);
        },
        |m| summary::foot(m, report),
    )
}

/// The languages that the prose of a report has. Names that exist in one language only do not count.
fn languages(report: &Report) -> Languages {
    let sentences = || {
        let notes = report.coverage.not_examined.iter();
        let reasons = report.permissions.iter().map(|p| &p.reason);
        let messages = report.findings.iter().map(|f| &f.message);
        notes.chain(reasons).chain(messages)
    };
    let has = |text: fn(&Prose) -> bool| sentences().any(text);
    let (zh, en) = (has(|p| p.zh.is_some()), has(|p| p.en.is_some()));
    match (zh, en) {
        (true, false) => Languages::only(Language::Zh),
        (false, true) => Languages::only(Language::En),
        _ => Languages::BOTH,
    }
}
