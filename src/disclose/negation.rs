//! Sentences that name a thing to say that it is not collected or not used.
//!
//! Strict on purpose: what is taken for a negation is told with its sentence, and a second sentence without one counts.

/// Say that something is not done. Longer ones first where one begins another.
const NOT: &[&str] = &[
    "不会",
    "不收集",
    "不获取",
    "不读取",
    "不采集",
    "不访问",
    "不使用",
    "不接入",
    "不集成",
    "不嵌入",
    "不上传",
    "不存储",
    "不保存",
    "不记录",
    "不共享",
    "不提供",
    "不涉及",
    "不包含",
    "不包括",
    "不含",
    "不需要",
    "不申请",
    "不调用",
    "不再",
    "未集成",
    "未接入",
    "未使用",
    "未收集",
    "未嵌入",
    "未获取",
    "未采集",
    "没有收集",
    "没有使用",
    "没有集成",
    "没有接入",
    "并未",
    "从不",
    "从未",
    "绝不",
    "均不",
    "无需",
    "无须",
    "禁止",
    "停止使用",
    "停止接入",
    "已移除",
    "已下线",
    "无法收集",
    "无法获取",
    "do not",
    "does not",
    "don't",
    "don’t",
    "doesn't",
    "doesn’t",
    "did not",
    "will not",
    "won't",
    "won’t",
    "never",
    "no longer",
    "not collect",
    "not use",
    "not access",
    "not share",
    "not read",
    "not integrate",
    "not include",
    "cannot",
    "can not",
    "neither",
    "without collecting",
    "without using",
    "is not",
    "are not",
    "isn't",
    "aren't",
    "has been removed",
    "have been removed",
    "stopped using",
];
/// Look like that and are not.
const NOT_ONLY: &[&str] = &[
    "不会影响",
    "不限于",
    "不仅",
    "不但",
    "不只",
    "不得不",
    "not limited to",
    "not only",
    "is not limited",
    "are not limited",
    "不会另行",
    "不再另行",
    "不再赘述",
    "不需要您",
    // What it is not used for: it is there.
    "不会用于",
    "不会被用于",
    "never used for",
    "never used to",
    "is not used for",
    "are not used for",
    "will not be used for",
];
/// Begin a new statement, to which a negation before does not reach.
const TURNS: &[&str] = &[
    "但",
    "而是",
    "仅会",
    "只会",
    "仅收集",
    "只收集",
    "仅在",
    "只在",
    "我们会",
    "我们将",
    "我们收集",
    "我们需要",
    "我们可能",
    "将会收集",
    "会收集",
    "将收集",
    "需要收集",
    "可能收集",
    "会获取",
    "将获取",
    "会使用",
    "but ",
    "however",
    "we collect",
    "we use",
    "we may",
    "we will collect",
    "only ",
    "except",
];

/// Whether `sentence` (in small letters) says of what stands from letter `start` to `end` that it is not so.
pub(super) fn is_negated(sentence: &str, start: usize, end: usize) -> bool {
    let letters: Vec<char> = sentence.chars().collect();
    let before: String = letters.iter().take(start).collect();
    let behind: String = letters.iter().skip(end).collect();
    if let Some(at) = last_negation(&before) {
        let between = before.get(at..).unwrap_or_default();
        if !turns(between) {
            return true;
        }
    }
    // 通讯录我们不会收集; "contacts are not collected": in the same clause.
    let clause = behind
        .split(['，', ',', '、', '\t', ':', '：'])
        .next()
        .unwrap_or_default();
    let behind_it = last_negation(clause);
    behind_it.is_some()
        && !TURNS
            .iter()
            .any(|turn| clause.trim_start().starts_with(turn.trim_end()) && is_but(turn))
}

fn is_but(turn: &str) -> bool {
    ["但", "而是", "but ", "however"].contains(&turn)
}

/// Where the last negation ends.
fn last_negation(text: &str) -> Option<usize> {
    let mut last = None;
    for word in NOT {
        for (at, _) in text.match_indices(word) {
            let end = at.saturating_add(word.len());
            let here = text.get(at..).unwrap_or_default();
            let is_only = NOT_ONLY.iter().any(|only| here.starts_with(only));
            // 如您不使用…: what the user does not do.
            let user = text.get(..at).unwrap_or_default();
            let is_condition = [
                "如您",
                "如果您",
                "若您",
                "您可以",
                "if you ",
                "you may ",
                "you can ",
            ]
            .iter()
            .any(|c| user.ends_with(c));
            if !is_only && !is_condition {
                last = last.max(Some(end));
            }
        }
    }
    last
}

/// Whether a new statement begins in `text`, which follows a negation.
fn turns(text: &str) -> bool {
    TURNS.iter().any(|turn| {
        text.match_indices(turn).any(|(at, _)| {
            let so_far = text.get(..at).unwrap_or_default();
            // 也不会收集, "we will not": still negated.
            let goes_on = text
                .get(at.saturating_add(turn.len())..)
                .unwrap_or_default()
                .trim_start();
            !so_far.ends_with('不') && !goes_on.starts_with('不') && !goes_on.starts_with("not ")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negated(sentence: &str, name: &str) -> bool {
        let at = sentence.find(name).unwrap();
        let start = sentence[..at].chars().count();
        is_negated(sentence, start, start.saturating_add(name.chars().count()))
    }

    #[test]
    fn what_is_not_collected_is_no_disclosure() {
        for (sentence, name) in [
            ("我们不会收集您的通讯录", "通讯录"),
            ("我们不会收集您的短信、通话记录，通讯录和日程", "通讯录"),
            ("您的通讯录我们不会收集", "通讯录"),
            ("本应用未集成友盟统计", "友盟统计"),
            ("我们收集位置信息，不会收集通讯录", "通讯录"),
            ("我们不会收集短信，我们也不会收集通讯录", "通讯录"),
            ("we do not collect your contacts", "contacts"),
            ("your contacts are not collected", "contacts"),
            ("we never read your sms or contacts", "contacts"),
            ("this app does not use adjust", "adjust"),
        ] {
            assert!(negated(sentence, name), "{sentence}");
        }
    }

    #[test]
    fn what_is_collected_is_one() {
        for (sentence, name) in [
            ("我们会收集您的通讯录", "通讯录"),
            ("我们收集位置信息，不会收集通讯录", "位置信息"),
            ("我们不会收集通讯录，但会收集位置信息", "位置信息"),
            ("我们不会收集通讯录，我们会收集位置信息", "位置信息"),
            ("包括但不限于设备型号、位置信息", "位置信息"),
            ("我们不仅收集设备型号，还收集位置信息", "位置信息"),
            (
                "如您不使用该功能，我们不会影响其他功能。位置信息",
                "位置信息",
            ),
            (
                "we collect identifiers, including but not limited to your location",
                "location",
            ),
            (
                "we do not collect contacts, but we collect your location",
                "location",
            ),
            ("we collect your location", "location"),
            ("通讯录不会用于其他目的", "通讯录"),
            ("crash data is never used for advertising", "crash data"),
        ] {
            assert!(!negated(sentence, name), "{sentence}");
        }
    }
}
