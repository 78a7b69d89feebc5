use super::*;
use schema::Tier;
use std::fs;
use std::path::PathBuf;

fn db() -> SignatureDb {
    SignatureDb::builtin().unwrap()
}

/// A folder of its own for one test, empty.
fn folder(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!(
        "permscope-signatures-{name}-{}",
        std::process::id()
    ));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn put(dir: &Path, path: &str, text: &str) {
    let full = dir.join(path);
    fs::create_dir_all(full.parent().unwrap()).unwrap();
    fs::write(full, text).unwrap();
}

const FINE: &str = "android.permission.ACCESS_FINE_LOCATION";

/// What judging reads is the same data: examples and sources are left out, identities are marks.
#[test]
fn the_data_for_judging_is_the_same() {
    let (mut all, judging) = (db(), SignatureDb::for_judging().unwrap());
    assert_eq!(
        (&all.digest, &all.version, all.counts()),
        (&judging.digest, &judging.version, judging.counts())
    );
    assert_ne!(all.data, judging.data);
    all.data.drop_what_judging_does_not_read();
    assert_eq!(all.data, judging.data);
    assert_eq!(all.sdk_marks(), judging.sdk_marks());
    assert_eq!(all.packer_marks(), judging.packer_marks());
}

#[test]
fn builtin_data_is_clean() {
    let complaints = check::check(&db());
    let shown: Vec<String> = complaints
        .iter()
        .take(40)
        .map(ToString::to_string)
        .collect();
    assert!(
        complaints.is_empty(),
        "{} complaints\n{}",
        complaints.len(),
        shown.join("\n")
    );
}

#[test]
fn the_39_types_and_16_sub_types_are_there() {
    let db = db();
    let types = db
        .data
        .functions
        .iter()
        .filter(|f| f.number > 0 && f.parent.is_none());
    let mut numbers: Vec<u32> = types.map(|f| f.number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=39).collect::<Vec<u32>>());
    assert_eq!(
        db.data
            .functions
            .iter()
            .filter(|f| f.parent.is_some())
            .count(),
        16
    );
    // Article 5 (21) and (27) to (38): the types whose basic function needs no personal information.
    let mut none: Vec<u32> = db
        .data
        .functions
        .iter()
        .filter(|f| f.needs_no_personal_info && f.parent.is_none())
        .map(|f| f.number)
        .collect();
    none.sort_unstable();
    assert_eq!(none, [21, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38]);
}

#[test]
fn functions_go_by_many_names() {
    let db = db();
    for query in [
        "6",
        "06",
        "网上购物",
        "网上购物类",
        "online-shopping",
        "Online_Shopping",
        "online shopping",
        "购物",
    ] {
        assert_eq!(
            db.function(query).map(|f| f.id.as_str()),
            Some("online-shopping"),
            "{query}"
        );
    }
    for query in [
        "手电筒",
        "flashlight",
        "utility/flashlight",
        "utility-flashlight",
    ] {
        assert_eq!(
            db.function(query).map(|f| f.id.as_str()),
            Some("utility-flashlight"),
            "{query}"
        );
    }
    for query in ["", "40", "0", "类", "nothing like it"] {
        assert!(db.function(query).is_none(), "{query}");
    }
}

#[test]
fn store_categories_lead_to_functions() {
    let db = db();
    let found = db.store_category("google-play/SHOPPING");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1.functions, ["online-shopping"]);
    // Several stores have a category of this name.
    assert!(db.store_category("购物").len() >= 2);
    assert!(db.store_category("google-play/没有").is_empty());
}

