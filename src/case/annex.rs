//! The annex in Chinese: what an officer puts behind a notice.

use super::evidence;
use super::page::Block;
use super::record::{Record, Role};
use crate::facts::State;
use crate::report::lines::{evidence_line, unpacked_line};
use crate::report::v1::{ClauseRef, Finding, Report};
use crate::report::words::{Language, enum_key, label, word};
use crate::signatures::schema::Confidence;

const ZH: Language = Language::Zh;
/// Places shown in the annex; the evidence file of the finding has all.
const PLACES: usize = 3;
/// Incidents shown in the annex; the report has all.
const INCIDENTS: usize = 30;

/// The annex as blocks.
pub(super) fn blocks(report: &Report, record: &Record) -> Vec<Block> {
    let mut out = vec![Block::Title(
        "移动互联网应用程序（App）个人信息保护静态检测技术附件".into(),
    )];
    basics(&mut out, report, record);
    notice(&mut out, report, record);
    leads(&mut out, report);
    uncovered(&mut out, report);
    remarks(&mut out, record);
    out
}

fn name(report: &Report) -> String {
    let name = label(&report.subject.label);
    name.unwrap_or(&report.subject.package).to_owned()
}

fn version(report: &Report) -> String {
    let code = report
        .subject
        .version_code
        .map(|code| format!("（{code}）"));
    let name = report.subject.version_name.as_deref().unwrap_or("未标明");
    format!("{name}{}", code.unwrap_or_default())
}

/// Who runs the app, as the source names it; a certificate says only what its maker wrote into it.
fn developer(report: &Report, record: &Record) -> String {
    if let Some(name) = &record.details.developer {
        return name.clone();
    }
    let certificates = report.subject.signers.iter().flat_map(|s| &s.certificates);
    let subject = certificates.filter_map(|c| c.subject.as_deref()).next();
    match subject {
        Some(subject) => format!("未填写（签名证书自述：{subject}）"),
        None => "未填写".into(),
    }
}

fn basics(out: &mut Vec<Block>, report: &Report, record: &Record) {
    let details = &record.details;
    let functions: Vec<String> = report
        .function
        .declared
        .iter()
        .map(|f| format!("{}：{}", f.name.get(ZH), f.basic_function.get(ZH)))
        .collect();
    let functions = if functions.is_empty() {
        "未声明，不作“超范围”判断".into()
    } else {
        functions.join("\n")
    };
    let rows = [
        ("案件编号", details.case_ref.clone()),
        ("操作人员", details.operator.clone()),
        ("应用名称", name(report)),
        ("包名", report.subject.package.clone()),
        ("版本", version(report)),
        ("开发者", developer(report, record)),
        ("来源", details.acquired_from.clone()),
        ("取得时间", details.acquired_at.clone()),
        ("所声明的功能", functions),
        (
            "服务对象",
            word(&enum_key(&report.function.edition), ZH).into(),
        ),
        (
            "检测工具",
            format!("{} {}", report.tool.name, report.tool.version),
        ),
        (
            "检测数据",
            format!("{}，SHA-256 {}", report.data.version, report.data.digest),
        ),
    ];
    out.push(Block::Heading("一、基本情况".into()));
    let rows = rows.map(|(key, value)| vec![key.to_owned(), value]);
    out.push(Block::Table("facts", vec![], rows.into()));
    let files = record.app.iter().map(|file| {
        let role = match file.role {
            Role::Input => "",
            Role::Signature => "（v4签名）",
            Role::Member => "（合集成员）",
        };
        vec![
            format!("{}{role}", file.of.name),
            file.of.size.to_string(),
            format!("SHA-256 {}\nSM3 {}", file.of.sha256, file.of.sm3),
        ]
    });
    let head = vec!["文件", "字节数", "杂凑值"];
    out.push(Block::Table("files", head, files.collect()));
}

/// The row that a notice publishes.
fn notice(out: &mut Vec<Block>, report: &Report, record: &Record) {
    out.push(Block::Heading("二、问题概览".into()));
    let mut problems: Vec<String> = Vec::new();
    for finding in &report.findings {
        let problem = finding.title.get(ZH).to_owned();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let numbered: Vec<String> = problems
        .iter()
        .zip(1usize..)
        .map(|(problem, number)| format!("{number}. {problem}"))
        .collect();
    let problems = if numbered.is_empty() {
        nothing(report).to_owned()
    } else {
        format!("涉嫌存在以下问题：\n{}", numbered.join("\n"))
    };
    let row = vec![
        name(report),
        developer(report, record),
        record.details.acquired_from.clone(),
        version(report),
        problems,
    ];
    let head = vec!["应用名称", "开发者", "来源", "版本", "所涉问题"];
    out.push(Block::Table("notice", head, vec![row]));
}

fn nothing(report: &Report) -> &'static str {
    if report.coverage.complete {
        "本次检测的规则未产生线索；这不表示应用合规。"
    } else {
        "本次检测的规则未产生线索，但部分内容未能读取（见第四部分）；这不表示应用合规。"
    }
}

fn leads(out: &mut Vec<Block>, report: &Report) {
    out.push(Block::Heading("三、涉嫌问题线索明细".into()));
    if report.findings.is_empty() {
        out.push(Block::Text(nothing(report).into()));
        return;
    }
    let rows = report
        .findings
        .iter()
        .zip(1usize..)
        .flat_map(|(finding, number)| {
            let clauses: Vec<String> = finding.clauses.iter().map(cite).collect();
            let lead = vec![number.to_string(), problem(finding), clauses.join("\n")];
            let remedy = finding.remedy.get(ZH);
            let more = format!("证据位置：{}\n处置建议：{remedy}", places(finding));
            [lead, vec![String::new(), more]]
        });
    let head = vec!["序号", "涉嫌问题", "依据条款"];
    out.push(Block::Table("leads", head, rows.collect()));
}

