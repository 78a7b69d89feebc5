//! What runs when the app starts: the samples against what a person reads in their text.

use crate::common::{Scratch, apk, case, db, forged, run, sample};
use permscope::engine::compare::{Caveat, compare};
use permscope::facts::Manner;
use permscope::report::v1::{Report, StartInfo, StartMoment};
use permscope::report::{Languages, html, text};
use serde_json::Value;

fn report(name: &str) -> Report {
    let case = case(sample(name));
    case.report(&case.facts(), Languages::BOTH)
}

/// `before_screen posted com.x.App: App.onCreate > Task.run`, classes without the package of the sample.
fn way(start: &StartInfo, package: &str) -> String {
    let own = format!("{package}.");
    let when = match start.when {
        StartMoment::BeforeScreen => "before",
        StartMoment::FirstScreen => "first",
    };
    let methods: Vec<String> = start
        .stack
        .iter()
        .map(|step| {
            let class = step.class.as_deref().unwrap().replace(&own, "");
            let method = step.method.as_deref().unwrap().split('(').next().unwrap();
            format!("{class}.{method}")
        })
        .collect();
    let posted = if start.posted { " posted" } else { "" };
    let begins = start.begins.class.replace(&own, "");
    format!("{when}{posted} {begins}: {}", methods.join(" > "))
}

/// What the start of a sample leads to: SDKs, and the two accesses that the samples are about.
fn ways(name: &str) -> Vec<String> {
    let report = report(name);
    let package = &report.subject.package;
    let sdks = report.sdks.iter().filter_map(|sdk| {
        Some(format!(
            "{} {}",
            sdk.id,
            way(sdk.at_start.as_ref()?, package)
        ))
    });
    let accesses = report
        .accesses
        .iter()
        .filter(|access| !access.hint && ["phone.imei", "id.android-id"].contains(&&*access.id))
        .filter_map(|access| {
            let way = way(access.start.as_ref()?, package);
            Some(format!("{} {} {way}", access.id, access.owner))
        });
    sdks.chain(accesses).collect()
}

#[test]
fn each_sample_has_the_ways_that_its_text_shows() {
    let none: [&str; 0] = [];
    assert_eq!(
        ways("start-application"),
        [
            "umeng/analytics before App: App.onCreate",
            "id.android-id umeng/analytics before App: App.onCreate > com.umeng.commonsdk.UMConfigure.init",
            "phone.imei app before App: App.onCreate > Base.onCreate > Ids.read",
        ]
    );
    assert_eq!(
        ways("start-provider"),
        ["phone.imei app before Auto: Auto.onCreate > Ids.read"]
    );
    assert_eq!(ways("start-provider-off-near"), none);
    assert_eq!(ways("start-provider-process-near"), none);
    assert_eq!(
        ways("start-initializer"),
        ["phone.imei app before Start: Start.create > Ids.read"]
    );
    assert_eq!(
        ways("start-posted"),
        ["phone.imei app before posted App: App.onCreate > Task.run > Ids.read"]
    );
    assert_eq!(ways("start-click-near"), none);
    assert_eq!(ways("start-unreached-near"), none);
    assert_eq!(
        ways("start-launcher-near"),
        ["phone.imei app first Main: Main.onCreate > Ids.read"]
    );
}

#[test]
fn what_is_left_to_a_thread_is_a_milder_lead_that_says_so() {
    let lead = |name: &str| {
        let report = report(name);
        let mut found = report.findings.into_iter();
        let lead = found.find(|f| f.rule == "access-at-start").unwrap();
        let value = serde_json::to_value(&lead).unwrap();
        let word = |key: &str| value[key].as_str().unwrap().to_owned();
        (word("severity"), word("confidence"), word("subject"), lead)
    };
    let (severity, confidence, subject, direct) = lead("start-provider");
    assert_eq!(
        [&*severity, &*confidence, &*subject],
        ["medium", "tentative", "app"]
    );
    let (severity, confidence, subject, posted) = lead("start-posted");
    assert_eq!(
        [&*severity, &*confidence, &*subject],
        ["low", "tentative", "app (posted)"]
    );
    let says = |lead: &permscope::report::v1::Finding, zh: &str, en: &str| {
        lead.message.zh.as_ref().unwrap().contains(zh)
            && lead.message.en.as_ref().unwrap().contains(en)
    };
    assert!(says(&posted, "是否执行不确定", "may not run"));
    assert!(!says(&direct, "是否执行不确定", "may not run"));
    assert!(says(&direct, "须动态核验", "needs a run"));
    assert!(
        direct
            .message
            .zh
            .unwrap()
            .contains("com.example.startprovider.Auto")
    );
    // The place itself, the element that makes it begin there, then each instruction on the way.
    let seen: Vec<&str> = direct.evidence.iter().map(|e| e.value.as_str()).collect();
    assert_eq!(
        seen,
        [
            "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;",
            "provider com.example.startprovider.Auto",
            "Lcom/example/startprovider/Ids;->read(Landroid/content/Context;)Ljava/lang/String;",
        ]
    );
    assert!(direct.evidence.iter().all(|e| e.offset.is_some()));
}