#[test]
fn protection_changes_with_the_level() {
    let db = db();
    let base = |name, level| db.protection_at(name, level).map(|p| p.base);
    // AOSP: GET_ACCOUNTS became dangerous with API 23, as the contacts group it belongs to.
    assert_eq!(base("android.permission.GET_ACCOUNTS", 22), Some("normal"));
    assert_eq!(
        base("android.permission.GET_ACCOUNTS", 23),
        Some("dangerous")
    );
    // POST_NOTIFICATIONS came with API 33.
    assert_eq!(base("android.permission.POST_NOTIFICATIONS", 32), None);
    assert_eq!(
        base("android.permission.POST_NOTIFICATIONS", 33),
        Some("dangerous")
    );
    // Beyond what was looked at: the last answer, and it says how far it goes.
    assert_eq!(
        db.protection_at("android.permission.CAMERA", 99)
            .map(|p| (p.base, p.to)),
        Some(("dangerous", 36))
    );
    assert_eq!(base("android.permission.NO_SUCH", 30), None);
    assert_eq!(
        db.group("android.permission.CAMERA"),
        Some("android.permission-group.CAMERA")
    );
    assert_eq!(
        db.group("android.permission.QUERY_ALL_PACKAGES"),
        Some("APPS")
    );
}

#[test]
fn permissions_are_found_by_name_and_by_pattern() {
    let db = db();
    let title = |name| {
        db.permission(name)
            .and_then(|v| v.privacy)
            .map(|p| p.name.as_str())
    };
    let steps = "android.permission.health.READ_STEPS";
    assert_eq!(
        title("android.permission.health.READ_HEART_RATE"),
        Some("android.permission.health.READ_HEART_RATE")
    );
    assert_eq!(title(steps), Some("android.permission.health.*"));
    assert!(db.permission(steps).unwrap().catalogue.is_some());
    assert_eq!(
        title("com.shop.app.permission.JPUSH_MESSAGE"),
        Some("*.permission.JPUSH_MESSAGE")
    );
    assert_eq!(
        title("android.permission.FOREGROUND_SERVICE_DATA_SYNC"),
        Some("android.permission.FOREGROUND_SERVICE_*")
    );
    assert!(db.permission("com.shop.app.permission.OWN").is_none());
}

#[test]
fn tiers_and_their_grounds() {
    let db = db();
    let (shop, maps) = (
        db.function("online-shopping").unwrap(),
        db.function("map-navigation").unwrap(),
    );
    let judge = |functions: &[&'_ schema::Function], name: &str| {
        let j = db.tier(functions, name);
        (j.tier, j.function.map(|f| f.id.clone()), j.not_judged)
    };
    // Article 5 (1) lists 位置信息; (6) does not.
    let found = db.tier(&[maps], FINE);
    assert_eq!(
        (found.tier, found.basis, found.clauses.as_slice()),
        (Tier::Necessary, Some("info"), &["CN-NEC14-5.1"][..])
    );
    assert_eq!(
        judge(&[shop], FINE),
        (Tier::OnUserAction, Some("online-shopping".into()), None)
    );
    // Several functions are a union, whatever their order.
    assert_eq!(
        judge(&[shop, maps], FINE),
        (Tier::Necessary, Some("map-navigation".into()), None)
    );
    assert_eq!(
        judge(&[maps, shop], FINE),
        (Tier::Necessary, Some("map-navigation".into()), None)
    );
    let calls = "android.permission.READ_CALL_LOG";
    let found = db.tier(&[shop, maps], calls);
    assert_eq!(found.tier, Tier::NotNeeded);
    assert!(found.clauses.contains(&"CN-RD191-4.1") && found.clauses.contains(&"CN-NEC14-5.6"));
    assert!(found.clauses.iter().all(|c| db.clause(c).is_some()));
    // A generic function beside it: nobody can say that it exceeds.
    let other = db.function("unclassified").unwrap();
    assert_eq!(
        judge(&[shop, other], calls),
        (
            Tier::NotJudged,
            Some("unclassified".into()),
            Some(NotJudged::GenericFunction)
        )
    );
    assert_eq!(judge(&[shop, other], FINE).0, Tier::OnUserAction);
    assert_eq!(
        judge(&[], FINE),
        (Tier::NotJudged, None, Some(NotJudged::NoFunction))
    );
    assert_eq!(
        judge(&[shop], "android.permission.INTERNET").2,
        Some(NotJudged::Neutral)
    );
    assert_eq!(
        judge(&[shop], "com.shop.permission.OWN").2,
        Some(NotJudged::Unknown)
    );
}

