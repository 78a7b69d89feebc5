//! Languages, and the fixed words of the reports in both.

use crate::signatures::schema::Text;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A language of the reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    #[default]
    En,
}

/// The languages of the prose in a report: one or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Languages {
    zh: bool,
    en: bool,
}

impl Languages {
    /// Both.
    pub const BOTH: Self = Self { zh: true, en: true };

    /// One.
    pub fn only(language: Language) -> Self {
        Self {
            zh: language == Language::Zh,
            en: language == Language::En,
        }
    }

    /// Reads `zh`, `en` or `zh,en`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut languages = Self {
            zh: false,
            en: false,
        };
        for word in text.split(',') {
            match word.trim() {
                "zh" | "zh-CN" | "zh-Hans" => languages.zh = true,
                "en" => languages.en = true,
                _ => return None,
            }
        }
        Some(languages)
    }

    /// The language of a text report: Chinese if it is asked for at all.
    pub fn first(self) -> Language {
        if self.zh { Language::Zh } else { Language::En }
    }

    /// Whether a language is among them.
    pub fn has(self, language: Language) -> bool {
        match language {
            Language::Zh => self.zh,
            Language::En => self.en,
        }
    }

    /// A text in these languages.
    pub fn prose(self, text: &Text) -> Prose {
        let some = |wanted: bool, text: &str| (wanted && !text.is_empty()).then(|| text.to_owned());
        let mut prose = Prose {
            zh: some(self.zh, &text.zh),
            en: some(self.en, &text.en),
        };
        // A name that exists in one language only is shown in that one rather than not at all.
        if prose.zh.is_none() && prose.en.is_none() {
            prose = Prose {
                zh: some(true, &text.zh),
                en: some(text.zh.is_empty(), &text.en),
            };
        }
        prose
    }
}

/// As `--lang` takes it.
impl std::fmt::Display for Languages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match (self.zh, self.en) {
            (true, true) => "zh,en",
            (true, false) => "zh",
            (false, _) => "en",
        })
    }
}

/// Prose in the languages of the report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prose {
    /// Simplified Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<String>,
    /// English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Prose {
    /// The text in `language`, or else in the other.
    pub fn get(&self, language: Language) -> &str {
        let (first, second) = match language {
            Language::Zh => (&self.zh, &self.en),
            Language::En => (&self.en, &self.zh),
        };
        first.as_deref().or(second.as_deref()).unwrap_or_default()
    }
}

/// The label that stands for an app: that in simplified Chinese, or of the default configuration (which has no locale,
/// or is called `default`), or any other.
pub fn label(labels: &BTreeMap<String, String>) -> Option<&str> {
    let simplified = |locale: &str| {
        locale == "zh"
            || ["zh-CN", "zh-Hans"]
                .iter()
                .any(|start| locale.starts_with(start))
    };
    let chinese = labels.iter().find(|(locale, _)| simplified(locale));
    let default = || labels.get("default").or_else(|| labels.get(""));
    chinese
        .map(|(_, text)| text)
        .or_else(default)
        .or_else(|| labels.values().next())
        .map(String::as_str)
}

/// A fixed word by its key in the JSON report; the key itself where there is no word.
pub fn word(key: &str, language: Language) -> &str {
    WORDS
        .iter()
        .find(|(k, ..)| *k == key)
        .map_or(key, |&(_, zh, en)| match language {
            Language::Zh => zh,
            Language::En => en,
        })
}

/// The JSON name of an enumerated value.
pub fn enum_key(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(key)) => key,
        _ => String::new(),
    }
}