fn problem(finding: &Finding) -> String {
    format!(
        "涉嫌存在“{}”问题。{}\n级别：{}；把握程度：{}；线索编号：{}",
        finding.title.get(ZH),
        finding.message.get(ZH),
        word(&enum_key(&finding.severity), ZH),
        word(&enum_key(&finding.confidence), ZH),
        finding.id
    )
}

fn cite(clause: &ClauseRef) -> String {
    let mut text = format!("《{}》{}", clause.instrument.get(ZH), clause.number);
    if clause.wording == Confidence::Memory {
        text.push_str("（文字未核对）");
    }
    if !clause.basis {
        text.push_str("（仅供参考）");
    }
    text
}

fn places(finding: &Finding) -> String {
    let shown = finding.evidence.iter().take(PLACES).map(evidence_line);
    let mut lines: Vec<String> = shown.collect();
    if let more @ 1.. = finding.evidence.len().saturating_sub(PLACES) {
        lines.push(format!("另有{more}处"));
    }
    lines.push(format!("详见 {}", evidence::path(finding)));
    lines.join("\n")
}

fn uncovered(out: &mut Vec<Block>, report: &Report) {
    out.push(Block::NewPage);
    out.push(Block::Heading("四、本次检测未覆盖事项".into()));
    let coverage = &report.coverage;
    out.push(Block::Text(
        if coverage.complete {
            "安装包的各部分均已完整读取。下列事项不在静态检测范围内，或者须以其他方式核实。"
        } else {
            "安装包的部分内容未能读取或者未能判断，下列事项须以其他方式核实；未发现的问题不等于不存在。"
        }
        .into(),
    ));
    let mut items: Vec<String> = Vec::new();
    for channel in &coverage.channels {
        if matches!(channel.state, State::Complete | State::Absent) {
            continue;
        }
        let (name, state) = (enum_key(&channel.channel), enum_key(&channel.state));
        let head = format!("{}：{}", word(&name, ZH), word(&state, ZH));
        let reasons = channel.reasons.join("; ");
        let reasons = if reasons.is_empty() {
            reasons
        } else {
            format!("（{reasons}）")
        };
        items.push(format!("{head}{reasons}"));
    }
    for obstacle in &coverage.obstacles {
        let kind = word(&obstacle.kind, ZH);
        items.push(format!(
            "{kind}（{}）：{}",
            obstacle.name.get(ZH),
            obstacle.effect.get(ZH)
        ));
    }
    items.extend(coverage.unpacked.as_ref().map(|u| unpacked_line(u, ZH)));
    items.extend(coverage.gaps.iter().map(|gap| gap.text.get(ZH).to_owned()));
    let excluded = report.subject.excluded.iter();
    items.extend(excluded.map(|e| format!("未纳入检测的文件：{}（{}）", e.name, e.reason)));
    items.extend(coverage.not_examined.iter().map(|n| n.get(ZH).to_owned()));
    if !coverage.limits.is_empty() {
        let all = coverage.limits.iter();
        let all: Vec<String> = all.map(|(name, value)| format!("{name}={value}")).collect();
        items.push(format!("检测限值（非默认值）：{}", all.join("、")));
    }
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|item| seen.insert(item.clone()));
    out.push(Block::List(items));
    if !report.incidents.is_empty() {
        out.push(Block::Text("读取过程中的异常记录：".into()));
        let mut lines: Vec<String> = report
            .incidents
            .iter()
            .take(INCIDENTS)
            .map(|incident| format!("{}：{}", incident.file, incident.detail))
            .collect();
        if let more @ 1.. = report.incidents.len().saturating_sub(INCIDENTS) {
            lines.push(format!("另有{more}条，见 {}", super::REPORT));
        }
        out.push(Block::List(lines));
    }
}

fn remarks(out: &mut Vec<Block>, record: &Record) {
    out.push(Block::Heading("五、说明".into()));
    let certificate = if record.details.developer.is_none() {
        "开发者一栏未填写，签名证书中的主体由签名人自行填写，不能单独作为认定运营者的依据。"
    } else {
        "开发者一栏由操作人员依据来源填写，本工具未予核实。"
    };
    out.push(Block::List(vec![
        "本报告仅作线索，不是对违法违规行为的认定；告知同意、调用时机与频次等须以动态检测和现场核查确认。".into(),
        "案件编号、操作人员、来源、取得时间由操作人员填写，本工具不读取系统时间，也未予核实。".into(),
        certificate.into(),
        "各项证据均可在同一安装包中用其他工具复核：evidence 目录列明文件、条目及其杂凑值、类、方法、偏移和指令；杂凑值见 hashes.tsv。".into(),
        "本附件与案件目录内其他文件一并由 statement.json 列出杂凑值，可用 permscope verify 复核。".into(),
    ]));
    let cell = |text: &str| text.to_owned();
    out.push(Block::Table(
        "sign",
        vec![],
        vec![vec![
            cell("操作人员（签名）："),
            cell("复核人员（签名）："),
            cell("日期：　　　年　　月　　日"),
        ]],
    ));
}
