//! What an operator discloses against what the app holds: policies and lists written for these tests, with the answers
//! that a person gives.

use crate::common::{Scratch, apk, case, db, run, sample};
use permscope::disclose::{Answer, Comparison, Document, List, Texts, compare};
use permscope::report::Languages;
use permscope::report::v1::Report;
use serde_json::Value;
use std::sync::OnceLock;
use std::time::Instant;

const MOST: u64 = 16 << 20;

/// A shop with umeng/analytics, jiguang/jpush and more inside.
fn shop() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| {
        let case = case(sample("shop-excess"));
        case.report(&case.facts(), Languages::BOTH)
    })
}

fn packed() -> Report {
    let case = case(sample("use-none-packer"));
    let report = case.report(&case.facts(), Languages::BOTH);
    assert!(!report.coverage.complete);
    report
}

fn policy(text: &str) -> Texts {
    read(text.as_bytes())
}

fn read(bytes: &[u8]) -> Texts {
    Texts {
        policies: vec![Document::read("policy", bytes, MOST).unwrap()],
        ..Texts::default()
    }
}

/// A text long enough to be a policy.
fn with(text: &str) -> Texts {
    policy(&format!(
        "本政策适用于本应用的各项服务，请您在使用前仔细阅读并充分理解全部内容。\n\n{text}\n"
    ))
}

fn list(text: &str) -> Texts {
    Texts {
        lists: vec![List::read("list.csv", text.as_bytes(), MOST).unwrap()],
        ..Texts::default()
    }
}

fn compared(texts: &Texts) -> Comparison {
    compare(shop(), db(), texts, Languages::BOTH)
}

fn sdk(comparison: &Comparison, id: &str) -> (Answer, Vec<String>) {
    let found = comparison.sdks.iter().find(|sdk| sdk.id == id);
    let found = found.unwrap_or_else(|| panic!("{id}: {:?}", comparison.sdks));
    (
        found.answer,
        found
            .quotes
            .iter()
            .map(|quote| quote.text.clone())
            .collect(),
    )
}

fn answer(texts: &Texts, id: &str) -> Answer {
    sdk(&compared(texts), id).0
}

fn kind(texts: &Texts, id: &str) -> Answer {
    let comparison = compared(texts);
    let found = comparison.information.iter().find(|kind| kind.id == id);
    found
        .unwrap_or_else(|| panic!("{id}: {:?}", comparison.information))
        .answer
}

const UMENG: &str = "umeng/analytics";
const JPUSH: &str = "jiguang/jpush";

#[test]
fn an_exact_name_is_disclosed_and_its_sentence_quoted() {
    let comparison = compared(&with("第一句。我们接入友盟统计，用于分析使用情况。末句。"));
    assert_eq!(
        sdk(&comparison, UMENG),
        (
            Answer::Disclosed,
            vec!["我们接入友盟统计，用于分析使用情况".to_owned()]
        )
    );
    let quote = &comparison
        .sdks
        .iter()
        .find(|sdk| sdk.id == UMENG)
        .unwrap()
        .quotes[0];
    // The first line has 35 letters; two line ends, 第一句。, 我们接入, and the name.
    assert_eq!(
        (quote.line, quote.offset, quote.name.as_str()),
        (3, Some(35 + 2 + 4 + 4), "友盟统计")
    );
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::NotDisclosed);
    assert!(comparison.has_undisclosed());
}

#[test]
fn another_name_and_the_operator_alone_are_told_as_such() {
    assert_eq!(
        answer(&with("我们使用友盟+SDK。"), UMENG),
        Answer::DisclosedUnderAnotherName
    );
    let comparison = compared(&with("消息推送由深圳市和讯华谷信息技术有限公司提供。"));
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::DisclosedUnderAnotherName);
    let sdk = comparison.sdks.iter().find(|sdk| sdk.id == JPUSH).unwrap();
    assert_eq!(sdk.quotes[0].by, Some("company"));
    let english = with("Push messages are sent by Aurora Mobile, a third-party service provider.");
    assert_eq!(answer(&english, JPUSH), Answer::DisclosedUnderAnotherName);
}

