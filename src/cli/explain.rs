//! `permscope explain`: what a thing is, why it is so, what to do, and who says so.

use super::page::Page;
use crate::limits::Limits;
use crate::report::Language;
use crate::report::words::{enum_key, word};
use crate::signatures::SignatureDb;
use crate::signatures::schema::{
    Clause, ClauseText, Function, Identity, Instrument, Rule, Sdk, Str, Text, Tier,
};

/// The explanation of an id or name; `None` where the data does not know it.
pub(super) fn one(db: &SignatureDb, id: &str, language: Language) -> Option<String> {
    let mut page = Page {
        db,
        language,
        out: String::new(),
    };
    // A name may mean several things: `camera` is a permission and a kind of app.
    if let Some(function) = db.function(id) {
        page.function(function);
    }
    let named = |name: &Text| name.zh == id || name.en.eq_ignore_ascii_case(id);
    if let Some(rule) = db.data.rules.iter().find(|r| r.id == id || named(&r.title)) {
        page.next();
        page.rule(rule);
    }
    for sdk in db.data.sdks.iter().filter(|s| s.id == id || named(&s.name)) {
        page.next();
        page.sdk(sdk);
    }
    if let Some((instrument, clause)) = db.clause(id) {
        page.next();
        page.clause(instrument, clause);
    }
    if let Some(instrument) = db.instrument(id) {
        page.next();
        page.instrument(instrument);
    }
    for packer in db
        .data
        .packers
        .iter()
        .filter(|p| p.id == id || named(&p.name))
    {
        page.next();
        page.head(&packer.id, &packer.name);
        page.field("厂商", "vendor", &page.text(&packer.vendor));
        page.field("影响", "effect", &page.text(&packer.leaves));
        page.identity(&packer.identity);
        page.sources(&packer.source);
    }
    if let Some(kind) = db.information(id) {
        page.next();
        let name = Text {
            zh: kind.zh.clone(),
            en: kind.en.clone(),
        };
        page.head(id, &name);
        page.opened_by(id);
    }
    page.permission(id);
    (!page.out.is_empty()).then_some(page.out)
}

/// Everything that can be explained, a line each.
pub(super) fn list(db: &SignatureDb, language: Language) -> String {
    let mut page = Page {
        db,
        language,
        out: String::new(),
    };
    page.title("功能", "Functions");
    for f in &db.data.functions {
        page.item(&f.id, &f.name);
    }
    page.title("规则", "Rules");
    for r in &db.data.rules {
        page.item(&r.id, &r.title);
    }
    page.title("法规文件", "Instruments");
    for i in &db.data.law {
        page.item(&i.id, &i.title);
    }
    page.title("加固", "Packers");
    for p in &db.data.packers {
        page.item(&p.id, &p.name);
    }
    page.title("SDK", "SDKs");
    for s in &db.data.sdks {
        page.item(&s.id, &s.name);
    }
    page.title(
        "涉及个人信息的权限",
        "Permissions that open personal information",
    );
    for p in db.data.permissions.iter().flat_map(|f| &f.permission) {
        page.item(&p.name, &p.title);
    }
    page.out
}

/// The limits of the readers, as `--limit` sets them.
pub(super) fn limits(language: Language) -> String {
    let mut out = String::new();
    for limit in Limits::all() {
        let reason = match language {
            Language::Zh => limit.zh,
            Language::En => limit.en,
        };
        let name = limit.name.replace('_', "-");
        out.push_str(&format!("{name} = {}\n    {reason}\n", limit.default));
    }
    out
}

