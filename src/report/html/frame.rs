//! What every page has around its contents: head, policy, switch of languages, landmarks.

use super::markup::{Assets, Markup};
use super::speech::tag;
use crate::report::words::{Language, Languages};

/// A whole page: `top` goes into the banner, `main` into the main part.
pub(crate) fn document(
    languages: Languages,
    title: (&str, &str),
    assets: Assets,
    top: impl FnOnce(&mut Markup),
    main: impl FnOnce(&mut Markup),
    foot: impl FnOnce(&mut Markup),
) -> String {
    let mut markup = Markup::new(languages);
    let first = languages.first();
    markup.el("html", &[("lang", tag(first))], |m| {
        m.el("head", &[], |m| {
            m.policy(assets);
            let shown = match first {
                Language::Zh => title.0,
                Language::En => title.1,
            };
            let titles = [("data-zh", title.0), ("data-en", title.1)];
            m.leaf("title", &titles, shown);
            m.style(assets);
        });
        m.el("body", &[], |m| {
            m.el("a", &[("class", "skip"), ("href", "#main")], |m| {
                m.say("跳到正文", "Skip to the contents");
            });
            m.el("header", &[("class", "top")], |m| {
                if languages == Languages::BOTH {
                    switch(m);
                }
                top(m);
            });
            m.el("main", &[("id", "main"), ("tabindex", "-1")], main);
            m.el("footer", &[], foot);
            m.script(assets);
        });
    });
    markup.finish()
}

/// Works with the script alone, and is hidden without it.
fn switch(m: &mut Markup) {
    let attributes = [
        ("type", "button"),
        ("id", "language"),
        ("class", "switch"),
        ("hidden", ""),
    ];
    m.el("button", &attributes, |m| {
        m.el("span", &[("lang", "zh-Hans")], |m| {
            m.leaf("bdi", &[("lang", "en")], "English");
        });
        m.el("span", &[("lang", "en")], |m| {
            m.leaf("bdi", &[("lang", "zh-Hans")], "中文");
        });
    });
}
