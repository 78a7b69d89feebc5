//! The summary of a run, against cells written by hand.

use super::inputs::{Input, finding, folder, inputs, outcome, permission, prose};
use permscope::engine::batch::outcome::{Row, Status};
use permscope::engine::batch::summary::Summary;
use permscope::report::rows::{Named, Rows, SdkRow};
use permscope::signatures::schema::Severity;
use std::fs;

fn summary(name: &str, inputs: &[Input]) -> String {
    let folder = folder(name);
    let mut summary = Summary::create(&folder).unwrap();
    for (number, (outcome, rows)) in (0..).zip(inputs) {
        let rows = rows.as_ref();
        summary
            .add(&Row {
                number,
                outcome,
                rows,
            })
            .unwrap();
    }
    assert!(!folder.join("summary.csv").exists());
    summary.finish().unwrap();
    assert!(!folder.join("summary.csv.tmp").exists());
    String::from_utf8(fs::read(folder.join("summary.csv")).unwrap()).unwrap()
}

#[test]
fn every_input_is_a_line_and_says_what_became_of_it() {
    let text = summary("summary-all", &inputs());
    let shop = "示例商城,示例（北京）科技有限公司,某应用商店,1.10.0,\
        问题线索（待核实）：申请与所声明功能无关的权限（相机）；未使用的SDK可自行启动（友盟统计）\r\n";
    // The label is longer than a cell may be. Leading marks of formulas have an apostrophe, control characters are replaced.
    let long = format!(
        "{}……（内容过长，已截断）,,,'=1+1,未发现问题线索。未指定应用的功能类型，权限是否必要未作判断\r\n",
        "长".repeat(32_000)
    );
    let expected = [
        "\u{feff}应用名称,开发者,来源,版本,所涉问题\r\n",
        shop,
        "packed.apk,,,,检测不完整，不能得出未发现问题的结论。未指定应用的功能类型，权限是否必要未作判断\r\n",
        "page.apk,,,,文件无法读取或者不是安装包，未作判断\r\n",
        "crash.apk,,,,检测程序异常退出，未作判断\r\n",
        "slow.apk,,,,检测超时，未作判断\r\n",
        "big.apk,,,,超出单个应用的处理上限，未作判断\r\n",
        "empty.apk,,,,文件为空，未作判断\r\n",
        "gone.apk,,,,未找到文件，未作判断\r\n",
        &long,
        shop,
    ];
    assert_eq!(text, expected.concat());
}

#[test]
fn names_that_spreadsheets_would_run_are_texts() {
    let hostile = outcome("=HYPERLINK(\"http://x\")\r\nb,\u{202e}c", Status::Missing);
    assert_eq!(
        summary("summary-formula", &[(hostile, None)])
            .lines()
            .nth(1)
            .unwrap(),
        "\"'=HYPERLINK(\"\"http://x\"\")\u{fffd}\u{fffd}b,\u{fffd}c\",,,,未找到文件，未作判断"
    );
}

/// The last cell of an app that was judged.
fn problems(name: &str, status: Status, rows: Rows) -> String {
    let text = summary(name, &[(outcome("a.apk", status), Some(rows))]);
    let line = text.lines().nth(1).unwrap();
    line.strip_prefix("a.apk,,,,").unwrap().to_owned()
}

fn declared() -> Rows {
    Rows {
        complete: true,
        functions: vec![Named {
            id: "online-shopping".into(),
            name: prose("网上购物", ""),
        }],
        ..Rows::default()
    }
}

#[test]
fn nothing_found_is_said_only_of_an_app_that_was_read_completely() {
    assert_eq!(
        problems("summary-clean", Status::Audited, declared()),
        "未发现问题线索"
    );
    let incomplete = "检测不完整，不能得出未发现问题的结论";
    assert_eq!(
        problems("summary-part", Status::Incomplete, declared()),
        incomplete
    );
    let partial = Rows {
        complete: false,
        ..declared()
    };
    assert_eq!(
        problems("summary-hidden", Status::Audited, partial.clone()),
        incomplete
    );
    let found = Rows {
        findings: vec![finding(
            "cleartext-traffic",
            Severity::Medium,
            "允许明文传输",
            "application",
        )],
        ..partial
    };
    assert_eq!(
        problems("summary-both", Status::Incomplete, found),
        "问题线索（待核实）：允许明文传输。检测不完整，可能另有问题"
    );
    let (audited, none) = (outcome("a.apk", Status::Audited), None);
    assert!(
        summary("summary-lost", &[(audited, none)])
            .ends_with("a.apk,,,,检测结果缺失，未作判断\r\n")
    );
}

#[test]
fn a_title_stands_once_most_severe_first_with_what_it_is_about() {
    let group = "android.permission-group.CONTACTS";
    let listener = "声明通知读取服务";
    let mut findings = vec![
        finding(
            "group-excess",
            Severity::Low,
            "同一权限组声明了多项权限",
            group,
        ),
        finding(
            "unused-permission",
            Severity::Low,
            "声明的权限未发现使用",
            "com.x.PRIVATE",
        ),
        finding("exact-alarm", Severity::Info, "可设置精确闹钟", "p.X"),
        finding(
            "undisclosed-use",
            Severity::Medium,
            "SDK使用其公开文件未提及的权限",
            "v/push p.READ",
        ),
        finding(
            "not-needed-permission",
            Severity::Medium,
            "申请与所声明功能无关的权限",
            "p.WRITE",
        ),
        finding(
            "all-files-access",
            Severity::High,
            "可管理全部文件",
            "p.READ",
        ),
        finding(
            "not-needed-permission",
            Severity::High,
            "申请与所声明功能无关的权限",
            "p.READ",
        ),
        finding(
            "notification-listener",
            Severity::High,
            listener,
            "com.x.）；未发现",
        ),
    ];
    findings.extend((0..12).map(|n| {
        let subject = format!("com.x.Boot{n}");
        finding(
            "autostart-receiver",
            Severity::Low,
            "可随系统事件自启动",
            &subject,
        )
    }));
    findings.push(finding(
        "device-admin",
        Severity::Low,
        "声明设备管理器",
        &"x".repeat(1_000),
    ));
    let rows = Rows {
        permissions: vec![
            permission("p.READ", prose("读取联系人", ""), group),
            permission("p.WRITE", prose("修改联系人", ""), group),
        ],
        sdks: vec![SdkRow {
            id: "v/push".into(),
            name: prose("推送", ""),
            ..inputs().remove(0).1.unwrap().sdks.remove(0)
        }],
        findings,
        ..declared()
    };
    let boots: Vec<String> = (0..10).map(|n| format!("com.x.Boot{n}")).collect();
    let expected = [
        "问题线索（待核实）：可管理全部文件".into(),
        "申请与所声明功能无关的权限（读取联系人、修改联系人）".into(),
        // What an app calls a class cannot end the phrase and begin another.
        format!("{listener}（com.x.\u{fffd}\u{fffd}未发现）"),
        "SDK使用其公开文件未提及的权限（推送：读取联系人）".into(),
        "同一权限组声明了多项权限（读取联系人／修改联系人）".into(),
        "声明的权限未发现使用（com.x.PRIVATE）".into(),
        format!("可随系统事件自启动（{}等12项）", boots.join("、")),
        format!("声明设备管理器（{}…）", "x".repeat(100)),
    ];
    assert_eq!(
        problems("summary-leads", Status::Audited, rows),
        expected.join("；")
    );
}
