//! Leads that are found again in another build of the same app: rebuilt, split, shrunk, renamed.

use crate::common::{Case, Scratch, case, cases, db, repo, run, sample};
use permscope::engine::compare::{Comparison, Doubt, Fate, PairedBy, compare};
use permscope::forge::app::Sample;
use permscope::report::Languages;
use permscope::report::v1::Report;
use std::collections::BTreeSet;

fn of(text: &str) -> Report {
    let case = case(&Sample::parse("build", text).unwrap());
    case.report(&case.facts(), Languages::BOTH)
}

/// An app with these services, one after the other: class, type, and the code of `onCreate`.
fn services(services: &[(&str, &str, &str)]) -> Report {
    let (mut elements, mut classes) = (String::new(), String::new());
    for (class, kind, code) in services {
        elements += &format!(
            "<service android:name=\"{class}\" android:exported=\"false\" android:foregroundServiceType=\"{kind}\"/>\n"
        );
        classes +=
            &format!("class {class} extends android.app.Service\n  method onCreate() void\n{code}");
    }
    of(&format!(
        "about = {{ zh = \"服务\", en = \"Services\" }}\nfunction = \"fitness\"\n\
         [base]\npackage = \"com.example.run\"\nversion_code = 1\nversion_name = \"1\"\nmin_sdk = 26\ntarget_sdk = 33\n\
         manifest = '''\n<manifest><application android:label=\"Run\" android:allowBackup=\"false\">\n{elements}</application></manifest>\n'''\n\
         [[base.dex]]\nclasses = '''\n{classes}'''\n"
    ))
}

const NOTHING: &str = "    call static java.lang.System.gc() void\n";
const CAMERA: &str = "    call static android.hardware.Camera.open() android.hardware.Camera\n";
const RECORDER: &str = "    recorder = new android.media.AudioRecord(int, int, int, int, int) with 1, 16000, 16, 2, 4096\n\
     \x20   call virtual android.media.AudioRecord.startRecording() void on recorder\n";
const RULE: &str = "sensitive-foreground-service";

fn compared(old: &[(&str, &str, &str)], new: &[(&str, &str, &str)]) -> Comparison {
    compare(&services(old), &services(new), db())
}

/// What became of the leads about services: fate, subject, and what it was.
fn fates(comparison: &Comparison) -> Vec<(Fate, &str, Option<&str>)> {
    let of_rule = comparison.findings.iter().filter(|f| f.rule == RULE);
    of_rule
        .map(|f| (f.fate, f.subject.as_str(), f.was.as_deref()))
        .collect()
}

const TRACK: &str = "com.example.run.TrackService";
const COACH: &str = "com.example.run.CoachService";

#[test]
fn a_renamed_component_is_the_same_lead() {
    let found = compared(
        &[
            (TRACK, "location", NOTHING),
            (COACH, "microphone|camera", NOTHING),
        ],
        &[
            ("a.b.c", "location", NOTHING),
            ("a.b.d", "microphone|camera", NOTHING),
        ],
    );
    let still = |now, was| (Fate::Still, now, Some(was));
    assert_eq!(
        fates(&found),
        [still("a.b.c", TRACK), still("a.b.d", COACH)]
    );
    for finding in found.findings.iter().filter(|f| f.rule == RULE) {
        assert_eq!(finding.paired_by, Some(PairedBy::Evidence));
        assert!(finding.old.is_some() && finding.new.is_some() && finding.old != finding.new);
    }
    // Two that declare the same are told apart by their place in the manifest, which renaming does not change.
    let found = compared(
        &[(TRACK, "location", NOTHING), (COACH, "location", NOTHING)],
        &[("a.b", "location", NOTHING), ("a.a", "location", NOTHING)],
    );
    assert_eq!(fates(&found), [still("a.a", COACH), still("a.b", TRACK)]);
    // Moved to another package, or given another name by its developer, with the same code.
    let found = compared(
        &[(TRACK, "location", NOTHING)],
        &[("com.run.TrackService", "location", NOTHING)],
    );
    assert_eq!(fates(&found), [still("com.run.TrackService", TRACK)]);
    let route = "com.example.run.RouteService";
    let found = compared(
        &[(TRACK, "location", CAMERA)],
        &[(route, "location", CAMERA)],
    );
    assert_eq!(fates(&found), [still(route, TRACK)]);
    // What the code reaches counts more than the place.
    let found = compared(
        &[(TRACK, "location", CAMERA), (COACH, "location", RECORDER)],
        &[("a.a", "location", RECORDER), ("a.b", "location", CAMERA)],
    );
    assert_eq!(fates(&found), [still("a.a", COACH), still("a.b", TRACK)]);
}

