//! What kind of sentence a name stands in.

/// Words of a sentence that is about code or services of others.
const ABOUT_OTHERS: &[&str] = &[
    "sdk",
    "第三方",
    "合作方",
    "合作伙伴",
    "合作商",
    "服务商",
    "供应商",
    "插件",
    "third party",
    "third-party",
    "third parties",
    "partner",
    "service provider",
    "vendor",
    "librar",
];
/// Words of a sentence that is about code: "sign in with WeChat" names no SDK.
const ABOUT_CODE: &[&str] = &[
    "sdk",
    "插件",
    "组件",
    "开发包",
    "接入",
    "集成",
    "嵌入",
    "librar",
    "plug-in",
    "plugin",
];
/// Words of a sentence that is about handling information, not about a product that shows videos. In Latin letters they
/// begin a word.
const HANDLES: &[&str] = &[
    "收集",
    "获取",
    "读取",
    "访问",
    "采集",
    "使用",
    "上传",
    "存储",
    "保存",
    "权限",
    "授权",
    "开启",
    "申请",
    "处理",
    "记录",
    "提供",
    "共享",
    "提交",
    "填写",
    "识别",
    "收到",
    "调用",
    "collect",
    "access",
    "read",
    "obtain",
    "use",
    "using",
    "process",
    "permission",
    "store",
    "storing",
    "receive",
    "gather",
    "request",
    "share",
    "sharing",
    "record",
    "provide",
    "log ",
    "logs",
    "logged",
];
/// Stand before what a term is said to mean.
const DEFINES: &[&str] = &[
    "是指",
    "指的是",
    ",指",
    ":指",
    "指以电子",
    "涉及的个人信息包括",
    "涉及的个人敏感信息包括",
    "涉及的敏感个人信息包括",
    "个人敏感信息包括",
    "敏感个人信息包括",
    " means ",
    " refers to ",
    " is defined as ",
];
/// A sentence with one of them says what is done all the same.
const DOES: &[&str] = &[
    "我们会",
    "我们将",
    "我们可能",
    "我们需要",
    "我们收集",
    "我们获取",
    "需要收集",
    "会收集",
    "将收集",
    "可能收集",
    "we collect",
    "we may",
    "we will",
    "we use",
    "we process",
];

/// It is about code or services of others.
pub(super) fn is_about_others(sentence: &str) -> bool {
    ABOUT_OTHERS.iter().any(|word| sentence.contains(word))
}

/// It is about code.
pub(super) fn is_about_code(sentence: &str) -> bool {
    ABOUT_CODE.iter().any(|word| sentence.contains(word))
}

/// It is about handling information.
pub(super) fn handles(sentence: &str) -> bool {
    HANDLES.iter().any(|word| begins_word(sentence, word))
}

/// It says what a term means, and the term stands before letter `name`: policies copy the list of all personal
/// information out of the standard.
pub(super) fn defines(sentence: &str, name: usize) -> bool {
    let before: String = sentence.chars().take(name).collect();
    DEFINES.iter().any(|word| before.contains(word))
        && !DOES.iter().any(|word| sentence.contains(word))
}

fn begins_word(sentence: &str, word: &str) -> bool {
    let is_latin = word.is_ascii();
    sentence.match_indices(word).any(|(at, _)| {
        let before = sentence.get(..at).and_then(|before| before.chars().last());
        !is_latin || !before.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_is_told_from_what_is_done() {
        let at = |sentence: &str, name: &str| {
            let place = sentence.find(name).unwrap();
            defines(sentence, sentence[..place].chars().count())
        };
        for sentence in [
            "个人信息是指以电子或者其他方式记录的信息,包括姓名、通讯录",
            "本隐私政策中涉及的个人敏感信息包括您的通讯录",
            "唯一设备识别码:是指由设备制造商编入的字符,如通讯录",
        ] {
            assert!(at(sentence, "通讯录"), "{sentence}");
        }
        assert!(at(
            "personal information means any data such as contacts",
            "contacts"
        ));
        for sentence in [
            "我们会收集您的设备信息(是指型号、通讯录)",
            "我们需要读取您的通讯录",
            "通讯录是指联系人",
        ] {
            assert!(!at(sentence, "通讯录"), "{sentence}");
        }
    }

    #[test]
    fn a_latin_word_is_no_part_of_another() {
        for sentence in [
            "the logo of our technology",
            "because you already misuse it",
        ] {
            assert!(!handles(sentence), "{sentence}");
        }
        for sentence in ["we are collecting it", "it logs your steps", "我们读取它"] {
            assert!(handles(sentence), "{sentence}");
        }
    }
}
