//! The map against facts known from the documentation of Android.

use super::schema::{AccessMode, ApiGrade, By, History, Requirement, Visibility};
use super::*;

fn db() -> SignatureDb {
    SignatureDb::builtin().unwrap()
}

/// Grade and permissions at a level: `annotation all A B any C`.
fn at(db: &SignatureDb, member: &str, level: u32) -> String {
    db.requirements(member, level).map_or("-".to_owned(), |r| {
        let grade = ApiGrade::ALL.iter().find(|(g, _)| Some(*g) == r.grade);
        let mut text = grade.map_or("", |(_, word)| word).to_owned();
        for (word, list) in [(" all", &r.all), (" any", &r.any)] {
            if !list.is_empty() {
                text.push_str(word);
                list.iter().for_each(|p| {
                    text.push(' ');
                    text.push_str(p);
                });
            }
        }
        text
    })
}

fn ids(hits: &[AccessHit<'_>]) -> Vec<String> {
    hits.iter().map(|h| h.access.id.to_string()).collect()
}

const IMEI: &str = "Landroid/telephony/TelephonyManager;->getDeviceId()Ljava/lang/String;";
const BONDED: &str = "Landroid/bluetooth/BluetoothAdapter;->getBondedDevices()Ljava/util/Set;";
const SCAN: &str = "Landroid/net/wifi/WifiManager;->getScanResults()Ljava/util/List;";

/// developer.android.com: getDeviceId needs READ_PHONE_STATE to API 28 and READ_PRIVILEGED_PHONE_STATE from 29.
#[test]
fn the_imei_changes_with_android_10() {
    let db = db();
    assert_eq!(at(&db, IMEI, 28), "annotation all READ_PHONE_STATE");
    for level in [29, 36, 40] {
        assert_eq!(
            at(&db, IMEI, level),
            "annotation all READ_PRIVILEGED_PHONE_STATE",
            "{level}"
        );
    }
    // 23 has a link in the documentation only; 24 and 25 were not looked at and have the same answer.
    for level in [23, 24, 25] {
        assert_eq!(at(&db, IMEI, level), "mentioned any READ_PHONE_STATE");
    }
    assert_eq!(at(&db, IMEI, 22), "-");
    let span = db.requirement_span(IMEI, 21, 28).unwrap();
    assert_eq!(span.at_target.unwrap().all, ["READ_PHONE_STATE"]);
    assert_eq!(span.all.len(), 3);
    assert!(span.free_at_some);
    let span = db.requirement_span(IMEI, 26, 34).unwrap();
    assert_eq!(
        span.permissions(),
        [
            "android.permission.READ_PHONE_STATE",
            "android.permission.READ_PRIVILEGED_PHONE_STATE"
        ]
    );
    assert_eq!(span.at_target.unwrap().all, ["READ_PRIVILEGED_PHONE_STATE"]);
    assert!(!span.free_at_some);
}

/// developer.android.com: BLUETOOTH to API 30, BLUETOOTH_CONNECT from 31.
#[test]
fn bluetooth_changes_with_android_12() {
    let db = db();
    assert_eq!(at(&db, BONDED, 30), "annotation all BLUETOOTH");
    assert_eq!(at(&db, BONDED, 31), "annotation all BLUETOOTH_CONNECT");
    // By target: an app that targets 30 keeps BLUETOOTH on a new device.
    let access = db.access("bluetooth.devices").unwrap();
    let needed = |device, target| access.at(device, target).unwrap().all[0].to_owned();
    assert_eq!(needed(34, 34), "BLUETOOTH_CONNECT");
    assert_eq!(needed(30, 34), "BLUETOOTH");
}

/// developer.android.com: location permission and ACCESS_WIFI_STATE from API 29.
#[test]
fn wifi_scans_and_the_level_whose_module_was_missing() {
    let db = db();
    assert_eq!(
        at(&db, SCAN, 34),
        "annotation all ACCESS_FINE_LOCATION ACCESS_WIFI_STATE"
    );
    assert_eq!(at(&db, SCAN, 32), at(&db, SCAN, 33));
    let access = db.access("wifi.scan").unwrap();
    let r = access.at(26, 30).unwrap();
    assert_eq!(r.all, ["ACCESS_WIFI_STATE"]);
    assert_eq!(r.any, ["ACCESS_COARSE_LOCATION", "ACCESS_FINE_LOCATION"]);
    let held = |p: &str| p.ends_with("_WIFI_STATE") || p.ends_with("COARSE_LOCATION");
    assert!(r.satisfied_by(held));
    assert!(!access.at(29, 30).unwrap().satisfied_by(held));
}

#[test]
fn either_location_permission_will_do() {
    let db = db();
    let last = "Landroid/location/LocationManager;->getLastKnownLocation(Ljava/lang/String;)Landroid/location/Location;";
    for level in [23, 27, 36] {
        assert_eq!(
            at(&db, last, level),
            "annotation any ACCESS_COARSE_LOCATION ACCESS_FINE_LOCATION"
        );
    }
    let r = db.requirements(last, 30).unwrap();
    assert!(r.satisfied_by(|p| p == "android.permission.ACCESS_COARSE_LOCATION"));
    assert!(!r.satisfied_by(|p| p == "android.permission.CAMERA"));
}

/// No annotation in AOSP: the curated accesses say what the documentation says.
#[test]
fn what_no_annotation_says() {
    let db = db();
    for (class, name, id, permission) in [
        (
            "Landroid/telephony/SmsManager;",
            "sendTextMessage",
            "sms.send",
            "SEND_SMS",
        ),
        ("Landroid/hardware/Camera;", "open", "camera.open", "CAMERA"),
        (
            "Landroid/media/MediaRecorder;",
            "setAudioSource",
            "audio.record",
            "RECORD_AUDIO",
        ),
        (
            "Landroid/app/usage/UsageStatsManager;",
            "queryEvents",
            "apps.usage",
            "PACKAGE_USAGE_STATS",
        ),
    ] {
        let hits = db.accesses_of_method(class, name, "()V");
        let hit = hits.iter().find(|h| h.constant.is_none()).unwrap();
        assert_eq!(hit.access.id, id);
        assert!(!hit.is_hint());
        assert_eq!(hit.access.at(30, 30).unwrap().all, [permission]);
    }
    // A beginning of a name is not the name.
    assert!(
        db.accesses_of_method("Landroid/hardware/Camera;", "ope", "()V")
            .is_empty()
    );
    assert!(
        db.accesses_of_method("Landroid/hardware/Camera2;", "open", "()V")
            .is_empty()
    );
}

/// AOSP ContactsProvider: readPermission READ_CONTACTS, writePermission WRITE_CONTACTS.
#[test]
fn providers_are_read_and_written() {
    let db = db();
    let uri = "content://com.android.contacts/data/phones?x=1";
    assert_eq!(
        ids(&db.accesses_of_uri(uri, Some(AccessMode::Read))),
        ["contacts.read"]
    );
    assert_eq!(
        ids(&db.accesses_of_uri(uri, Some(AccessMode::Write))),
        ["contacts.write"]
    );
    assert_eq!(
        ids(&db.accesses_of_uri(uri, None)),
        ["contacts.read", "contacts.write"]
    );
    let permissions = db
        .provider_permissions("content://0@com.android.contacts/raw")
        .unwrap();
    assert_eq!(permissions.read, ["android.permission.READ_CONTACTS"]);
    assert_eq!(permissions.write, ["android.permission.WRITE_CONTACTS"]);
    // The longest path wins, and a path ends at a slash.
    let profile = db.accesses_of_uri("content://com.android.contacts/profile/x", None);
    assert_eq!(ids(&profile), ["accounts.profile"]);
    let other = db.accesses_of_uri("content://com.android.contacts/profiles", None);
    assert_eq!(ids(&other), ["contacts.read", "contacts.write"]);
    assert!(
        db.accesses_of_uri("content://com.android.contactsx", None)
            .is_empty()
    );
    let mapped = db.accesses_of_uri("content://settings/secure/android_id", None);
    assert_eq!(ids(&mapped), ["id.android-id"]);
}

#[test]
fn constants_decide() {
    let db = db();
    let hits = db.accesses_of_method(
        "Landroid/hardware/SensorManager;",
        "getDefaultSensor",
        "(I)V",
    );
    let of = |n| {
        let fits = hits
            .iter()
            .filter(|h| h.constant.is_some() && h.number_fits(n));
        fits.map(|h| h.access.id.as_str()).collect::<Vec<_>>()
    };
    // Sensor.TYPE_HEART_RATE is 21, TYPE_STEP_COUNTER 19, TYPE_ACCELEROMETER 1.
    assert_eq!(of(21), ["sensors.body"]);
    assert_eq!(of(19), ["sensors.steps"]);
    assert!(of(1).is_empty());
    let hits = db.accesses_of_method("Landroid/media/MediaDrm;", "getPropertyByteArray", "");
    assert!(hits[0].text_fits("deviceUniqueId") && !hits[0].text_fits("vendor"));
}

#[test]
fn other_channels() {
    let db = db();
    let receives = db.accesses_of_action(By::Receives, "android.provider.Telephony.SMS_RECEIVED");
    assert_eq!(ids(&receives), ["sms.receive"]);
    assert_eq!(ids(&db.accesses_of_service("uwb")), ["uwb"]);
    assert!(db.accesses_of_service("uwb")[0].is_hint());
    let paths = db.accesses_of_string("/sys/class/net/wlan0/address");
    assert!(ids(&paths).iter().all(|id| id == "id.mac-file") && !paths.is_empty());
    assert_eq!(
        ids(&db.accesses_of_string("pm list packages -f")),
        ["apps.installed"]
    );
    assert!(db.accesses_of_string("pm").is_empty() && db.accesses_of_string("").is_empty());
    let reflected =
        db.accesses_of_reflection("Landroid/telephony/TelephonyManager;", "getDeviceId");
    assert_eq!(ids(&reflected), ["phone.imei"]);
    let call = db.action_requirements("android.intent.action.CALL");
    assert_eq!(call[0].1.requirements[0].any, ["CALL_PHONE"]);
}

/// The classes that a scanner must look at, in order, from the table and from the accesses.
#[test]
fn watched_classes_are_sorted_and_complete() {
    let db = db();
    assert!(db.watched_classes().is_sorted());
    for class in [
        "Landroid/telephony/TelephonyManager;",
        "Landroid/os/Build;",
        "Landroid/provider/ContactsContract$CommonDataKinds$Phone;",
        "Lcom/amap/api/location/AMapLocationClient;",
        "Landroid/webkit/WebChromeClient;",
    ] {
        assert!(db.watches_class(class), "{class}");
    }
    assert!(!db.watches_class("Ljava/lang/Object;"));
}

/// Every entry of the tables is found by the search in the packed text, and none that is not there.
#[test]
fn tables_find_what_they_hold() {
    let db = db();
    for table in [&db.data.members, &db.data.actions, &db.data.providers] {
        let mut count = (0, 0);
        let mut last = "";
        for (group, entries) in table.groups() {
            assert!(last < group);
            last = group;
            count.0 += 1;
            for (key, history) in entries.iter() {
                count.1 += 1;
                assert_eq!(table.get(group, key), Some(history));
            }
            assert_eq!(table.get(group, "~"), None);
            assert_eq!(table.get(group, ""), None);
        }
        assert_eq!(table.size(), count);
        assert!(table.group("").is_none() && table.group("~").is_none());
        assert!(
            table
                .group("Landroid/telephony/TelephonyManagerX;")
                .is_none()
        );
    }
}

#[test]
fn histories_and_requirements_are_strict() {
    let h =
        History::parse("system; 26-28 annotation if all A B any C; 30 mentioned any x.D").unwrap();
    assert_eq!(h.visibility, Visibility::System);
    let r = &h.requirements[0];
    assert!(r.conditional && r.all == ["A", "B"] && r.any == ["C"]);
    // 27 lies in the range, 29 between two of them, 25 right before the first; 31 was looked at.
    assert_eq!(h.at(27), h.at(29));
    assert_eq!(h.at(25).map(|r| r.from), Some(26));
    assert_eq!(h.at(23), None);
    assert_eq!(h.at(31), None);
    for bad in [
        "",
        "26",
        "28-26 all A",
        "x-26 all A",
        "26-28 A",
        "26-28 all",
        "26-28  all A",
    ] {
        assert_eq!(Requirement::parse(bad), None, "{bad}");
    }
    let target = Requirement::parse("target 31-36 all A").unwrap();
    assert!(target.by_target && target.grade.is_none());
}

/// Everything a user has to grant has at least one access.
#[test]
fn every_dangerous_and_special_permission_has_an_access() {
    let db = db();
    let dangerous = |p: &&schema::CataloguePermission| {
        let last = p.protection.last().and_then(|t| Protection::parse(t));
        p.public
            && p.kind == "platform"
            && p.removed_after.is_none()
            && last.is_some_and(|l| l.base == "dangerous" || l.flags.contains("appop"))
    };
    let missing: Vec<&str> = db
        .data
        .catalogue
        .permission
        .iter()
        .filter(dangerous)
        .map(|p| p.name.as_str())
        .filter(|name| !name.starts_with("android.permission.health."))
        .filter(|name| db.accesses_of_permission(name).next().is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    for name in [
        "android.permission.BIND_ACCESSIBILITY_SERVICE",
        "android.permission.BIND_DEVICE_ADMIN",
        "android.permission.BIND_NOTIFICATION_LISTENER_SERVICE",
        "android.permission.QUERY_ALL_PACKAGES",
        "com.android.permission.GET_INSTALLED_APPS",
        "android.permission.ACCESS_NOTIFICATION_POLICY",
    ] {
        assert!(db.accesses_of_permission(name).next().is_some(), "{name}");
    }
}
