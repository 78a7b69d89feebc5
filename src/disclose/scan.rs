//! Names in a text: the longest at each place, whatever width, case and spaces they are written in.

use super::document::{BLOCK, CELL, Document};
use std::collections::BTreeMap;

/// Mentions of one text that are kept: a text of nothing but names must not fill the memory.
pub(super) const MOST_MENTIONS: usize = 20_000;
/// Letters of a quotation, to each side of the name.
const QUOTED: usize = 160;
/// Letters to each side in which the end of a sentence is looked for.
const SENTENCE: usize = 600;

/// Chinese characters, kana, hangul: scripts whose words no spaces part.
pub(super) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && !matches!(c, '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301f}')
}

/// One form for letters that are written in two widths (the fullwidth forms of ASCII).
fn narrow(c: char) -> char {
    match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code.saturating_sub(0xfee0)).unwrap_or(c),
        0x3000 => ' ',
        _ => c,
    }
}

fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// Without a shape: may stand inside a name and hide it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// A text as names are looked for in it: one space at most, and none beside Chinese.
#[derive(Debug, Default)]
pub(super) struct Compact {
    /// As written, in one width.
    pub(super) exact: Vec<char>,
    /// In small letters.
    pub(super) folded: Vec<char>,
    /// The letter of the document.
    pub(super) from: Vec<usize>,
}

impl Compact {
    pub(super) fn of(letters: &[char]) -> Self {
        let mut compact = Self::default();
        let mut space = None;
        for (at, &letter) in letters.iter().enumerate() {
            let c = narrow(letter);
            if is_invisible(c) {
                continue;
            }
            let is_end = c == BLOCK || c == CELL;
            if c.is_whitespace() && !is_end {
                space = space.or(Some(at));
                continue;
            }
            let joins = |c: char| is_cjk(c) || c == BLOCK || c == CELL;
            if let Some(place) = space.take()
                && let Some(&last) = compact.exact.last()
                && !joins(last)
                && !joins(c)
            {
                compact.push(' ', place);
            }
            compact.push(c, at);
        }
        compact
    }

    fn push(&mut self, c: char, from: usize) {
        self.exact.push(c);
        self.folded.push(fold(c));
        self.from.push(from);
    }

    fn at(&self, at: Option<usize>) -> char {
        at.and_then(|at| self.folded.get(at))
            .copied()
            .unwrap_or(BLOCK)
    }

    /// The letter before `at`; a block's end before the first one.
    pub(super) fn before(&self, at: usize) -> char {
        self.at(at.checked_sub(1))
    }

    /// The letter at `at`; a block's end behind the last one.
    pub(super) fn behind(&self, at: usize) -> char {
        self.at(Some(at))
    }

    /// Where the sentence around begins and ends. `whole` takes the row of a table as one.
    pub(super) fn sentence(&self, start: usize, end: usize, whole: bool) -> (usize, usize) {
        let ends = |at: usize| {
            let c = self.behind(at);
            let is_full_stop =
                c == '.' && matches!(self.behind(at.saturating_add(1)), ' ' | BLOCK | CELL);
            c == BLOCK
                || (c == CELL && !whole)
                || matches!(c, '。' | '!' | '?' | ';' | '；')
                || (is_full_stop && !self.is_abbreviation(at))
        };
        let earliest = start.saturating_sub(SENTENCE);
        let from = (earliest..start).rev().find(|&at| ends(at));
        let from = from.map_or(earliest, |at| at.saturating_add(1));
        let latest = end.saturating_add(SENTENCE).min(self.folded.len());
        let to = (end..latest).find(|&at| ends(at)).unwrap_or(latest);
        (from, to)
    }

    /// Whether the full stop at `at` ends a short word: Inc., Co., Ltd., e.g.
    fn is_abbreviation(&self, at: usize) -> bool {
        let earliest = at.saturating_sub(5);
        let word = self.folded.get(earliest..at).unwrap_or_default();
        let word: String = word
            .rsplit(|c| !c.is_alphanumeric() && *c != '.')
            .next()
            .unwrap_or_default()
            .iter()
            .collect();
        [
            "inc", "ltd", "co", "corp", "llc", "e.g", "i.e", "pte", "no", "b.v",
        ]
        .contains(&word.as_str())
    }

    /// Whether the place lies in a row of a table.
    pub(super) fn is_row(&self, start: usize, end: usize) -> bool {
        let earliest = start.saturating_sub(SENTENCE);
        let mut back = (earliest..start).rev().map(|at| self.behind(at));
        let latest = end.saturating_add(SENTENCE).min(self.folded.len());
        let mut on = (end..latest).map(|at| self.behind(at));
        back.find(|c| matches!(*c, BLOCK | CELL)) == Some(CELL)
            || on.find(|c| matches!(*c, BLOCK | CELL)) == Some(CELL)
    }

