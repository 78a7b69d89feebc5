//! Every limit, when it is reached, leaves the result incomplete and says so.

use crate::common::{case, repo, run, sample};
use permscope::engine::{self, Source};
use permscope::facts::Facts;
use permscope::forge::zip::{Entry, Method, Zip};
use permscope::incident::{Channel, IncidentCode};
use permscope::limits::{Deadline, Limits};
use std::sync::atomic::AtomicBool;

fn facts(name: &str, set: &str) -> Facts {
    let mut limits = Limits::default();
    limits.set(set).unwrap();
    let sources = match name {
        "shop.apk" => {
            let bytes = std::fs::read(repo("samples/apps/shop/shop.apk")).unwrap();
            vec![Source::new(name, bytes)]
        }
        _ => case(sample(name)).sources(),
    };
    engine::facts(&sources, &limits).unwrap()
}

/// Limits that end a reader: limit, value, an app that has more, words of the incident.
const ENDS: &[(&str, u64, &str, &str)] = &[
    ("zip_entries", 1, "shop.apk", "entries"),
    ("entry_bytes", 900, "shop.apk", "at most 900 bytes"),
    (
        "total_bytes",
        2_000,
        "shop.apk",
        "at most 2000 inflated bytes",
    ),
    ("members", 1, "xapk-bundle", "APKs"),
    ("members", 1, "split-set", "APKs"),
    ("xml_depth", 2, "shop.apk", "deeper than 2"),
    ("xml_nodes", 10, "shop.apk", "elements and attributes"),
    ("pool_strings", 3, "shop.apk", "at most 3 strings"),
    ("resource_entries", 1, "labels-and-references", "entries"),
    ("resource_chunks", 1, "labels-and-references", "chunks"),
    ("resource_steps", 1, "labels-and-references", "steps"),
    ("manifest_bytes", 1_000, "shop.apk", "more than 1000 bytes"),
    ("dex_files", 1, "sdks-bundled-or-named", "DEX files"),
    ("code_bytes", 1_000, "shop.apk", "bytes of code"),
    ("classes", 2, "shop.apk", "classes"),
    ("instructions", 50, "shop.apk", "limits of instructions"),
    ("edges", 0, "shop.apk", "limits of instructions"),
    ("script_bytes", 10, "uni-app", "limit"),
    ("output_bytes", 2_000, "shop.apk", "facts would be larger"),
    ("script_names", 1, "uni-app", "names"),
    ("incidents", 0, "misleading-names", "not listed"),
];

#[test]
fn a_limit_that_is_reached_is_an_incident_and_the_result_incomplete() {
    let mut wrong = Vec::new();
    for &(name, value, app, words) in ENDS {
        let facts = facts(app, &format!("{name}={value}"));
        let said = facts.incidents.iter().find(|i| i.detail.contains(words));
        match said {
            None => wrong.push(format!("{name}={value} on {app}: {:#?}", facts.incidents)),
            Some(incident) => {
                if incident.code != IncidentCode::LimitReached {
                    wrong.push(format!("{name}: {incident:?}"));
                }
                if name != "incidents" && facts.complete() {
                    wrong.push(format!("{name}: complete with {incident:?}"));
                }
            }
        }
        let usual = facts.limits.len() == 1 && facts.limits.get(name) == Some(&value);
        assert!(usual, "{name}: {:?}", facts.limits);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A deflated entry of this stated size is one that the archive's own size cannot explain.
#[test]
fn a_bomb_is_met_before_it_is_inflated() {
    let mut bomb = Entry::new("AndroidManifest.xml", [0; 4096], Method::Deflated);
    bomb.central.size = Some(300 << 20);
    let sources = [Source::new("bomb.apk", Zip::of(vec![bomb]).build())];
    let facts = engine::facts(&sources, &Limits::default()).unwrap();
    let said = |i: &&permscope::incident::Incident| {
        i.code == IncidentCode::LimitReached && i.detail.contains("inflated bytes in one archive")
    };
    assert!(
        facts.incidents.iter().any(|i| said(&i)),
        "{:#?}",
        facts.incidents
    );
}

#[test]
fn when_the_time_is_over_what_is_missing_is_said() {
    static OVER: AtomicBool = AtomicBool::new(true);
    let limits = Limits {
        deadline: Deadline::when(&OVER),
        ..Limits::default()
    };
    for app in ["misleading-names", "hidden-dex"] {
        let facts = engine::facts(&case(sample(app)).sources(), &limits).unwrap();
        assert!(!facts.complete());
        let said = facts.incidents.iter().any(|i| {
            i.code == IncidentCode::LimitReached
                && i.hides == Some(Channel::Code)
                && i.detail.contains("time for one audit")
        });
        assert!(said, "{:#?}", facts.incidents);
    }
}

#[test]
fn the_command_line_sets_limits_and_lists_them() {
    let path = repo("samples/apps/shop/shop.apk");
    let path = path.to_str().unwrap();
    let cut = run(&[
        "facts",
        path,
        "--limit",
        "dex-files=0",
        "--limit",
        "xml_depth=99",
    ]);
    assert_eq!(cut.code, Some(3));
    let facts = Facts::read(cut.stdout.as_bytes()).unwrap();
    assert_eq!(facts.limits.len(), 2);
    assert!(facts.dex.is_empty());
    let text = run(&["audit", path, "--limit", "xml_depth=99", "--lang", "zh"]).stdout;
    assert!(
        text.contains("检测限值（非默认值）：xml_depth=99"),
        "{text}"
    );
    let wrong = run(&["audit", path, "--limit", "depth=1"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("permscope explain limits"));
    let list = run(&["explain", "limits", "--lang", "zh"]).stdout;
    for limit in Limits::all() {
        let line = format!(
            "{} = {}\n    {}",
            limit.name.replace('_', "-"),
            limit.default,
            limit.zh
        );
        assert!(list.contains(&line), "{line}");
    }
}
