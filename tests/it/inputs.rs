//! Inputs of a run, made by hand: one of every kind, and what apps may call themselves.

use permscope::audit::{Edition, Verdict};
use permscope::detect::{Grade, Stage, Use};
use permscope::engine::batch::outcome::{AppName, Listed, Outcome, Status};
use permscope::report::rows::{FindingRow, Named, PermissionRow, Rows, SdkRow};
use permscope::report::words::Prose;
use permscope::signatures::schema::{RuleConfidence, Severity, Tier};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// An input, made by hand.
pub(crate) type Input = (Outcome, Option<Rows>);

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

pub(crate) fn prose(zh: &str, en: &str) -> Prose {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Prose {
        zh: some(zh),
        en: some(en),
    }
}

pub(crate) fn outcome(input: &str, status: Status) -> Outcome {
    Outcome {
        input: input.into(),
        status,
        size: 0,
        sha256: String::new(),
        reasons: Vec::new(),
        killer: None,
        same_as: None,
        app: None,
        listed: None,
        catalogue_trouble: None,
        functions: Vec::new(),
        edition: Edition::default(),
        findings: BTreeMap::new(),
        rules: Vec::new(),
        report: None,
        report_sha256: None,
        facts: None,
    }
}

pub(crate) fn permission(name: &str, title: Prose, group: &str) -> PermissionRow {
    PermissionRow {
        name: name.into(),
        title,
        origin: "requested".into(),
        group: group.into(),
        protection: "dangerous".into(),
        tier: Tier::NotNeeded,
        verdict: Verdict::BeyondFunction,
        usage: Use::UsedBySdk,
        owners: strings(&["umeng/analytics"]),
        only_through: "umeng/analytics".into(),
    }
}

pub(crate) fn finding(rule: &str, severity: Severity, title: &str, subject: &str) -> FindingRow {
    FindingRow {
        id: format!("F-{rule}-{subject}"),
        rule: rule.into(),
        severity,
        confidence: RuleConfidence::Firm,
        title: prose(title, "title"),
        message: prose("发现", "found"),
        subject: subject.into(),
        clauses: strings(&["CN-PIPL-6", "CN-NEC14-4"]),
        evidence: 2,
    }
}

/// One input of every kind, and what apps may call themselves.
pub(crate) fn inputs() -> Vec<Input> {
    let whole = Outcome {
        size: 4_294_967_296,
        sha256: "ab".repeat(32),
        app: Some(AppName {
            package: "com.example.shop".into(),
            label: "商城".into(),
            version: "1.10".into(),
            version_code: Some(110),
        }),
        listed: Some(Listed {
            line: 2,
            name: "示例商城".into(),
            developer: "示例（北京）科技有限公司".into(),
            store: "某应用商店".into(),
            version: "1.10.0".into(),
        }),
        functions: strings(&["online-shopping"]),
        findings: [("high", 1), ("low", 1), ("info", 1)]
            .map(|(word, count)| (word.to_owned(), count))
            .into(),
        rules: strings(&["exact-alarm", "idle-sdk", "not-needed-permission"]),
        report: Some("reports/ab.json".into()),
        report_sha256: Some("cd".repeat(32)),
        facts: Some("facts/ab.json".into()),
        ..outcome("shop.apk", Status::Audited)
    };
    let rows = Rows {
        min_sdk: 21,
        target_sdk: 34,
        complete: true,
        obstacles: Vec::new(),
        functions: vec![Named {
            id: "online-shopping".into(),
            name: prose("网上购物", "online shopping"),
        }],
        permissions: vec![
            permission(
                "android.permission.CAMERA",
                prose("相机", "camera"),
                "android.permission-group.CAMERA",
            ),
            PermissionRow {
                origin: "implied".into(),
                protection: String::new(),
                tier: Tier::NotJudged,
                verdict: Verdict::NotJudged,
                usage: Use::NotAssessable,
                owners: Vec::new(),
                only_through: String::new(),
                ..permission("com.example.OWN", Prose::default(), "")
            },
        ],
        sdks: vec![SdkRow {
            id: "umeng/analytics".into(),
            name: prose("友盟统计", "Umeng Analytics"),
            vendor: prose("友盟", ""),
            country: "CN".into(),
            purpose: vec![prose("统计", "analytics"), prose("推送", "")],
            grade: Grade::Strong,
            stage: Some(Stage::AutoStarted),
        }],
        findings: vec![
            finding(
                "not-needed-permission",
                Severity::High,
                "申请与所声明功能无关的权限",
                "android.permission.CAMERA",
            ),
            finding(
                "idle-sdk",
                Severity::Low,
                "未使用的SDK可自行启动",
                "umeng/analytics",
            ),
            FindingRow {
                clauses: Vec::new(),
                ..finding("exact-alarm", Severity::Info, "可设置精确闹钟", "")
            },
        ],
    };
    let partial = Outcome {
        size: 10,
        sha256: "ef".repeat(32),
        reasons: strings(&["classes.dex: cut off", "native code"]),
        app: Some(AppName {
            package: "com.example.packed".into(),
            ..AppName::default()
        }),
        catalogue_trouble: Some("not in the catalogue".into()),
        edition: Edition::Supply,
        ..outcome("packed.apk", Status::Incomplete)
    };
    let partial_rows = Rows {
        obstacles: strings(&["code partial", "packer"]),
        sdks: vec![SdkRow {
            id: "x/y".into(),
            name: Prose::default(),
            vendor: Prose::default(),
            country: String::new(),
            purpose: Vec::new(),
            grade: Grade::Referenced,
            stage: None,
        }],
        ..Rows::default()
    };
    let hostile = Outcome {
        size: u64::MAX,
        sha256: "12".repeat(32),
        app: Some(AppName {
            package: "a\"b,c\u{0}d\u{202e}e".into(),
            label: "长".repeat(1_000_000),
            version: "=1+1".into(),
            version_code: Some(u64::MAX),
        }),
        ..outcome("-\r\n\".apk", Status::Audited)
    };
    let hostile_rows = Rows {
        min_sdk: u32::MAX,
        complete: true,
        ..Rows::default()
    };
    let copy = Outcome {
        same_as: Some("shop.apk".into()),
        ..whole.clone()
    };
    let killed = Outcome {
        size: 7,
        killer: Some("signal 11".into()),
        ..outcome("crash.apk", Status::Crashed)
    };
    vec![
        (whole, Some(rows.clone())),
        (partial, Some(partial_rows)),
        (outcome("page.apk", Status::Unreadable), None),
        (killed, None),
        (outcome("slow.apk", Status::Timeout), None),
        (outcome("big.apk", Status::OverBudget), None),
        (outcome("empty.apk", Status::Empty), None),
        (outcome("gone.apk", Status::Missing), None),
        (hostile, Some(hostile_rows)),
        (copy, Some(rows)),
    ]
}

/// An empty folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