#[test]
fn an_operator_that_is_named_for_another_of_its_sdks_says_nothing_of_this_one() {
    let text = "| SDK | 公司 |\n|---|---|\n| 极光统计 | 深圳市和讯华谷信息技术有限公司 |";
    assert_eq!(answer(&with(text), JPUSH), Answer::NotDisclosed);
}

#[test]
fn what_is_denied_is_not_disclosed() {
    let comparison = compared(&with("本应用未集成友盟统计。我们不会收集您的通讯录。"));
    assert_eq!(
        sdk(&comparison, UMENG),
        (
            Answer::MentionedNegated,
            vec!["本应用未集成友盟统计".to_owned()]
        )
    );
    assert!(comparison.has_undisclosed());
    assert_eq!(
        kind(&with("我们不会收集您的通讯录。"), "contacts.read"),
        Answer::MentionedNegated
    );
    assert_eq!(
        kind(&with("We do not collect your contacts."), "contacts.read"),
        Answer::MentionedNegated
    );
    // Elsewhere it is said after all.
    let both = with("我们不会收集您的通讯录。当您邀请好友时，我们会读取您的通讯录。");
    assert_eq!(kind(&both, "contacts.read"), Answer::Disclosed);
}

#[test]
fn information_is_found_by_its_words_where_it_is_handled() {
    assert_eq!(
        kind(&with("我们会获取您的联系人信息。"), "contacts.read"),
        Answer::Disclosed
    );
    assert_eq!(
        kind(&with("We collect your IMEI."), "device.imei"),
        Answer::Disclosed
    );
    assert_eq!(
        kind(&with("本产品界面美观。"), "contacts.read"),
        Answer::NotDisclosed
    );
}

#[test]
fn html_is_read_as_a_reader_sees_it() {
    let html = "<html><head><style>.友盟统计{}</style><script>var a='极光推送';</script></head><body>\
        <h1>隐私政策</h1><p>本政策适用于本应用的各项服务，请您仔细阅读。</p><!-- 极光推送 -->\
        <table><tr><th>SDK</th><th>公司</th></tr><tr><td><p>&#21451;盟&nbsp;统计</p></td><td>A&amp;B</td></tr></table>\
        <a title=\"极光推送 > x\">链接</a></body></html>";
    let comparison = compared(&policy(html));
    assert_eq!(
        sdk(&comparison, UMENG),
        (Answer::Disclosed, vec!["友盟 统计 | A&B".to_owned()])
    );
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::NotDisclosed);
    assert!(comparison.texts_complete);
}

#[test]
fn text_that_a_page_hides_is_told_apart() {
    let page = |text: &str| {
        policy(&format!(
            "<html><body><p>本政策适用于本应用的各项服务，请您在使用前仔细阅读。</p>{text}</body></html>"
        ))
    };
    for hidden in [
        "<div style='display: none'><div>a</div>我们接入友盟统计</div>",
        "<div hidden><p>我们接入友盟统计</p></div>",
        "<span style=\"VISIBILITY:hidden\">我们接入友盟统计</span>",
        "<table><tr style='display:none'><td>友盟统计</td><td>SDK</td></tr></table>",
    ] {
        let comparison = compared(&page(hidden));
        assert_eq!(sdk(&comparison, UMENG).0, Answer::OnlyHidden, "{hidden}");
        assert!(
            comparison.texts_complete && !comparison.is_complete(),
            "{hidden}"
        );
    }
    for shown in [
        "<div hidden>a</div><p>我们接入友盟统计</p>",
        "<p style='display:none'>a<p>我们接入友盟统计</p>",
        "<ul><li hidden>a<li>我们接入友盟统计</ul>",
        "<table><tr><td hidden>a<td>友盟统计SDK</table>",
        "<input hidden><p>我们接入友盟统计</p>",
        "<div style='display:none'>友盟统计</div><div>我们接入友盟统计</div>",
    ] {
        assert_eq!(answer(&page(shown), UMENG), Answer::Disclosed, "{shown}");
    }
    // What does not end may not be hidden.
    let comparison = compared(&page("<div hidden>我们不接入其他"));
    assert_eq!(sdk(&comparison, UMENG).0, Answer::NotAssessable);
    let xml = "<w:document><w:body><w:p><w:r><w:t>本政策适用于本应用的各项服务，请您仔细阅读。</w:t></w:r></w:p><w:p><w:r>\
        <w:rPr><w:vanish/></w:rPr><w:t>我们接入友盟统计</w:t></w:r><w:r><w:t>我们接入极光推送</w:t></w:r></w:p></w:body></w:document>";
    let comparison = compared(&read(&crate::common::zip(&[(
        "word/document.xml",
        xml.as_bytes(),
    )])));
    assert_eq!(sdk(&comparison, UMENG).0, Answer::OnlyHidden);
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::Disclosed);
}

