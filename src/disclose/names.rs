//! By which names a text may call SDKs, their operators, and personal information.

use super::scan::{Manner, Names, is_cjk};
use crate::report::v1::Report;
use crate::signatures::SignatureDb;
use crate::signatures::schema::{Sdk, Text};
use std::collections::BTreeMap;

/// How a name stands for an SDK; the better one is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Called {
    /// Its name in the data.
    Name,
    /// Another name of it: an alias, a part of the name, a package.
    Alias,
    /// The registered name of its operator.
    Company,
    /// The operator's brand.
    Brand,
}

/// What a name stands for.
pub(super) type Target = (String, Called);

/// Words after a brand that are no name without it.
const GENERIC: &[&str] = &[
    "sdk",
    "push",
    "map",
    "maps",
    "location",
    "analytics",
    "ads",
    "face",
    "speech",
    "pay",
    "cast",
    "share",
    "account",
    "player",
    "live",
    "common",
    "core",
    "game",
    "games",
    "login",
    "captcha",
    "search",
    "video",
    "audio",
    "cloud",
    "mobile",
    "image",
    "native",
    "legacy",
    "plugin",
    "plug-in",
    "client",
    "android",
    "device",
    "report",
    "auth",
    "kit",
    "open",
    "opensdk",
    "widget",
    "views",
    "view",
    "network",
    "banner",
    "permission",
    "permissions",
    "storage",
    "database",
    "update",
    "web",
    "bluetooth",
    "browser",
    "camera",
    "charts",
    "chat",
    "crash",
    "feedback",
    "font",
    "fonts",
    "http",
    "integrity",
    "message",
    "messages",
    "messaging",
    "nfc",
    "play",
    "quiche",
    "record",
    "review",
    "scanner",
    "security",
    "sensor",
    "social",
    "support",
    "usb",
    "uuid",
    "voice",
    "vpn",
    "webview",
    "wifi",
];
/// Ends of registered names.
const COMPANY: &[&str] = &[
    "公司",
    "集团",
    "基金会",
    "会社",
    "中心",
    "inc.",
    "inc",
    "ltd.",
    "ltd",
    "llc",
    "gmbh",
    "limited",
    "corporation",
    "corp.",
    "b.v.",
    "s.a.",
    "ab",
    "oy",
    "pte",
    "plc",
    "foundation",
];

/// The names of all SDKs that the data and the report know.
pub(super) fn sdks(db: &SignatureDb, report: &Report) -> Names<Target> {
    let mut names = Names::new();
    let mut derived: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sdk in &db.data.sdks {
        add_sdk(&mut names, &mut derived, sdk);
    }
    for sdk in report.sdks.iter().filter(|sdk| db.sdk(&sdk.id).is_none()) {
        for name in [&sdk.name.zh, &sdk.name.en].into_iter().flatten() {
            add(&mut names, name, &sdk.id, Called::Name);
        }
        for vendor in [&sdk.vendor.zh, &sdk.vendor.en].into_iter().flatten() {
            add_vendor(&mut names, vendor, &sdk.id);
        }
    }
    // A part of a name that fits several operators says nothing.
    for (text, ids) in derived {
        let first = ids.first().map(|id| operator(id));
        if ids.iter().all(|id| Some(operator(id)) == first) {
            for id in &ids {
                add(&mut names, &text, id, Called::Alias);
            }
        }
    }
    names
}

fn operator(id: &str) -> &str {
    id.split('/').next().unwrap_or(id)
}

fn add_sdk(names: &mut Names<Target>, derived: &mut BTreeMap<String, Vec<String>>, sdk: &Sdk) {
    for name in [&*sdk.name.zh, &*sdk.name.en] {
        add(names, name, &sdk.id, Called::Name);
        for part in parts(name) {
            derived.entry(part).or_default().push(sdk.id.to_string());
        }
    }
    for alias in &sdk.aliases {
        add(names, alias, &sdk.id, Called::Alias);
    }
    for package in &sdk.identity.packages {
        if package.matches('.').count() >= 2 && package.len() >= 10 {
            add(names, package, &sdk.id, Called::Alias);
        }
    }
    for vendor in [&*sdk.vendor.zh, &*sdk.vendor.en] {
        add_vendor(names, vendor, &sdk.id);
    }
}

fn add(names: &mut Names<Target>, text: &str, id: &str, called: Called) {
    if let Some(manner) = manner(text) {
        names.add(text, manner, &(id.to_owned(), called));
    }
}

/// How a name has to stand; nothing where it is too short to be looked for.
fn manner(text: &str) -> Option<Manner> {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    let chinese = text.chars().filter(|c| is_cjk(*c)).count();
    if letters < 2 || (chinese == 0 && letters < 3) || (chinese == 1 && letters < 3) {
        return None;
    }
    let is_one_word = chinese == 0 && !text.trim().contains([' ', '.', '-', '_', '+']);
    let inner_capital = text
        .chars()
        .skip(1)
        .any(|c| c.is_uppercase() || c.is_numeric());
    Some(Manner {
        // Rive, Epic, uuid, SDL: words or abbreviations of other things as well.
        exact: is_one_word && (letters <= 4 || (letters <= 8 && !inner_capital)),
        plural: false,
        alone: is_generic(text),
    })
}