#[test]
fn facts_of_before_say_that_the_start_is_not_known() {
    let case = case(sample("start-application"));
    let mut facts = case.facts();
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(
        permscope::facts::Facts::read(json.as_bytes())
            .unwrap()
            .start,
        facts.start
    );
    facts.start = None;
    for used in &mut facts.uses {
        used.sites.iter_mut().for_each(|site| site.start = None);
    }
    let old = case.report(&facts, Languages::BOTH);
    assert!(old.coverage.start.is_none());
    assert!(old.accesses.iter().all(|access| access.start.is_none()));
    assert!(!old.findings.iter().any(|f| f.rule == "access-at-start"));
    let page = text::render(&old, permscope::report::Language::Zh);
    assert!(page.contains("事实数据未记录启动过程"), "{page}");
    // What one side does not know is not new on the other.
    let comparison = compare(&old, &report("start-application"), db());
    assert!(comparison.caveats.contains(&Caveat::StartUnknown));
    assert!(comparison.added_start_calls.is_empty());
}

#[test]
fn compare_names_what_the_start_newly_leads_to() {
    let added = |old: &str, new: &str| -> Vec<String> {
        let comparison = compare(&report(old), &report(new), db());
        assert!(!comparison.caveats.contains(&Caveat::StartUnknown));
        let calls = comparison.added_start_calls.iter();
        let known = ["phone.imei", "id.android-id", "umeng/analytics"];
        calls
            .filter(|call| known.contains(&&*call.id))
            .map(|call| format!("{} {}", call.id, call.owner))
            .collect()
    };
    assert_eq!(
        added("start-unreached-near", "start-application"),
        [
            "phone.imei app",
            "id.android-id umeng/analytics",
            "umeng/analytics umeng/analytics",
        ]
    );
    // Sooner, or surer, is new; later is not.
    assert_eq!(
        added("start-launcher-near", "start-provider"),
        ["phone.imei app"]
    );
    assert_eq!(added("start-posted", "start-provider"), ["phone.imei app"]);
    let none: [String; 0] = [];
    assert_eq!(added("start-provider", "start-posted"), none);
    assert_eq!(added("start-provider", "start-provider"), none);

    let scratch = Scratch::new("start-compare");
    let old = scratch.write("old.apk", &apk("start-unreached-near"));
    let new = scratch.write("new.apk", &apk("start-application"));
    let ran = run(&["compare", &old, &new, "--lang", "en"]);
    assert!(ran.stdout.contains("\nat start, new ("), "{}", ran.stdout);
    let line = "    com.example.startapplication.App.onCreate > com.example.startapplication.Base.onCreate > com.example.startapplication.Ids.read\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
    let ran = run(&["compare", &old, &new, "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        json["added_start_calls"][0]["start"]["when"],
        "before_screen"
    );
}

#[test]
fn the_page_unfolds_the_calls() {
    let page = html::render(&report("start-application"));
    let section = page.split("id=\"start\"").nth(1).unwrap();
    let section = section.split("</section>").next().unwrap();
    assert!(section.contains("<details"), "{section}");
    for method in ["App.onCreate", "Base.onCreate", "Ids.read"] {
        assert!(
            section.contains(&format!("com.example.startapplication.{method}")),
            "{section}"
        );
    }
    assert!(
        section.contains("TelephonyManager.getDeviceId"),
        "{section}"
    );
}

#[test]
fn every_way_of_every_sample_is_whole() {
    let mut seen = 0;
    for sample in forged() {
        let case = case(sample);
        let report = case.report(&case.facts(), Languages::BOTH);
        let accesses = report
            .accesses
            .iter()
            .filter_map(|access| access.start.as_ref());
        let sdks = report.sdks.iter().filter_map(|sdk| sdk.at_start.as_ref());
        for start in accesses.chain(sdks) {
            seen += 1;
            for step in &start.stack {
                assert!(step.class.is_some() && step.method.is_some(), "{step:?}");
                assert!(
                    step.offset.is_some() && step.entry_sha256.is_some(),
                    "{step:?}"
                );
            }
            let pairs = start.stack.iter().zip(start.stack.iter().skip(1));
            for (before, after) in pairs {
                // A call names the method that comes next; another step names its class or leads there.
                if before.channel.as_deref() == Some("call") {
                    let name = after.method.as_deref().unwrap();
                    assert!(
                        before.value.ends_with(&format!("->{name}")),
                        "{before:?} {after:?}"
                    );
                }
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The platform calls such a method with what it tells; that the app calls it as well shows nothing.
#[test]
fn a_method_in_place_of_one_of_the_platform_is_no_place_at_start() {
    let text = r#"
about = { zh = "覆盖方法", en = "an overriding method" }
[base]
package = "com.example.over"
target_sdk = 28
manifest = '<manifest><application android:name=".App"/></manifest>'
[[base.dex]]
classes = '''
class com.example.over.App extends android.app.Application
  method onCreate() void
    listener = new com.example.over.Listener()
    call virtual com.example.over.Listener.onLocationChanged(android.location.Location) void on listener with null
class com.example.over.Listener implements android.location.LocationListener
  method <init>() void
    call direct java.lang.Object.<init>() void on this
  method onLocationChanged(android.location.Location) void
    call virtual android.location.Location.getLatitude() double on p0
'''
"#;
    let sample = permscope::forge::app::Sample::parse("over", text).unwrap();
    let facts = case(&sample).facts();
    let starts = |what: &str, manner: Manner| -> Vec<bool> {
        let mut uses = facts.uses.iter();
        let found = uses.find(|used| used.what.contains(what) && used.manner == manner);
        found
            .unwrap()
            .sites
            .iter()
            .map(|site| site.start.is_some())
            .collect()
    };
    assert_eq!(starts("->onLocationChanged(", Manner::Override), [false]);
    assert_eq!(starts("->getLatitude(", Manner::Call), [true]);
}
