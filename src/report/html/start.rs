//! What runs when the app starts, with the calls that lead there.

use super::markup::Markup;
use crate::audit::Evidence;
use crate::report::lines::member;
use crate::report::start;
use crate::report::v1::{Report, StartInfo, StartMoment};
use crate::report::words::{Language, Prose, enum_key};

/// One line of the section: what is reached, whose code reaches it, and the way.
struct Line<'r> {
    title: &'r Prose,
    /// Of an access: `app`, the id of an SDK …; `None` for an SDK that is started.
    owner: Option<&'r str>,
    start: &'r StartInfo,
}

pub(super) fn section(m: &mut Markup, report: &Report) {
    let title = ("应用启动过程", "What runs at start");
    m.section("start", title.0, title.1, |m| {
        let sdks = start::sdks(report).into_iter().map(|(sdk, start)| Line {
            title: &sdk.name,
            owner: None,
            start,
        });
        let accesses = start::accesses(report)
            .into_iter()
            .map(|(access, start)| Line {
                title: &access.title,
                owner: Some(&access.owner),
                start,
            });
        let lines: Vec<Line<'_>> = sdks.chain(accesses).collect();
        for (when, zh, en) in [
            (
                StartMoment::BeforeScreen,
                "首个界面显示前",
                "Before the first screen",
            ),
            (
                StartMoment::FirstScreen,
                "首个界面（启动界面，可先征求同意）",
                "In the first screen, which may ask for consent",
            ),
        ] {
            let of: Vec<&Line<'_>> = lines.iter().filter(|l| l.start.when == when).collect();
            if of.is_empty() {
                continue;
            }
            m.el("h3", &[], |m| {
                m.say(
                    &format!("{zh}（{}）", of.len()),
                    &format!("{en} ({})", of.len()),
                );
            });
            for line in of {
                one(m, report, line);
            }
        }
        m.el("p", &[("class", "small")], |m| {
            m.both(|language: Language| start::note(report, language));
        });
    });
}

fn one(m: &mut Markup, report: &Report, line: &Line<'_>) {
    m.fold(
        |m| {
            m.prose(line.title);
            m.text(" · ");
            match line.owner {
                None => m.say("初始化", "is initialised"),
                Some(owner) => m.owner(report, owner),
            }
            if line.start.posted {
                m.text(" · ");
                m.say("交由他处执行，是否执行不确定", "left to others to run");
            }
        },
        |m| stack(m, line.start),
    );
}

/// The methods from the first one, each with the instruction that leads on.
fn stack(m: &mut Markup, start: &StartInfo) {
    m.el("p", &[("class", "small")], |m| {
        m.word(&enum_key(&start.begins.kind));
        m.text(" ");
        m.el("code", &[], |m| m.foreign(&start.begins.class));
    });
    m.el("ol", &[("class", "plain")], |m| {
        for step in &start.stack {
            m.el("li", &[], |m| frame(m, step));
        }
    });
}

fn frame(m: &mut Markup, step: &Evidence) {
    m.el("code", &[], |m| m.foreign(&start::method(step)));
    m.el("div", &[("class", "small")], |m| {
        m.text("→ ");
        let names = step.shows.as_ref().unwrap_or(&step.value);
        m.el("code", &[], |m| m.foreign(&member(names)));
        if let Some(how) = step
            .channel
            .as_deref()
            .filter(|how| !["call", "method"].contains(how))
        {
            m.text(" · ");
            m.word(how);
        }
        if let Some(offset) = step.offset {
            let entry = step.entry.as_deref().unwrap_or_default();
            m.text(" · ");
            m.el("code", &[], |m| m.foreign(&format!("{entry} @{offset:#x}")));
        }
    });
}