#[test]
fn what_may_be_another_component_is_gone_and_new() {
    let apart = |old: &[(&str, &str, &str)], new: &[(&str, &str, &str)]| {
        let found = compared(old, new);
        let fates = fates(&found);
        assert!(
            fates
                .iter()
                .all(|(fate, _, was)| matches!(fate, Fate::New | Fate::Fixed) && was.is_none()),
            "{fates:?}"
        );
        assert_eq!(fates.len(), old.len() + new.len(), "{fates:?}");
    };
    // Another type.
    apart(
        &[(TRACK, "location", NOTHING)],
        &[("a.b", "camera", NOTHING)],
    );
    // Another one in its place, with a name of its own.
    apart(
        &[(TRACK, "location", NOTHING)],
        &[("com.example.run.RouteService", "location", NOTHING)],
    );
    // One of two that declare the same is gone: nobody can tell which.
    apart(
        &[(TRACK, "location", NOTHING), (COACH, "location", NOTHING)],
        &[("a.b", "location", NOTHING)],
    );
    // The code does something else.
    apart(
        &[(TRACK, "location", CAMERA)],
        &[("a.b", "location", RECORDER)],
    );
    // Two that reach the same, in another number.
    apart(
        &[(TRACK, "location", CAMERA), (COACH, "location", CAMERA)],
        &[("com.example.run.RouteService", "location", CAMERA)],
    );
    // The old class is there still, without the type.
    let found = compared(
        &[(TRACK, "location", CAMERA)],
        &[("a.b", "location", CAMERA), (TRACK, "dataSync", CAMERA)],
    );
    assert_eq!(
        fates(&found),
        [(Fate::New, "a.b", None), (Fate::Fixed, TRACK, None)]
    );
    // A lead about a permission has a name that no build changes.
    let (old, mut new) = (
        services(&[(TRACK, "location", NOTHING)]),
        services(&[(TRACK, "location", NOTHING)]),
    );
    for finding in &mut new.findings {
        finding.subject = "android.permission.OTHER".into();
    }
    let found = compare(&old, &new, db());
    assert!(
        found.findings.iter().all(|f| f.was.is_none()),
        "{:?}",
        found.findings
    );
}