/// Key, Chinese, English.
const WORDS: &[(&str, &str, &str)] = &[
    // tiers
    ("necessary", "必要", "necessary"),
    ("on-user-action", "用户触发时可申请", "on user action"),
    ("not-needed", "不需要", "not needed"),
    ("not-judged", "未判断", "not judged"),
    // verdicts
    ("within_function", "所声明功能需要", "within the function"),
    (
        "conditional",
        "附条件（由用户触发时）",
        "on condition (when the user starts it)",
    ),
    ("beyond_function", "超出所声明功能", "beyond the function"),
    ("not_judged", "未判断", "not judged"),
    // severity
    ("high", "高", "high"),
    ("medium", "中", "medium"),
    ("low", "低", "low"),
    ("info", "提示", "info"),
    // confidence
    ("certain", "确定", "certain"),
    ("firm", "较确定", "firm"),
    ("tentative", "待核实", "tentative"),
    // use
    ("used_by_app", "应用自身代码使用", "used by the app"),
    ("used_by_sdk", "仅SDK使用", "used by SDKs only"),
    (
        "used_by_unknown",
        "有代码使用，归属不明",
        "used by code of unknown origin",
    ),
    (
        "unreached",
        "包内有相应代码，未发现触发路径",
        "such code is inside, nothing found that leads to it",
    ),
    (
        "indicated",
        "仅见申请、检查等迹象",
        "only signs of it (asked for, checked, named)",
    ),
    ("no_use_found", "未发现使用", "no use found"),
    ("not_assessable", "无法判断", "not assessable"),
    ("app", "应用自身", "the app"),
    ("unlisted", "未收录的代码", "code that is not listed"),
    ("obfuscated", "经混淆的代码", "obfuscated code"),
    // stages of SDKs
    (
        "bundled",
        "未见启动或者调用",
        "not seen to start or to be called",
    ),
    (
        "stage_unknown",
        "是否启动或者调用无法判断",
        "whether it starts or is called cannot be said",
    ),
    ("stub", "空实现", "does nothing (stub)"),
    ("auto_started", "自动启动", "starts by itself"),
    ("started", "由应用初始化", "started by the app"),
    ("used", "功能被调用", "functions are called"),
    // start of the app
    (
        "start_before_screen",
        "首个界面显示前",
        "before the first screen",
    ),
    (
        "start_before_screen_posted",
        "首个界面显示前（交由线程或者消息队列执行，是否执行不确定）",
        "before the first screen (left to a thread or a message queue: it may not run)",
    ),
    (
        "start_first_screen",
        "首个界面（启动界面）",
        "in the first screen",
    ),
    (
        "start_first_screen_posted",
        "首个界面（交由线程或者消息队列执行，是否执行不确定）",
        "in the first screen (left to a thread or a message queue: it may not run)",
    ),
    (
        "start_unknown",
        "事实数据未记录启动过程，无从判断。",
        "The facts do not hold what runs at start: nothing can be said.",
    ),
    (
        "start_hidden",
        "；应用自身代码已加固或者缺失，未能跟踪",
        "; the app's own code is packed or missing and was not followed",
    ),
    (
        "start_cut",
        "，因达到上限提前结束",
        "; a limit ended the walk early",
    ),
    ("component_factory", "组件工厂", "component factory"),
    ("application", "应用类", "application class"),
    ("provider", "内容提供器", "content provider"),
    (
        "initializer",
        "androidx.startup 初始化器",
        "androidx.startup initializer",
    ),
    ("launcher_activity", "启动界面", "launcher activity"),
    ("call", "调用", "call"),
    ("class-init", "类初始化", "class initialisation"),
    (
        "dispatch",
        "可能的去向之一",
        "one of several possible targets",
    ),
    ("posted", "交由他处执行", "left to others to run"),
    (
        "unresolved-reflection",
        "反射调用未能解析",
        "reflection by unknown names",
    ),
    // grades
    ("strong", "已打包", "bundled"),
    ("weak", "疑似打包", "probably bundled"),
    (
        "referenced",
        "仅被引用，未打包",
        "referenced only, not bundled",
    ),
    // channels
    ("archive", "安装包目录", "archive"),
    ("manifest", "清单文件", "manifest"),
    ("resources", "资源表", "resources"),
    ("code", "代码（DEX）", "code (DEX)"),
    ("native", "原生库", "native libraries"),
    ("assets", "其他文件", "other files"),
    ("signers", "签名证书", "signers"),
    // states
    ("complete", "已完整读取", "read completely"),
    ("absent", "不存在", "not there"),
    ("partial", "部分读取", "read in part"),
    ("unreadable", "无法读取", "unreadable"),
    // sources of the function
    ("none", "未声明", "not declared"),
    ("user", "由审查人指定", "named by whoever started the audit"),
    (
        "store_category",
        "由应用商店分类对应",
        "from a store's category",
    ),
    ("catalogue", "由应用目录给出", "from the catalogue"),
    (
        "config",
        "由应用配置文件声明",
        "from the app's permscope.toml",
    ),
    // editions
    ("consumer", "消费侧", "consumer side"),
    ("supply", "服务供给侧", "supply side"),
    // what a clause needs besides the APK
    ("app type", "应用类型", "the app's type"),
    ("device", "终端侧核查", "the device"),
    ("dynamic", "动态检测", "a dynamic test"),
    ("external", "外部资料", "outside sources"),
    ("manual", "人工核查", "a person's check"),
    ("on-site", "现场检查", "an inspection on site"),
    ("police", "公安机关调查", "the police"),
    ("policy_text", "隐私政策文本", "the privacy policy"),
    (
        "second version",
        "另一版本的安装包",
        "another version of the app",
    ),
    ("server", "服务端核查", "the server"),
    // signatures
    ("verified", "验签通过", "verified"),
    ("failed", "验签未通过", "wrong"),
    ("not_checked", "未能验签", "not checked"),
    (
        "unsigned",
        "未签名，Android不会安装",
        "not signed: Android does not install it",
    ),
    ("none_signed", "无可用签名", "without a signature"),
    (
        "not_used",
        "未验签（系统不使用）",
        "not checked (Android does not use it)",
    ),
    (
        "limit",
        "超出处理上限，未能验签",
        "not checked, larger than a limit",
    ),
    (
        "unsupported",
        "密钥、算法或者编码不受支持，未能验签",
        "not checked, its key, algorithm or encoding is not known",
    ),
    (
        "debug-certificate",
        "以开发工具自动生成的调试证书签名，不能表明开发者身份",
        "signed with a debug certificate that the build tools made by themselves: it does not say who the developer is",
    ),
    ("weak-key", "密钥强度不足", "the key is too short"),
    (
        "weak-digest",
        "签名所依据的摘要算法已不安全",
        "the signature rests on a digest that is not safe any more",
    ),
    (
        "janus-attack",
        "文件以DEX开头，符合Janus漏洞（CVE-2017-13156）的攻击特征",
        "the file begins with a DEX file, as in attacks by Janus (CVE-2017-13156)",
    ),
    (
        "janus-possible",
        "仅由v1签名保护，未安装2017年12月安全补丁的系统可被植入代码（Janus漏洞，CVE-2017-13156）",
        "only v1 protects it: where the patches of December 2017 are missing, code can be put in (Janus, CVE-2017-13156)",
    ),
    (
        "v1-only",
        "仅由v1签名保护：只保护各文件的内容，不保护整个安装包",
        "only v1 protects it: the contents of the entries, not the package as a whole",
    ),
    (
        "unsigned-entries",
        "未受签名保护的文件，可被他人改动",
        "files that no signature covers and anyone can change",
    ),
    (
        "unsigned-blocks",
        "签名块内未受签名保护的数据（如渠道信息），可被他人改动",
        "data in the signing block that no signature covers (channel names, for example) and anyone can change",
    ),
    // obstacles
    ("packer", "加固", "packer"),
    ("missing-code", "代码缺失", "code is missing"),
    ("dynamic-code", "动态加载", "code loaded at run time"),
    ("foreign-code", "DEX 以外的代码", "code outside DEX"),
    ("native-code", "原生代码", "native code"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_and_fall_back() {
        let zh = Languages::parse("zh").unwrap();
        assert_eq!(Languages::parse("zh,en"), Some(Languages::BOTH));
        assert_eq!(Languages::parse("fr"), None);
        let both = Text {
            zh: "相机".into(),
            en: "camera".into(),
        };
        assert_eq!(
            zh.prose(&both),
            Prose {
                zh: Some("相机".into()),
                en: None
            }
        );
        let english_only = Text {
            zh: String::new().into(),
            en: "OkHttp".into(),
        };
        assert_eq!(zh.prose(&english_only).get(Language::Zh), "OkHttp");
    }

    #[test]
    fn a_label_is_simplified_chinese_or_the_default() {
        let of = |labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|&(k, v)| (k.to_owned(), v.to_owned()));
            label(&labels.collect()).map(str::to_owned)
        };
        let mall = [("default", "Mall"), ("zh-TW", "商城（繁）")];
        assert_eq!(of(&mall).as_deref(), Some("Mall"));
        assert_eq!(of(&[mall[0], ("zh-CN", "商城")]).as_deref(), Some("商城"));
        assert_eq!(
            of(&[("", "Mall"), ("fr", "Magasin")]).as_deref(),
            Some("Mall")
        );
        assert_eq!(of(&[("fr", "Magasin")]).as_deref(), Some("Magasin"));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<_> = WORDS.iter().map(|(k, ..)| k).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), WORDS.len());
    }
}