/// Parts of a name that are names themselves: both of 百度网盟/百青藤 and of 优量汇(广点通), and Bugly of 腾讯Bugly.
fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let split = |c: char| matches!(c, '/' | '(' | ')' | '（' | '）' | '、');
    if name.contains(split) {
        parts.extend(name.split(split).map(|part| part.trim().to_owned()));
    }
    let mut found = Vec::new();
    for part in parts.iter().map(String::as_str).chain([name]) {
        let short = part.trim_end_matches(['S', 'D', 'K']).trim_end();
        if part.ends_with("SDK") && short.len().saturating_add(3) <= part.len() {
            found.push(short.to_owned());
        }
        let latin = part.trim_start_matches(is_cjk).trim();
        let is_word = latin.chars().all(|c| c.is_ascii_alphanumeric());
        if latin.len() < part.len() && latin.len() >= 4 && is_word {
            found.push(latin.to_owned());
        }
    }
    found.extend(parts);
    found.retain(|part| part != name && tells(part));
    found.sort();
    found.dedup();
    found
}

/// Whether a part of a name tells anything without the rest.
fn tells(part: &str) -> bool {
    let chinese = part.chars().filter(|c| is_cjk(*c)).count();
    if chinese > 0 {
        return chinese >= 3;
    }
    let is_several = part.contains(' ');
    let has_shape = part
        .chars()
        .skip(1)
        .any(|c| c.is_uppercase() || c.is_numeric());
    part.len() >= 3 && !is_generic(part) && (is_several || has_shape || part.len() >= 5)
}

/// Whether a name is made of everyday words alone.
fn is_generic(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.split(' ').all(|word| GENERIC.contains(&word))
}

/// Registered names and brands: 甲公司、乙公司（品牌）; A Ltd.; B Inc. (Brand).
fn add_vendor(names: &mut Names<Target>, vendor: &str, id: &str) {
    for part in vendor.split(['、', '；', ';', '（', '）', '(', ')']) {
        let part = part
            .trim()
            .trim_start_matches("原 ")
            .trim_start_matches("formerly ");
        let lower = part.to_lowercase();
        // 友盟同欣（北京）科技有限公司 falls apart here and is added whole below.
        if part.is_empty()
            || lower.starts_with("科技")
            || lower.starts_with("有限")
            || part == "北京"
            || part == "上海"
            || part == "中国"
        {
            continue;
        }
        if COMPANY.iter().any(|end| lower.ends_with(end)) {
            add(names, part, id, Called::Company);
        } else {
            // (Aurora Mobile, Jiguang) is two brands.
            for brand in part.split([',', '，']).map(str::trim) {
                add(names, brand, id, Called::Brand);
            }
        }
    }
    for whole in vendor.split(['、', '；', ';']) {
        // The last pair of brackets holds the brand, another one a place in the name.
        let whole = whole.trim();
        let end = ["公司", "Ltd.", "Inc.", "LLC", "集团"]
            .iter()
            .filter_map(|end| whole.find(end).map(|at| at.saturating_add(end.len())))
            .max();
        if let Some(company) = end.and_then(|end| whole.get(..end)) {
            add(names, company, id, Called::Company);
        }
    }
}

/// Words for kinds of personal information.
pub(super) fn information(db: &SignatureDb) -> Names<String> {
    let mut names = Names::new();
    for (id, kind) in &db.data.information.kind {
        let title = Text {
            zh: kind.zh.clone(),
            en: kind.en.clone(),
        };
        for word in words(&title)
            .into_iter()
            .chain(kind.words.iter().map(|w| w.to_string()))
        {
            let letters = word.chars().filter(|c| c.is_alphanumeric()).count();
            let chinese = word.chars().any(is_cjk);
            if letters >= 3 || (chinese && letters >= 2) {
                let manner = Manner {
                    // Mac is a computer.
                    exact: word == "MAC",
                    plural: true,
                    alone: false,
                };
                names.add(&word, manner, &id.to_string());
            }
        }
    }
    names
}

/// The single words of the two names of a kind: 设备识别码（IMEI、MEID） is three.
fn words(title: &Text) -> Vec<String> {
    let split = |c: char| matches!(c, '（' | '）' | '(' | ')' | '、' | ',' | '，');
    let mut words = Vec::new();
    for name in [&*title.zh, &*title.en] {
        words.extend(name.split(split).map(|word| word.trim().to_owned()));
        words.push(name.to_owned());
    }
    // What is only a part of a list.
    words.retain(|word| {
        ![
            "root",
            "paired",
            "around",
            "version",
            "state",
            "province",
            "city",
            "country",
            "模拟器",
            "调试",
            "周边",
            "含验证码",
            "codes included",
            "未区分精度",
            "precision not stated",
            "已配对",
            // Words of everyday use: a product that shows videos or sends e-mails reads none of the user's.
            "视频",
            "videos",
            "电子邮件",
            "e-mail",
            "手势",
            "eye",
            "face",
            "model",
            "account",
            "track",
            "notifications",
            "地区",
            "国家",
            "省市",
            "region",
        ]
        .contains(&word.as_str())
    });
    words
}

#[cfg(test)]
mod tests {
    use super::super::scan::Compact;
    use super::*;

    #[test]
    fn mac_is_an_address_and_no_computer() {
        let db = SignatureDb::builtin().unwrap();
        let words = information(&db);
        let kinds = |text: &str| -> Vec<String> {
            let letters: Vec<char> = text.chars().collect();
            let found = words.find(&Compact::of(&letters)).0.into_iter();
            found
                .flat_map(|m| words.get(m.name).unwrap().targets.clone())
                .collect()
        };
        assert!(kinds("设备信息（IMEI/MAC/Android ID）").contains(&"device.mac".to_owned()));
        assert_eq!(kinds("our Mac program"), Vec::<String>::new());
        // A service that shows videos reads none of the user's.
        assert_eq!(kinds("视频播放服务"), Vec::<String>::new());
        assert!(kinds("您上传的照片、视频").contains(&"media.video".to_owned()));
    }
}