#[test]
fn markdown_with_html_in_it_keeps_its_lines_and_its_tables() {
    let text = "# 隐私政策\n\n本政策适用于本应用。<br />\n\n我们不会收集您的短信\n\n友盟统计\n\n公司：某某 a < b\n\n\
        <table>\n<tr>\n<td>极光\n推送</td>\n<td>深圳市和讯华谷信息技术有限公司</td>\n</tr>\n</table>\n\n链接 <https://a.example> &amp; 完\n";
    let comparison = compared(&policy(text));
    assert_eq!(
        sdk(&comparison, UMENG),
        (Answer::Disclosed, vec!["友盟统计".to_owned()])
    );
    assert_eq!(
        sdk(&comparison, JPUSH),
        (
            Answer::Disclosed,
            vec!["极光 推送 | 深圳市和讯华谷信息技术有限公司".to_owned()]
        )
    );
    assert!(comparison.texts_complete, "{:?}", comparison.texts);
    let quote = comparison.sdks.iter().find(|sdk| sdk.id == UMENG).unwrap();
    assert_eq!(quote.quotes[0].line, 7);
}

#[test]
fn a_definition_discloses_nothing() {
    let defined = "个人信息是指以电子或者其他方式记录的各种信息，包括姓名、通讯录、位置信息。";
    assert_eq!(kind(&with(defined), "contacts.read"), Answer::OnlyDefined);
    let both = with(&format!("{defined}当您邀请好友时，我们会读取您的通讯录。"));
    assert_eq!(kind(&both, "contacts.read"), Answer::Disclosed);
    assert!(compared(&with(defined)).has_undisclosed());
}

#[test]
fn a_list_that_is_no_table_names_sdks_and_says_nothing_of_information() {
    let text = "## 第三方列表\n\n**友盟统计**\n\n运营方：友盟同欣（北京）科技有限公司\n\n收集：IMEI\n\n**高德地图**\n\n运营方：某某公司\n";
    let texts = Texts {
        plain_lists: vec![Document::read("list.md", text.as_bytes(), MOST).unwrap()],
        ..Texts::default()
    };
    let comparison = compared(&texts);
    assert_eq!(comparison.information, []);
    assert_eq!(comparison.texts[0].kind, "list");
    assert_eq!(sdk(&comparison, UMENG).0, Answer::Disclosed);
    let absent: Vec<&str> = comparison.absent.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(absent, ["高德地图"]);
    // In a policy the same heading may be anything.
    assert_eq!(compared(&policy(text)).absent, []);
}

#[test]
fn a_name_with_sdk_behind_it_is_the_name_and_a_sentence_is_quoted_once() {
    let comparison = compared(&with("我们接入极光推送SDK，极光推送SDK由极光推送提供。"));
    let (answer, quotes) = sdk(&comparison, JPUSH);
    assert_eq!((answer, quotes.len()), (Answer::Disclosed, 1));
}