/// `shop-r8` is `shop` built by R8 from the same source, so nothing was mended. Manifest and components keep their
/// names; R8 has put the methods of Pangle and Umeng into `ShopApplication.onCreate` (samples/apps/shop-r8/mapping.txt),
/// so that the eight leads about what these SDKs do have no owner any more, and the app itself is seen to do it.
#[test]
fn shrinking_and_renaming_mends_nothing() {
    let report = |name: &str| {
        let all = cases();
        let case = all.iter().find(|case| case.name == name).unwrap();
        case.report(&case.facts(), Languages::BOTH)
    };
    let (shop, r8) = (
        report("apps/shop/shop.apk"),
        report("apps/shop-r8/shop-r8.apk"),
    );
    let found = compare(&shop, &r8, db());
    let with = |fate: Fate| -> Vec<(&str, &str)> {
        let with = found.findings.iter().filter(|f| f.fate == fate);
        with.map(|f| (f.rule.as_str(), f.subject.as_str()))
            .collect()
    };
    assert_eq!(with(Fate::Fixed), []);
    assert_eq!(with(Fate::Moved), []);
    let install = "android.permission.REQUEST_INSTALL_PACKAGES";
    let apps = [
        "android.permission.QUERY_ALL_PACKAGES",
        "com.android.permission.GET_INSTALLED_APPS",
    ];
    let phone = "android.permission.READ_PHONE_STATE";
    assert_eq!(
        with(Fate::Unconfirmed),
        [
            ("access-at-start", "bytedance/pangle"),
            ("access-at-start", "umeng/analytics"),
            ("sdk-only-permission", apps[0]),
            ("sdk-only-permission", phone),
            ("sdk-only-permission", install),
            ("sdk-only-permission", apps[1]),
            (
                "undisclosed-use",
                "bytedance/pangle android.permission.REQUEST_INSTALL_PACKAGES"
            ),
            (
                "undisclosed-use",
                "umeng/analytics android.permission.ACCESS_FINE_LOCATION"
            ),
        ]
    );
    let doubts = found.findings.iter().filter_map(|f| f.doubt);
    assert!(doubts.eq([Doubt::OtherOwner; 8]));
    assert_eq!(
        with(Fate::New),
        [
            ("use-beyond-function", apps[0]),
            ("use-beyond-function", phone),
            ("use-beyond-function", apps[1]),
            ("access-at-start", "app"),
            ("idle-sdk", "jiguang/jpush"),
            ("use-beyond-function", install),
        ]
    );
    assert_eq!(with(Fate::Still).len(), 23);
    assert!(with(Fate::Still).contains(&(
        "autostart-receiver",
        "cn.jpush.android.service.PushReceiver"
    )));
    // Pangle has no class of its own left; that it is gone is not said without a caveat.
    assert_eq!(found.removed_sdks, ["bytedance/pangle"]);
    assert_eq!(
        serde_json::to_value(&found.caveats).unwrap(),
        serde_json::json!(["sdk_moved"])
    );
    // What really went is gone: the same app without Pangle's leads and code, nothing else taking its place.
    let mut without = shop.clone();
    without
        .accesses
        .retain(|access| access.owner != "bytedance/pangle");
    without.sdks.retain(|sdk| sdk.id != "bytedance/pangle");
    without
        .findings
        .retain(|f| !f.subject.starts_with("bytedance/pangle"));
    let found = compare(&shop, &without, db());
    let gone: Vec<_> = found
        .findings
        .iter()
        .filter(|f| f.fate == Fate::Fixed)
        .collect();
    assert_eq!(gone.len(), 2);
    assert!(found.caveats.is_empty() && found.findings.iter().all(|f| f.doubt.is_none()));
}