    /// Whether the place lies in an address: `https://` stands before it without a space.
    pub(super) fn is_link(&self, start: usize) -> bool {
        let earliest = start.saturating_sub(SENTENCE);
        let before = self.folded.get(earliest..start).unwrap_or_default();
        let word = before
            .rsplit(|c| c.is_whitespace() || is_cjk(*c) || matches!(*c, CELL | '"' | '\''))
            .next()
            .unwrap_or_default();
        word.windows(3).any(|three| three == [':', '/', '/'])
    }

    /// Letters of a range in small letters.
    pub(super) fn folded(&self, from: usize, to: usize) -> String {
        let to = to.min(self.folded.len());
        self.folded
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// What stands around a mention, as the document writes it.
    pub(super) fn quote(&self, document: &Document, start: usize, end: usize) -> String {
        let (from, to) = self.sentence(start, end, true);
        let (first, last) = (
            from.max(start.saturating_sub(QUOTED)),
            to.min(end.saturating_add(QUOTED)),
        );
        let letter = |at: usize| self.from.get(at).copied();
        let begin = letter(first).unwrap_or_default();
        let finish = letter(last).unwrap_or(document.letters.len());
        let mut text = String::new();
        for &c in document.letters.get(begin..finish).unwrap_or_default() {
            match c {
                CELL | BLOCK => text.push_str(" | "),
                c if c.is_whitespace() => {
                    if !text.ends_with(' ') {
                        text.push(' ');
                    }
                }
                c => text.push(c),
            }
        }
        let text = text.trim_matches([' ', '|']);
        let cut = |yes: bool| if yes { "…" } else { "" };
        format!("{}{text}{}", cut(first > from), cut(last < to))
    }
}

/// How a name may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// In these letters exactly, large and small: a name that is a word as well, `Adjust`.
    pub(super) exact: bool,
    /// It is no name but words: an `s` may follow (`device IDs`), and no hyphen goes before (`re-installed apps`).
    pub(super) plural: bool,
    /// It has to stand alone in its line or cell, or before a word such as SDK: a name made of everyday words.
    pub(super) alone: bool,
}

/// Names and what each of them stands for.
#[derive(Debug, Default)]
pub(super) struct Names<T> {
    nodes: Vec<BTreeMap<char, usize>>,
    ends: BTreeMap<usize, usize>,
    names: Vec<Name<T>>,
}

/// One name.
#[derive(Debug)]
pub(super) struct Name<T> {
    /// In small letters.
    pub(super) text: Vec<char>,
    exact: Vec<char>,
    manner: Manner,
    /// What it stands for.
    pub(super) targets: Vec<T>,
}

/// A name in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// First letter of the compact text.
    pub(super) start: usize,
    /// Behind the last one.
    pub(super) end: usize,
    /// Which name.
    pub(super) name: usize,
}

impl<T: Clone + PartialEq> Names<T> {
    pub(super) fn new() -> Self {
        Self {
            nodes: vec![BTreeMap::new()],
            ends: BTreeMap::new(),
            names: Vec::new(),
        }
    }

    /// Adds a name; the same name may stand for several things.
    pub(super) fn add(&mut self, text: &str, manner: Manner, target: &T) {
        let letters: Vec<char> = text.trim().chars().collect();
        let Compact { exact, folded, .. } = Compact::of(&letters);
        if folded.is_empty() {
            return;
        }
        let mut node = 0usize;
        for &c in &folded {
            let new = self.nodes.len();
            let Some(edges) = self.nodes.get_mut(node) else {
                return;
            };
            node = *edges.entry(c).or_insert(new);
            if node == new {
                self.nodes.push(BTreeMap::new());
            }
        }
        let new = self.names.len();
        let place = *self.ends.entry(node).or_insert(new);
        if place == new {
            self.names.push(Name {
                text: folded,
                exact,
                manner,
                targets: vec![target.clone()],
            });
        } else if let Some(name) = self.names.get_mut(place) {
            // One of them knows the name in any letters.
            name.manner.exact &= manner.exact;
            name.manner.plural |= manner.plural;
            name.manner.alone &= manner.alone;
            if !name.targets.contains(target) {
                name.targets.push(target.clone());
            }
        }
    }

    pub(super) fn get(&self, name: usize) -> Option<&Name<T>> {
        self.names.get(name)
    }