#[test]
fn everyday_words_and_services_name_no_sdk() {
    let absent = |text: &str| {
        let comparison = compared(&with(text));
        let names = comparison.absent.iter().map(|a| a.name.clone());
        names.collect::<Vec<String>>()
    };
    for text in [
        "Our partners record your voice when you play games, and vendors review it in a library.",
        "您可以通过第三方平台微信、支付宝登录。",
        "我们的SDK会使用VPN或者Bluetooth连接。",
        "第三方SDK隐私政策：https://www.chuanglan.com/privacy",
    ] {
        assert_eq!(absent(text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(absent("我们接入了第三方插件微信SDK。"), ["微信"]);
}

/// Every app that is on the network has an address; no policy has to name `INTERNET`.
#[test]
fn a_permission_that_every_app_requests_is_no_lead_by_itself() {
    let mut report = shop().clone();
    report.sdks.clear();
    report.findings.clear();
    report.accesses.clear();
    report
        .permissions
        .retain(|p| p.name == "android.permission.INTERNET");
    assert_eq!(report.permissions.len(), 1);
    let texts = with("本应用提供购物服务。");
    let comparison = compare(&report, db(), &texts, Languages::BOTH);
    let ip = &comparison.information[0];
    assert_eq!(
        (ip.id.as_str(), ip.shown_by, ip.answer),
        ("network.ip", "common_permission", Answer::NotDisclosed)
    );
    assert!(!comparison.has_undisclosed() && comparison.is_complete());
}

#[test]
fn gb18030_utf16_and_a_broken_letter_are_read() {
    let text = "本政策适用于本应用的各项服务，请您仔细阅读全部内容。我们接入友盟统计。";
    // 友盟 in GB18030 is D3 D1 C3 CB (GB 18030-2022, two-byte part).
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    assert!(bytes.windows(4).any(|w| w == [0xd3, 0xd1, 0xc3, 0xcb]));
    assert_eq!(answer(&read(&bytes), UMENG), Answer::Disclosed);
    let mut wide = vec![0xff, 0xfe];
    wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(answer(&read(&wide), UMENG), Answer::Disclosed);
    let mut broken = text.repeat(3).into_bytes();
    broken.push(0xe5);
    let comparison = compared(&read(&broken));
    assert_eq!(sdk(&comparison, UMENG).0, Answer::Disclosed);
    assert_eq!(
        sdk(&comparison, JPUSH).0,
        Answer::NotAssessable,
        "what was not read may name it"
    );
}

#[test]
fn a_text_without_text_shows_nothing() {
    for text in [
        "",
        "<html><body><div id=app></div><script>load()</script></body></html>",
    ] {
        let comparison = compared(&policy(text));
        assert!(!comparison.texts_complete && !comparison.has_undisclosed());
        assert_eq!(sdk(&comparison, UMENG).0, Answer::NotAssessable);
        assert!(
            comparison
                .information
                .iter()
                .all(|kind| kind.answer == Answer::NotAssessable)
        );
    }
}

#[test]
fn a_list_alone_is_compared_row_by_row() {
    let text = "第三方SDK目录,,\nSDK名称,第三方名称,使用目的\n友盟统计SDK,友盟,统计\n高德地图,北京高德图强科技有限公司,地图\n某某自研组件,某某公司,无\n";
    let comparison = compared(&list(text));
    assert_eq!(sdk(&comparison, UMENG).0, Answer::Disclosed);
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::NotDisclosed);
    assert_eq!(comparison.information, [], "no policy was given");
    let absent: Vec<_> = comparison
        .absent
        .iter()
        .map(|a| (a.name.as_str(), a.answer, a.quotes[0].line))
        .collect();
    assert_eq!(absent, [("高德地图", Answer::DisclosedButAbsent, 4)]);
    let rest: Vec<_> = comparison
        .unrecognised
        .iter()
        .map(|row| (row.name.as_str(), row.line))
        .collect();
    assert_eq!(rest, [("某某自研组件", 5)]);
    let english = "SDK name;Vendor\nJPush;Aurora Mobile\n";
    assert_eq!(answer(&list(english), JPUSH), Answer::Disclosed);
    assert!(
        List::read("x.csv", b"a,b\n1,2\n", MOST).is_err(),
        "no header"
    );
}

#[test]
fn nothing_is_called_absent_from_a_package_that_was_not_read() {
    let texts = list("SDK名称\n高德地图\n");
    let comparison = compare(&packed(), db(), &texts, Languages::BOTH);
    assert_eq!(comparison.absent.len(), 1);
    assert_eq!(comparison.absent[0].answer, Answer::NotAssessable);
    assert!(!comparison.is_complete());
}

#[test]
fn hostile_pages_are_bounded() {
    let began = Instant::now();
    let deep = format!(
        "{}我们接入友盟统计，用于分析您使用本应用各项功能的情况{}",
        "<div>".repeat(1 << 20),
        "</div>".repeat(1 << 20)
    );
    let wide = format!("<html><p>{}友盟统计", "啊&#21451;".repeat(400_000));
    let names = format!("<html><p>{}", "友盟统计、".repeat(300_000));
    let text = "我们接入友盟统计，用于分析您使用本应用各项功能的情况";
    let blank = format!("{text}\n{}", "\u{a0}\n".repeat(2 << 20));
    let less = format!("{text}<br>{}", "<a <p".repeat(2 << 20));
    let comment = format!("<html><p>友盟统计<!--{}", "<p>".repeat(2 << 20));
    let tags = format!("<html>友盟统计{}", "<a b='".repeat(1 << 20));
    let nul = format!(
        "<html><p>友盟\0统计</p>{}<script>{}",
        "\0".repeat(1 << 20),
        "</".repeat(1 << 20)
    );
    for (text, whole) in [
        (deep, true),
        (wide, true),
        (names, false),
        (blank, true),
        (less, true),
        (comment, false),
        (tags, false),
        (nul, false),
    ] {
        let comparison = compared(&policy(&text));
        assert_eq!(comparison.texts_complete, whole, "{:?}", comparison.texts);
        assert_eq!(sdk(&comparison, UMENG).0, Answer::Disclosed);
        let quotes = comparison.sdks.iter().flat_map(|sdk| &sdk.quotes);
        assert!(
            quotes
                .map(|quote| quote.text.chars().count())
                .max()
                .unwrap()
                < 400
        );
    }
    assert!(Document::read("x", &vec![b'a'; 17 << 20], MOST).is_err());
    assert!(Document::read("x", b"%PDF-1.7", MOST).is_err());
    assert!(Document::read("x", b"PK\x03\x04rest", MOST).is_err());
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

#[test]
fn a_word_document_is_read_without_what_was_deleted() {
    let xml = "<w:document><w:body><w:p><w:r><w:t>本政策适用于本应用的各项服务，请您仔细阅读。</w:t></w:r></w:p>\
        <w:p><w:r><w:t>我们接入友盟</w:t></w:r><w:r><w:t xml:space=\"preserve\">统计。</w:t></w:r>\
        <w:del><w:r><w:delText>极光推送</w:delText></w:r></w:del></w:p></w:body></w:document>";
    let docx = crate::common::zip(&[("word/document.xml", xml.as_bytes())]);
    let comparison = compared(&read(&docx));
    assert_eq!(sdk(&comparison, UMENG).0, Answer::Disclosed);
    assert_eq!(sdk(&comparison, JPUSH).0, Answer::NotDisclosed);
}

#[test]
fn the_command_tells_by_its_exit_code() {
    let scratch = Scratch::new("disclose");
    let app = scratch.write("shop.apk", &apk("shop-excess"));
    let text = scratch.write(
        "policy.md",
        "我们收集您的通讯录。本政策适用于本应用的各项服务。".as_bytes(),
    );
    let ran = run(&["disclose", &app, "--policy", &text, "--lang", "zh"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.contains("未在所提供的文本中检索到") && !ran.stdout.contains("未告知\n"));
    // The report in place of the app gives the same.
    let report = scratch.path("report.json");
    run(&[
        "audit", &app, "--format", "json", "--lang", "zh", "-o", &report,
    ]);
    assert_eq!(
        run(&["disclose", &report, "--policy", &text, "--lang", "zh"]).stdout,
        ran.stdout
    );
    let json = run(&["disclose", &app, "--policy", &text, "--format", "json"]).json();
    assert_eq!(json["schema"], "permscope-disclosure/1");
    // Without a text there is nothing to compare.
    assert_eq!(run(&["disclose", &app]).code, Some(2));
    assert_eq!(
        run(&["disclose", &app, "--policy", &scratch.path("none")]).code,
        Some(2)
    );
    let empty = scratch.write("empty.html", b"<html></html>");
    assert_eq!(run(&["disclose", &app, "--policy", &empty]).code, Some(3));
    let clean = repo_sample();
    assert_eq!(run(&["disclose", &clean, "--policy", &text]).code, Some(0));
}

/// An app that reaches no information.
fn repo_sample() -> String {
    crate::common::repo("samples/apps/hello/hello-v1.apk")
        .to_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_sheet_that_was_just_written_has_no_difference() {
    let scratch = Scratch::new("sheet");
    let app = scratch.write("shop.apk", &apk("shop-excess"));
    for lang in ["zh", "en"] {
        let out = scratch.path(lang);
        let ran = run(&["sheet", &app, "--out", &out, "--lang", lang]);
        assert_eq!(
            (ran.code, ran.stdout.lines().count()),
            (Some(0), 6),
            "{}",
            ran.stderr
        );
        assert_eq!(
            run(&["sheet", &app, "--out", &out]).code,
            Some(2),
            "it replaces nothing"
        );
        for name in [
            "personal-information.csv",
            "third-party-sdks.csv",
            "play-data-safety.csv",
        ] {
            let sheet = format!("{out}/{name}");
            let ran = run(&["sheet", &app, "--check", &sheet, "--format", "json"]);
            assert_eq!(
                (ran.code, &ran.json()["differences"]),
                (Some(0), &Value::Array(vec![])),
                "{name}"
            );
        }
    }
}

#[test]
fn a_row_that_is_missing_or_too_many_is_told() {
    let scratch = Scratch::new("sheet-rows");
    let app = scratch.write("shop.apk", &apk("shop-excess"));
    let out = scratch.path("out");
    run(&["sheet", &app, "--out", &out, "--lang", "zh"]);
    let text = std::fs::read_to_string(format!("{out}/third-party-sdks.csv")).unwrap();
    assert!(text.starts_with('\u{feff}') && text.contains("\r\n") && text.contains("待填写"));
    let without: String = text
        .split_inclusive("\r\n")
        .filter(|row| !row.starts_with("jiguang/jpush,"))
        .collect();
    let changed = scratch.write(
        "changed.csv",
        format!("{without},高德地图\r\n,某某组件\r\n").as_bytes(),
    );
    let ran = run(&["sheet", &app, "--check", &changed, "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    let json = ran.json();
    let found: Vec<(&str, &str)> = json["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["id"].as_str().unwrap(), d["answer"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("jiguang/jpush", "not_disclosed"),
            ("amap/map", "disclosed_but_absent"),
            ("", "not_assessable")
        ]
    );
    // Names of kinds that are everyday words elsewhere.
    let named = scratch.write("named.csv", "个人信息\n视频\ne-mail\n".as_bytes());
    let ran = run(&["sheet", &app, "--check", &named, "--format", "json"]);
    let found = ran.json()["differences"].as_array().unwrap().clone();
    let stated = found
        .iter()
        .filter(|d| d["answer"] == "disclosed_but_absent");
    let ids: Vec<&str> = stated.map(|d| d["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["mail.read", "media.video"]);
    // Play: an answer taken away, and one that the app does not show.
    let form = std::fs::read_to_string(format!("{out}/play-data-safety.csv")).unwrap();
    assert!(form.starts_with(
        "Question ID (machine readable),Response ID (machine readable),Response value,"
    ));
    assert!(
        form.contains("PSL_DATA_TYPES_IDENTIFIERS,PSL_DEVICE_ID,TRUE,") && !form.contains("FALSE"),
        "{form}"
    );
    // A permission alone is no answer.
    assert!(
        form.contains("PSL_DATA_TYPES_CONTACTS,PSL_CONTACTS,,"),
        "{form}"
    );
    let more = form.replace("PSL_CREDIT_SCORE,,", "PSL_CREDIT_SCORE,TRUE,");
    let more = scratch.write("play.csv", more.as_bytes());
    let ran = run(&["sheet", &app, "--check", &more, "--lang", "en"]);
    assert!(
        ran.code == Some(1) && ran.stdout.contains("PSL_CREDIT_SCORE line "),
        "{}",
        ran.stdout
    );
}