impl Page<'_> {
    fn function(&mut self, function: &Function) {
        self.head(&function.id, &function.name);
        self.field(
            "基本功能",
            "basic function",
            &self.text(&function.basic_function),
        );
        if let Some(clause) = &function.clause {
            self.cites(std::slice::from_ref(clause));
        }
        if function.needs_no_personal_info {
            self.line(&format!(
                "  {}",
                self.pick(
                    "无须个人信息，即可使用基本功能服务",
                    "no personal information is needed for the basic function"
                )
            ));
        }
        for info in &function.necessary_info {
            let text = Text {
                zh: info.zh.clone(),
                en: info.en.clone(),
            };
            self.field("必要个人信息", "necessary information", &self.text(&text));
        }
        let label = self.pick(
            "以下权限分级为本项目依据上述规定推导，规定本身只列明个人信息",
            "the tiers of permissions below are our own derivation: the instrument lists information",
        );
        self.line(&format!("  {label}"));
        for tier in [Tier::Necessary, Tier::OnUserAction] {
            if !function.permission.iter().any(|p| p.tier == tier) {
                continue;
            }
            let key = if tier == Tier::Necessary {
                "necessary"
            } else {
                "on-user-action"
            };
            self.line(&format!("  {}", word(key, self.language)));
            for permission in function.permission.iter().filter(|p| p.tier == tier) {
                let reasons: Vec<String> = permission
                    .reasons
                    .iter()
                    .filter_map(|id| self.db.reason(id))
                    .map(|r| {
                        self.text(&Text {
                            zh: r.zh.clone(),
                            en: r.en.clone(),
                        })
                    })
                    .collect();
                let condition = permission
                    .condition
                    .as_ref()
                    .map(|c| format!(" ({})", self.text(c)))
                    .unwrap_or_default();
                let line = format!(
                    "    {} — {}{condition}",
                    permission.name,
                    reasons.join(self.pick("；", "; "))
                );
                self.line(&line);
            }
        }
        self.line(&format!(
            "  {} ({})",
            word("not-needed", self.language),
            function.not_needed.len()
        ));
        for name in &function.not_needed {
            self.line(&format!("    {name}"));
        }
        for note in &function.notes {
            let note = self.text(note);
            self.field("注意", "note", &note);
        }
        self.sources(&function.source);
    }

    fn rule(&mut self, rule: &Rule) {
        self.head(&rule.id, &rule.title);
        self.field("说明", "what", &self.text(&rule.message));
        self.field("建议", "what to do", &self.text(&rule.remedy));
        let keys = [enum_key(&rule.severity), enum_key(&rule.confidence)];
        let line = keys
            .map(|key| word(&key, self.language).to_owned())
            .join(" · ");
        self.field("严重程度与确定程度", "severity and confidence", &line);
        self.field(
            "可能的误报",
            "may look like this and is none",
            &self.text(&rule.false_positives),
        );
        self.cites(&rule.clauses);
    }

    fn sdk(&mut self, sdk: &Sdk) {
        self.head(&sdk.id, &sdk.name);
        self.field(
            "运营者",
            "vendor",
            &format!("{} {}", self.text(&sdk.vendor), sdk.country),
        );
        let category = self.db.data.categories.category.get(&sdk.category);
        if let Some(purpose) = sdk.purpose.as_ref().or(category) {
            self.field("用途", "purpose", &self.text(purpose));
        }
        self.field("网站", "site", sdk.website.as_deref().unwrap_or_default());
        if let Some(collects) = &sdk.collects {
            let names: Vec<String> = collects
                .information
                .iter()
                .filter_map(|id| self.db.information(id))
                .map(|k| {
                    self.text(&Text {
                        zh: k.zh.clone(),
                        en: k.en.clone(),
                    })
                })
                .collect();
            let basis = if collects.basis == "disclosure" {
                self.pick("依据公开披露", "by disclosure")
            } else {
                self.pick(
                    "未经查证的一般了解，不得引用",
                    "general knowledge, not checked, not to be cited",
                )
            };
            let line = format!("{} ({basis})", names.join(self.pick("、", ", ")));
            self.field("收集的信息", "collects", &line);
        }
        let disclosed = sdk.disclosed_permissions.join(", ");
        self.field(
            "厂商文档列明的权限",
            "permissions in the vendor's documents",
            &disclosed,
        );
        if let Some(observed) = &sdk.observed {
            let (files, permissions) = (observed.files.join(", "), observed.permissions.join(", "));
            self.field("所查验的二进制文件", "binaries read", &files);
            self.field(
                "其清单文件带入的权限",
                "permissions that its manifest merges in",
                &permissions,
            );
        }
        self.starting(sdk);
        self.identity(&sdk.identity);
        self.sources(&sdk.source);
    }

    fn starting(&mut self, sdk: &Sdk) {
        self.field(
            "隐私政策",
            "privacy policy",
            sdk.privacy_policy.as_deref().unwrap_or_default(),
        );
        if let Some(start) = &sdk.start {
            for (zh, en, list) in [
                ("初始化入口", "started by", &start.init),
                (
                    "自启动的内容提供者",
                    "starts by itself through providers",
                    &start.providers,
                ),
                (
                    "自启动的 androidx.startup 初始化器",
                    "starts by itself through androidx.startup",
                    &start.initializers,
                ),
            ] {
                let list = list.join(", ");
                self.field(zh, en, &list);
            }
        }
        for control in &sdk.control {
            let way = control.method.as_ref().or(control.meta_data.as_ref());
            let line = format!(
                "{} — {}",
                self.text(&control.does),
                way.map_or("", Str::as_str)
            );
            self.field("可控项", "can be switched", &line);
        }
    }

    fn identity(&mut self, identity: &Identity) {
        for (zh, en, list) in [
            ("类包名", "packages", &identity.packages),
            ("类包名（弱）", "packages (weak)", &identity.weak_packages),
            ("组件", "components", &identity.components),
            ("原生库", "native libraries", &identity.native),
            (
                "原生库（弱）",
                "native libraries (weak)",
                &identity.weak_native,
            ),
            ("meta-data（弱）", "meta-data (weak)", &identity.meta_data),
            ("意图动作（弱）", "actions (weak)", &identity.actions),
            ("文件", "files", &identity.assets),
            ("域名（弱）", "hosts (weak)", &identity.hosts),
        ] {
            let list = list.join(", ");
            self.field(zh, en, &list);
        }
    }

    fn clause(&mut self, instrument: &Instrument, clause: &Clause) {
        let line = self.cite(&clause.id);
        self.line(&line);
        let kind = match clause.text_kind {
            ClauseText::Quote => ("原文", "text"),
            ClauseText::QuoteReflowed => ("原文（各项合并为一段）", "text (items joined)"),
            ClauseText::Summary => ("摘要（非原文）", "summary (not the wording)"),
            ClauseText::Title => ("标题", "title"),
            ClauseText::None => ("", ""),
        };
        if !clause.text.zh.is_empty() {
            let label = self.pick(kind.0, kind.1).to_owned();
            self.field(&label, &label, &clause.text.zh);
        }
        if self.language == Language::En {
            self.field("", "in English", &clause.text.en);
        }
        self.field("文字核对", "wording", self.checked(clause.confidence));
        let shown = match (clause.detectability.as_str(), self.language) {
            ("full", Language::Zh) => "APK 可直接显示",
            ("partial", Language::Zh) => "APK 可显示一部分（线索）",
            (_, Language::Zh) => "APK 不能显示",
            ("full", Language::En) => "an APK shows it",
            ("partial", Language::En) => "an APK shows a part of it (a lead)",
            (_, Language::En) => "an APK cannot show it",
        };
        self.field("静态可见性", "static analysis", shown);
        for (zh, en, text) in [
            ("方法", "how", &clause.how),
            ("不在方法之内", "outside the method", &clause.outside),
        ] {
            let text = text.as_ref().map(|t| self.text(t)).unwrap_or_default();
            self.field(zh, en, &text);
        }
        let signals = clause.signals.join(", ");
        let needs: Vec<&str> = clause
            .needs
            .iter()
            .map(|n| word(n, self.language))
            .collect();
        let needs = needs.join(self.pick("、", ", "));
        self.field("信号", "signals", &signals);
        self.field("还需要", "also needed", &needs);
        for rule in self
            .db
            .data
            .rules
            .iter()
            .filter(|r| r.clauses.contains(&clause.id))
        {
            let line = format!("{} ({})", self.text(&rule.title), rule.id);
            self.field("相关规则", "rule", &line);
        }
        self.status(instrument);
    }

    fn status(&mut self, instrument: &Instrument) {
        let line = format!(
            "{} · {}",
            self.text(&instrument.level),
            self.text(&instrument.status)
        );
        self.field("效力", "level and status", &line);
        let dates = [
            ("发布", "issued", &instrument.issued),
            ("施行", "in force from", &instrument.effective),
        ];
        for (zh, en, date) in dates {
            self.field(zh, en, date);
        }
        if !instrument.basis {
            let note = self
                .pick(
                    "不得作为执法依据引用，仅供参考",
                    "not to be cited as a basis; for reference only",
                )
                .to_owned();
            self.field("注意", "note", &note);
        }
        self.sources(&instrument.source);
    }

    fn instrument(&mut self, instrument: &Instrument) {
        self.head(&instrument.id, &instrument.title);
        self.field("文号", "number", &instrument.number);
        self.field("发布机关", "issuer", &instrument.issuer);
        self.status(instrument);
        for clause in &instrument.clause {
            let text: String = clause.text.zh.chars().take(60).collect();
            self.line(&format!("  {}  {}  {text}", clause.id, clause.number));
        }
    }

    /// A permission by full or short name, if the data knows it.
    fn permission(&mut self, id: &str) {
        let full = [
            id.to_owned(),
            format!("android.permission.{id}"),
            format!("com.google.android.gms.permission.{id}"),
            format!("com.android.permission.{id}"),
        ];
        let Some((name, view)) = full
            .iter()
            .find_map(|name| Some((name, self.db.permission(name)?)))
        else {
            return;
        };
        self.next();
        let own = Text {
            zh: name.clone().into(),
            en: name.clone().into(),
        };
        self.head(name, view.title().unwrap_or(&own));
        if let Some(entry) = view.catalogue {
            self.field("权限组", "group", view.group().unwrap_or_default());
            self.field(
                "各级别的保护等级",
                "protection by API level",
                &entry.protection.join("; "),
            );
            self.field("系统说明", "the platform's label", &self.text(&entry.label));
            self.field("备注", "note", entry.note.as_deref().unwrap_or_default());
        }
        if let Some(privacy) = view.privacy {
            let names: Vec<String> = privacy
                .information
                .iter()
                .filter_map(|id| self.db.information(id))
                .map(|k| {
                    self.text(&Text {
                        zh: k.zh.clone(),
                        en: k.en.clone(),
                    })
                })
                .collect();
            let information = names.join(self.pick("、", ", "));
            self.field("可接触的个人信息", "opens", &information);
            if let Some(alternative) = &privacy.alternative {
                let since = privacy
                    .alternative_since
                    .map(|s| format!(" (API {s}+)"))
                    .unwrap_or_default();
                let line = format!("{}{since}", self.text(alternative));
                self.field(
                    "无需权限的替代方式",
                    "a way that needs no permission",
                    &line,
                );
            }
            if let Some(why) = &privacy.no_alternative {
                let line = self.text(why);
                self.field("无替代方式的原因", "why there is no other way", &line);
            }
        }
        for tier in [Tier::Necessary, Tier::OnUserAction] {
            let functions: Vec<String> = self
                .db
                .data
                .functions
                .iter()
                .filter(|f| {
                    f.permission
                        .iter()
                        .any(|p| p.tier == tier && p.name == *name)
                })
                .map(|f| self.text(&f.name))
                .collect();
            let key = if tier == Tier::Necessary {
                "necessary"
            } else {
                "on-user-action"
            };
            let list = functions.join(self.pick("、", ", "));
            let label = word(key, self.language).to_owned();
            self.field(&label, &label, &list);
        }
    }

    fn opened_by(&mut self, id: &str) {
        let names: Vec<&str> = self
            .db
            .data
            .permissions
            .iter()
            .flat_map(|f| &f.permission)
            .filter(|p| p.information.iter().any(|i| i == id))
            .map(|p| p.name.as_str())
            .collect();
        let list = names.join(", ");
        self.field("可由下列权限接触", "opened by", &list);
        let sdks: Vec<&str> = self
            .db
            .data
            .sdks
            .iter()
            .filter(|s| {
                s.collects.as_ref().is_some_and(|c| {
                    c.basis == "disclosure" && c.information.iter().any(|i| i == id)
                })
            })
            .map(|s| s.id.as_str())
            .collect();
        let list = sdks.join(", ");
        self.field(
            "公开披露收集该信息的SDK",
            "SDKs that disclose collecting it",
            &list,
        );
    }
}