    /// All mentions, the longest at each place, none inside another; and whether that is all of them.
    pub(super) fn find(&self, text: &Compact) -> (Vec<Mention>, bool) {
        let mut found = Vec::new();
        let mut at = 0usize;
        while at < text.folded.len() {
            match self.longest(text, at) {
                Some(mention) => {
                    if found.len() >= MOST_MENTIONS {
                        return (found, false);
                    }
                    found.push(mention);
                    at = mention.end;
                }
                None => at = at.saturating_add(1),
            }
        }
        (found, true)
    }

    fn longest(&self, text: &Compact, start: usize) -> Option<Mention> {
        let mut node = 0usize;
        let mut best = None;
        for (at, c) in text.folded.iter().enumerate().skip(start) {
            let Some(&next) = self.nodes.get(node).and_then(|edges| edges.get(c)) else {
                break;
            };
            node = next;
            let end = at.saturating_add(1);
            if let Some(&name) = self.ends.get(&node)
                && self
                    .names
                    .get(name)
                    .is_some_and(|n| n.stands(text, start, end))
            {
                best = Some(Mention { start, end, name });
            }
        }
        best
    }
}

impl<T> Name<T> {
    /// Whether the letters are this name and no part of a longer word.
    fn stands(&self, text: &Compact, start: usize, end: usize) -> bool {
        let is_word = |c: char| c.is_alphanumeric() && !is_cjk(c) || c == '_';
        if self.manner.exact && text.exact.get(start..end) != Some(self.exact.as_slice()) {
            return false;
        }
        if self.manner.plural
            && text.before(start) == '-'
            && start
                .checked_sub(1)
                .is_some_and(|at| text.before(at).is_alphabetic())
        {
            return false;
        }
        if self.manner.alone && !is_alone(text, start, end) {
            return false;
        }
        let (first, last) = (self.text.first(), self.text.last());
        if first.is_some_and(|&c| is_word(c)) && is_word(text.before(start)) {
            return false;
        }
        if last.is_some_and(|&c| is_word(c)) && is_word(text.behind(end)) {
            let s = text.behind(end) == 's' && !is_word(text.behind(end.saturating_add(1)));
            return self.manner.plural && s;
        }
        if self.manner.exact && self.begins_a_sentence(text, start, end) {
            return false;
        }
        self.is_short_chinese()
            .is_none_or(|()| self.is_parted(text, start, end))
    }

    /// "Adjust your settings": at the beginning, the large letter says nothing.
    fn begins_a_sentence(&self, text: &Compact, start: usize, end: usize) -> bool {
        let first = matches!(text.before(start), BLOCK | '.' | '!' | '?')
            || (text.before(start) == ' '
                && matches!(text.before(start.saturating_sub(1)), '.' | '!' | '?'));
        let next = text
            .exact
            .get(end.saturating_add(1))
            .copied()
            .unwrap_or(BLOCK);
        first && text.behind(end) == ' ' && next.is_lowercase()
    }

    fn is_short_chinese(&self) -> Option<()> {
        (self.text.len() == 2 && self.text.iter().all(|&c| is_cjk(c))).then_some(())
    }

    /// A name of two Chinese characters may be the end of one word and the beginning of the next (每个推荐 has 个推):
    /// something has to part it on the right, or say what it is.
    fn is_parted(&self, text: &Compact, start: usize, end: usize) -> bool {
        const BEHIND: &[&str] = &[
            "推送",
            "服务",
            "统计",
            "平台",
            "提供",
            "公司",
            "集团",
            "科技",
            "广告",
            "支付",
            "登录",
            "分享",
            "地图",
            "定位",
            "分析",
            "短信",
            "验证",
            "语音",
            "客服",
            "直播",
            "播放",
            "即时",
            "通讯",
            "账号",
            "等第三方",
            "等sdk",
            "开放",
        ];
        // Words of everyday language.
        const COMMON: &[&str] = &["个数", "联想", "野狗", "天目", "美数", "融云端"];
        let own: String = self.text.iter().collect();
        let (before, behind) = (text.before(start), text.behind(end));
        if !is_cjk(behind) {
            return !(COMMON.contains(&own.as_str()) && is_cjk(before));
        }
        let rest = text.folded(end, end.saturating_add(4));
        BEHIND.iter().any(|word| rest.starts_with(word)) && !COMMON.contains(&own.as_str())
    }
}

