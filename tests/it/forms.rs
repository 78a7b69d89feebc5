//! The published forms of what `compare`, `disclose` and `sheet --check` write.

use crate::common::{case, cases, db, repo, sample};
use permscope::disclose::{Document, List, Texts, compare as disclose, sheet};
use permscope::engine::compare::compare;
use permscope::report::v1::Report;
use permscope::report::{Language, Languages};
use serde_json::{Value, json};
use std::fs;

const MOST: u64 = 1 << 20;

fn report(name: &str) -> Report {
    let all = cases();
    let case = all.iter().find(|case| case.name == name).unwrap();
    case.report(&case.facts(), Languages::BOTH)
}

struct Form {
    validator: jsonschema::Validator,
}

impl Form {
    fn of(name: &str) -> Self {
        let text = fs::read_to_string(repo("schema").join(name)).unwrap();
        let schema = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        Self { validator }
    }

    /// `value` has the form, and nothing that is changed in it does.
    fn holds(&self, value: &Value, what: &str) {
        let wrong: Vec<String> = self
            .validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{what}");
        let mut paths = Vec::new();
        places(value, String::new(), &mut paths);
        assert!(paths.len() > 4, "{what}");
        for path in paths {
            let mut changed = value.clone();
            let place = changed.pointer_mut(&path).unwrap();
            match place {
                Value::Object(map) => {
                    map.insert("more".into(), json!([true]));
                }
                other => *other = json!({"changed": [7]}),
            }
            assert!(!self.validator.is_valid(&changed), "{what}: {path}");
        }
        for key in value.as_object().unwrap().keys() {
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(key);
            assert!(!self.validator.is_valid(&less), "{what}: without {key}");
        }
    }
}

/// JSON pointers to all values, of lists to the first and the last one.
fn places(value: &Value, path: String, to: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                places(inner, format!("{path}/{key}"), to);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let last = list.len() - 1;
            places(&list[0], format!("{path}/0"), to);
            places(&list[last], format!("{path}/{last}"), to);
        }
        _ => {}
    }
    to.push(path);
}

#[test]
fn a_comparison_has_its_published_form() {
    let form = Form::of("compare-v1.schema.json");
    let shop = report("apps/shop/shop.apk");
    let (hello, r8) = (
        report("apps/hello/hello-v1.apk"),
        report("apps/shop-r8/shop-r8.apk"),
    );
    let packed = report("text/use-none-packer");
    for (name, old, new) in [
        ("added", &hello, &shop),
        ("taken away", &shop, &hello),
        ("shrunk", &shop, &r8),
        ("not shrunk", &r8, &shop),
        ("not read to the end", &shop, &packed),
        ("nothing", &hello, &hello),
    ] {
        let found = serde_json::to_value(compare(old, new, db())).unwrap();
        form.holds(&found, name);
    }
}

fn texts(policies: &[&str], lists: &[&str]) -> Texts {
    let policy = |text: &&str| Document::read("policy.md", text.as_bytes(), MOST).unwrap();
    let list = |text: &&str| List::read("list.csv", text.as_bytes(), MOST).unwrap();
    Texts {
        policies: policies.iter().map(policy).collect(),
        lists: lists.iter().map(list).collect(),
        ..Texts::default()
    }
}

#[test]
fn a_disclosure_has_its_published_form() {
    let form = Form::of("disclosure-v1.schema.json");
    let shop = report("text/shop-excess");
    let packed = report("text/use-none-packer");
    let policy = "<html><p>本政策适用于本应用的各项服务，请您仔细阅读。我们接入友盟+统计SDK，收集您的位置信息。\
        我们不会收集您的通讯录。我们还接入了高德地图SDK。<p hidden>我们接入极光推送。</p>\
        个人信息是指姓名、剪贴板等。<!--";
    let list = "SDK名称,第三方名称\n极光推送,深圳市和讯华谷信息技术有限公司\n某某组件,某某公司\n";
    for (name, app, texts) in [
        ("policy", &shop, texts(&[policy], &[])),
        ("list", &shop, texts(&[], &[list])),
        ("both", &shop, texts(&[policy, ""], &[list])),
        ("packed", &packed, texts(&[policy], &[list])),
    ] {
        let found = disclose(app, db(), &texts, Languages::BOTH);
        form.holds(&serde_json::to_value(found).unwrap(), name);
    }
}

#[test]
fn a_checked_sheet_has_its_published_form() {
    let form = Form::of("sheet-check-v1.schema.json");
    let shop = report("text/shop-excess");
    let packed = case(sample("use-none-packer"));
    let packed = packed.report(&packed.facts(), Languages::BOTH);
    for (name, app) in [("shop", &shop), ("packed", &packed)] {
        for sheet in [
            "SDK名称\n极光推送\n高德地图\n某某组件\n",
            "个人信息\n通讯录\n某某信息\n",
            "Response ID (machine readable),Response value\nPSL_CREDIT_SCORE,TRUE\n",
        ] {
            let checked =
                sheet::check("sheet.csv", sheet.as_bytes(), app, db(), Language::Zh).unwrap();
            form.holds(&serde_json::to_value(checked).unwrap(), name);
        }
    }
}