#[test]
fn a_permission_may_be_judged_as_another() {
    let db = db();
    let (fit, shop) = (
        db.function("fitness").unwrap(),
        db.function("online-shopping").unwrap(),
    );
    let found = db.tier(&[fit], "android.permission.health.READ_STEPS");
    assert_eq!(found.tier, Tier::OnUserAction);
    assert_eq!(
        found.judged_as,
        Some("android.permission.health.READ_HEART_RATE")
    );
    let found = db.tier(&[shop], "android.permission.health.READ_STEPS");
    assert_eq!(found.tier, Tier::NotNeeded);
}

#[test]
fn every_bad_file_is_named_with_its_place() {
    let dir = folder("bad");
    put(
        &dir,
        "law/X.toml",
        "id = \"X\"\ntitle = { zh = \"a\", en = \"b\" }\nnonsense = 1\n",
    );
    put(&dir, "functions/07-b.toml", "id = \"b\"\nnumber = = 7\n");
    put(&dir, "sdks/vendor/deep/x.toml", "");
    put(&dir, "notes.txt", "");
    put(&dir, ".hidden", "left alone");
    put(
        &dir,
        "store-types/one.toml",
        "id = \"two\"\nname = {}\ncategory = []\nsource = []\n",
    );
    let errors = load::load(&dir).unwrap_err();
    let shown: Vec<(&str, usize, usize)> = errors
        .iter()
        .map(|e| (e.file.as_str(), e.line, e.column))
        .collect();
    assert_eq!(
        shown,
        [
            ("functions/07-b.toml", 2, 10),
            ("law/X.toml", 3, 1),
            ("notes.txt", 0, 0),
            ("sdks/vendor/deep", 0, 0),
            ("store-types/one.toml", 0, 0)
        ]
    );
    assert!(errors[1].message.contains("nonsense"), "{}", errors[1]);
    assert_eq!(
        errors[4].to_string(),
        "store-types/one.toml: the path says `one`, the file `two`"
    );
    assert_eq!(load::load(&dir.join("absent")).unwrap_err().len(), 1);
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn an_overlay_replaces_and_adds_and_changes_the_digest() {
    let base = db();
    let dir = folder("overlay");
    let own = fs::read_to_string("signatures/functions/38-utility-flashlight.toml").unwrap();
    put(&dir, "functions/38-utility-flashlight.toml", &own);
    // The same file again is the same data.
    assert_eq!(SignatureDb::with_overlay(&dir).unwrap().digest, base.digest);

    put(
        &dir,
        "functions/38-utility-flashlight.toml",
        &own.replace("手电筒", "电筒"),
    );
    let sdk = "id = \"ours/kit\"\nname = { zh = \"甲\", en = \"A\" }\nvendor = { zh = \"乙\", en = \"B\" }\nmarket = \"cn\"\n\
        category = \"push\"\n[identity]\npackages = [\"com.ours.kit\"]\n[[source]]\nof = \"*\"\nfrom = \"us\"\n\
        date = \"2026-11-22\"\nconfidence = \"verified\"\n[examples]\nmatch = [[\"class com.ours.kit.A\"]]\n\
        no_match = [[\"class com.ours.kitchen.A\"]]\n";
    put(&dir, "sdks/ours/kit.toml", sdk);
    let over = SignatureDb::with_overlay(&dir).unwrap();
    assert_ne!(over.digest, base.digest);
    assert_eq!(over.counts().functions, base.counts().functions);
    assert_eq!(over.counts().sdks, base.counts().sdks + 1);
    assert!(over.sdk("ours/kit").is_some() && over.sdk("umeng/analytics").is_some());
    assert!(over.function("电筒").is_some());

    // The linter sees the whole: a prefix that another SDK has is refused.
    put(
        &dir,
        "sdks/ours/kit.toml",
        &sdk.replace("com.ours.kit\"]\n[[", "com.umeng.analytics\"]\n[["),
    );
    let errors = SignatureDb::with_overlay(&dir).unwrap_err();
    assert!(
        errors
            .iter()
            .any(|e| e.message.contains("com.umeng.analytics")),
        "{errors:?}"
    );
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_linter_sees_what_is_wrong() {
    use schema::{ClauseText, Confidence};
    let mut tree = builtin_tree().unwrap();
    let d = &mut tree.data;
    let sdk = |d: &mut Data, id: &str| d.sdks.iter().position(|s| s.id == id).unwrap();
    let clause = d
        .law
        .iter_mut()
        .find(|i| i.id == "CN-PIPL")
        .unwrap()
        .clause
        .first_mut()
        .unwrap();
    (clause.text_kind, clause.confidence) = (ClauseText::Quote, Confidence::Memory);
    d.law
        .iter_mut()
        .find(|i| i.id == "CN-DRAFT2026")
        .unwrap()
        .basis = true;
    let at = sdk(d, "umeng/push");
    d.sdks[at].identity.packages = vec!["com.tencent".into(), "com.umeng.analytics".into()];
    let at = sdk(d, "jiguang/jpush");
    d.sdks[at].name.zh = "".into();
    d.sdks[at].source[0].date = "22.11.2026".into();
    let at = sdk(d, "google/admob");
    d.sdks[at].examples.matches.clear();
    let at = sdk(d, "xiaomi/push");
    d.sdks[at].source.retain(|s| s.of != "aliases");
    d.information
        .source
        .retain(|s| s.of != "words" && s.of != "ability");
    d.catalogue
        .permission
        .iter_mut()
        .find(|p| p.name.ends_with(".CAMERA"))
        .unwrap()
        .protection = vec!["4-25 dangerous".into(), "20-36 dangerous".into()];
    let f = d.functions.iter_mut().find(|f| f.id == "hotel").unwrap();
    f.not_needed_clauses.push("CN-NOWHERE-1".into());
    f.permission[0].reasons = vec!["no-such-reason".into()];
    f.example[0].not_needed = vec!["android.permission.INTERNET".into()];

    let found = check::check(&SignatureDb::from_tree(tree));
    for (file, part) in [
        ("law/CN-PIPL.toml", "quoted from memory"),
        ("law/CN-DRAFT2026.toml", "cannot be a basis"),
        (
            "sdks/umeng/push.toml",
            "`com.tencent` covers more than one SDK",
        ),
        (
            "sdks/umeng/push.toml",
            "`com.umeng.analytics` also shows `umeng/analytics`",
        ),
        ("sdks/jiguang/jpush.toml", "name has no `zh`"),
        ("sdks/jiguang/jpush.toml", "the date `22.11.2026`"),
        ("sdks/google/admob.toml", "an example is missing"),
        ("sdks/xiaomi/push.toml", "`aliases` has no source"),
        ("information/kinds.toml", "`words` has no source"),
        ("information/kinds.toml", "`ability` has no source"),
        ("imported/permissions.toml", "overlaps the one before"),
        (
            "functions/17-hotel.toml",
            "clause `CN-NOWHERE-1` is unknown",
        ),
        (
            "functions/17-hotel.toml",
            "reason `no-such-reason` is unknown",
        ),
        ("functions/17-hotel.toml", "exceeding are {}"),
    ] {
        let seen = found
            .iter()
            .any(|c| c.file == file && c.message.contains(part));
        assert!(seen, "{file}: {part} not in {found:#?}");
    }
}