/// Whether a name is all of its line or cell, or says by the next word what it is.
fn is_alone(text: &Compact, start: usize, end: usize) -> bool {
    const BEHIND: &[&str] = &[
        "sdk", "插件", "组件", "开源", "库", "模块", "plugin", "plug-in", "librar", "package",
    ];
    let mut at = start;
    while matches!(
        text.before(at),
        ' ' | '-' | '+' | '•' | '·' | '>' | '.' | '0'..='9'
    ) {
        at = at.saturating_sub(1);
    }
    let is_end = |c: char| matches!(c, BLOCK | CELL);
    if is_end(text.before(at)) && is_end(text.behind(end)) {
        return true;
    }
    let rest = text.folded(end, end.saturating_add(9));
    let rest = rest.trim_start();
    BEHIND.iter().any(|word| rest.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(names: &[(&str, bool)], text: &str) -> Vec<String> {
        let mut all = Names::new();
        for (name, exact) in names {
            let manner = Manner {
                exact: *exact,
                ..Manner::default()
            };
            all.add(name, manner, &0);
        }
        let letters: Vec<char> = text.chars().collect();
        let text = Compact::of(&letters);
        let (mentions, whole) = all.find(&text);
        assert!(whole);
        mentions
            .iter()
            .map(|m| text.folded(m.start, m.end))
            .collect()
    }

    #[test]
    fn the_longest_name_counts_in_any_width_case_and_spacing() {
        let names = [
            ("友盟", false),
            ("友盟统计", false),
            ("JPush", false),
            ("位置信息", false),
            ("粗略位置信息", false),
        ];
        assert_eq!(
            found(&names, "接入友盟 统计、ＪＰＵＳＨ和j\u{200b}push"),
            ["友盟统计", "jpush", "jpush"]
        );
        assert_eq!(found(&names, "粗略位置信息"), ["粗略位置信息"]);
    }

    #[test]
    fn words_have_no_prefix_and_everyday_names_stand_alone() {
        let find = |manner: Manner, name: &str, text: &str| {
            let mut all = Names::new();
            all.add(name, manner, &0);
            let letters: Vec<char> = text.chars().collect();
            all.find(&Compact::of(&letters)).0.len()
        };
        let words = Manner {
            plural: true,
            ..Manner::default()
        };
        assert_eq!(find(words, "installed apps", "our re-installed apps"), 0);
        assert_eq!(find(words, "installed apps", "- installed apps"), 1);
        let alone = Manner {
            alone: true,
            ..Manner::default()
        };
        for text in ["we record it", "record of visits", "a record"] {
            assert_eq!(find(alone, "record", text), 0, "{text}");
        }
        for text in [
            "a\nrecord\nb",
            "the record SDK",
            "- record\tx",
            "我们使用record插件",
        ] {
            assert_eq!(find(alone, "record", text), 1, "{text}");
        }
        // What stands behind a name may be the end of the text.
        assert_eq!(find(Manner::default(), "个推", "我们接入个推推送"), 1);
    }

    #[test]
    fn a_name_inside_another_word_is_none() {
        let names = [
            ("Bugly", false),
            ("个推", false),
            ("环信", false),
            ("声网", false),
        ];
        for text in [
            "Buglyze",
            "mybugly",
            "每个推荐位",
            "多个推广页面",
            "循环信息",
            "发声网友",
        ] {
            assert_eq!(found(&names, text), [""; 0], "{text}");
        }
        for text in [
            "接入Bugly上报",
            "BUGLY",
            "使用个推、友盟",
            "使用个推提供的服务",
            "环信SDK",
            "由声网公司提供",
        ] {
            assert_eq!(found(&names, text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_name_that_is_a_word_needs_its_letters_and_its_place() {
        let names = [("Adjust", true)];
        for text in [
            "You can adjust this",
            "Adjust your settings.",
            "See below. Adjust it there.",
        ] {
            assert_eq!(found(&names, text), [""; 0], "{text}");
        }
        for text in [
            "We use Adjust for this",
            "Adjust GmbH",
            "归因（Adjust）",
            "Adjust\tads",
        ] {
            assert_eq!(found(&names, text), ["adjust"], "{text}");
        }
    }

    #[test]
    fn blocks_and_cells_part_names() {
        assert_eq!(
            found(&[("友盟统计", false)], "友盟\n统计 友盟\t统计"),
            [""; 0]
        );
    }

    #[test]
    fn sentences_end_where_they_end() {
        let letters: Vec<char> = "甲。我们使用友盟；乙".chars().collect();
        let text = Compact::of(&letters);
        let (from, to) = text.sentence(6, 8, false);
        assert_eq!(text.folded(from, to), "我们使用友盟");
        let letters: Vec<char> = "One. By Kochava Inc. for ads. Two.".chars().collect();
        let text = Compact::of(&letters);
        let (from, to) = text.sentence(8, 15, false);
        assert_eq!(text.folded(from, to), " by kochava inc. for ads");
    }
}