#[test]
fn a_lead_in_doubt_is_not_called_clean() {
    let scratch = Scratch::new("recheck-doubt");
    let shop = repo("samples/apps/shop/shop.apk");
    let r8 = repo("samples/apps/shop-r8/shop-r8.apk");
    let save = |path: &std::path::Path, name: &str| {
        let out = scratch.path(name);
        run(&[
            "audit",
            path.to_str().unwrap(),
            "--function",
            "网上购物",
            "--format",
            "json",
            "--lang",
            "zh,en",
            "-o",
            &out,
        ]);
        let text = std::fs::read_to_string(&out).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()
    };
    let keep = |report: &mut serde_json::Value, rule: &str| {
        let findings = report["findings"].as_array_mut().unwrap();
        findings.retain(|f| f["rule"] == rule);
    };
    let (mut old, mut new) = (save(&shop, "a.json"), save(&r8, "b.json"));
    keep(&mut old, "undisclosed-use");
    keep(&mut new, "undisclosed-use");
    assert_eq!(new["findings"], serde_json::json!([]));
    let old = scratch.write("old.json", old.to_string().as_bytes());
    let new = scratch.write("new.json", new.to_string().as_bytes());
    let ran = run(&["compare", &old, &new, "--recheck", "--lang", "zh"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("不能确认") && ran.stdout.contains("经混淆、合并"),
        "{}",
        ran.stdout
    );
}

fn ids(report: &Report) -> BTreeSet<String> {
    let ids: Vec<String> = report.findings.iter().map(|f| f.id.clone()).collect();
    let all: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(all.len(), ids.len(), "an id stands there twice: {ids:?}");
    all
}

#[test]
fn no_report_has_an_id_twice() {
    let mut found = 0;
    for case in cases() {
        found += ids(&case.report(&case.facts(), Languages::BOTH)).len();
    }
    assert!(found > 100, "{found}");
}

const SECOND: &str = "[[base.dex]]\nclasses = '''\nclass com.example.run.Lens\n  method static open() void\n    call static android.hardware.Camera.open() android.hardware.Camera\n'''\n";
const FIRST: &str = "[[base.dex]]\nclasses = '''\nclass com.example.run.Main extends android.app.Activity\n  method onCreate(android.os.Bundle) void\n    call static com.example.run.Lens.open() void\n'''\n";

fn two_files(first: &str, second: &str, more: &str) -> String {
    format!(
        "about = {{ zh = \"相机\", en = \"Camera\" }}\nfunction = \"utility-flashlight\"\n\
         [base]\npackage = \"com.example.run\"\nversion_code = 1\nversion_name = \"1\"\nmin_sdk = 26\ntarget_sdk = 33\n\
         manifest = '''\n<manifest>{more}<uses-permission android:name=\"android.permission.CAMERA\"/>\
         <uses-permission android:name=\"android.permission.READ_CALENDAR\"/>\
         <application android:label=\"Run\"><activity android:name=\"com.example.run.Main\" android:exported=\"true\"/>\
         </application></manifest>\n'''\n{first}{second}"
    )
}

#[test]
fn a_rebuilt_app_has_the_same_ids() {
    let parse = |text: &str| case(&Sample::parse("build", text).unwrap());
    let case = parse(&two_files(FIRST, SECOND, ""));
    let facts = case.facts();
    let expected = ids(&case.report(&facts, Languages::BOTH));
    assert!(expected.len() >= 3, "{expected:?}");
    // The DEX files in another order, other offsets and elements, another file name.
    let mut other = parse(&two_files(
        SECOND,
        FIRST,
        "<uses-feature android:name=\"x.y\"/>",
    ));
    other.files[0].0 = "other-name.apk".into();
    let other = other.report(&other.facts(), Languages::BOTH);
    assert_eq!(ids(&other), expected);
    let found = compare(&case.report(&facts, Languages::BOTH), &other, db());
    assert!(
        found.findings.iter().all(|f| f.fate == Fate::Still),
        "{:?}",
        found.findings
    );
}

/// A feature in a split of its own, and the same app as one file, as bundletool writes them for old devices.
#[test]
fn a_bundle_and_the_universal_apk_have_the_same_ids() {
    let text = std::fs::read_to_string(repo("samples/text/split-set/app.toml")).unwrap();
    let split = text.find("[[split]]\nname = \"voice\"").unwrap();
    let end = text.find("[expect]").unwrap();
    let service = "<service android:name=\"com.example.chat.voice.CallService\" android:exported=\"false\" android:foregroundServiceType=\"microphone\"/>\n  </application>";
    let code = &text[split..end];
    let code = &code[code.find("[[split.dex]]").unwrap()..];
    let universal = text[..split].replacen("</application>", service, 1);
    let splits = universal.find("[[split]]").unwrap();
    let universal = format!(
        "{}{}",
        &universal[..splits],
        code.replace("[[split.dex]]", "[[base.dex]]")
    );
    let set = case(sample("split-set"));
    let set = set.report(&set.facts(), Languages::BOTH);
    let universal = of(&universal);
    assert_eq!(ids(&set), ids(&universal));
    assert!(!ids(&set).is_empty());
    let found = compare(&set, &universal, db());
    assert!(
        found.findings.iter().all(|f| f.fate == Fate::Still),
        "{:?}",
        found.findings
    );
    assert_eq!(
        (found.added_permissions.len(), found.added_sdks.len()),
        (0, 0)
    );
    assert_eq!(
        (found.added_accesses, found.changed_permissions),
        (vec![], vec![])
    );
    // The files of a set, and the set as one file.
    let all = cases();
    let of = |name: &str| {
        let case: &Case = all.iter().find(|case| case.name == name).unwrap();
        ids(&case.report(&case.facts(), Languages::BOTH))
    };
    assert_eq!(of("apps/multi/whole"), of("apps/multi/multi.apks"));
    assert_eq!(of("apps/multi/whole"), of("apps/multi/multi-variants.apks"));
}
