//! The Data safety form of Google Play, in the CSV format of the Play Console.
//!
//! The ids were taken from the source of a plug-in for Android Studio that writes the form (`safetySectionDataTypes`)
//! and agree with generators that several projects publish. Only ids found in both are used; no import into a console
//! was tried. The console's own export has more questions; they are about what no package shows, and are left out.

use super::super::reach::{ShownBy, reached};
use super::Table;
use crate::report::v1::Report;
use crate::signatures::SignatureDb;
use std::collections::{BTreeMap, BTreeSet};

/// The first line; the console takes no other.
pub(super) const HEADER: &str = "Question ID (machine readable),Response ID (machine readable),Response value,Answer requirement,Human-friendly question label";

/// Question, response, label, and the kinds of information that it is. Types without a kind are the operator's to answer.
const TYPES: [(&str, &str, &str, &[&str]); 38] = [
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_NAME",
        "Personal info / Name",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_EMAIL",
        "Personal info / Email address",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_USER_ACCOUNT",
        "Personal info / User IDs",
        &["accounts.list", "accounts.profile"],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_ADDRESS",
        "Personal info / Address",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_PHONE",
        "Personal info / Phone number",
        &["phone.number"],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_RACE_ETHNICITY",
        "Personal info / Race and ethnicity",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_POLITICAL_RELIGIOUS",
        "Personal info / Political or religious beliefs",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_SEXUAL_ORIENTATION_GENDER_IDENTITY",
        "Personal info / Sexual orientation",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PERSONAL",
        "PSL_OTHER_PERSONAL",
        "Personal info / Other info",
        &["identity.id-card"],
    ),
    (
        "PSL_DATA_TYPES_FINANCIAL",
        "PSL_CREDIT_DEBIT_BANK_ACCOUNT_NUMBER",
        "Financial info / User payment info",
        &["payment.info"],
    ),
    (
        "PSL_DATA_TYPES_FINANCIAL",
        "PSL_PURCHASE_HISTORY",
        "Financial info / Purchase history",
        &[],
    ),
    (
        "PSL_DATA_TYPES_FINANCIAL",
        "PSL_CREDIT_SCORE",
        "Financial info / Credit score",
        &[],
    ),
    (
        "PSL_DATA_TYPES_FINANCIAL",
        "PSL_OTHER",
        "Financial info / Other financial info",
        &[],
    ),
    (
        "PSL_DATA_TYPES_LOCATION",
        "PSL_APPROX_LOCATION",
        "Location / Approximate location",
        &["location.coarse", "network.cell", "network.wifi-scan"],
    ),
    (
        "PSL_DATA_TYPES_LOCATION",
        "PSL_PRECISE_LOCATION",
        "Location / Precise location",
        &["location.precise", "location.background", "location.photo"],
    ),
    (
        "PSL_DATA_TYPES_SEARCH_AND_BROWSING",
        "PSL_WEB_BROWSING_HISTORY",
        "Web browsing / Web browsing history",
        &["browser.history"],
    ),
    (
        "PSL_DATA_TYPES_EMAIL_AND_TEXT",
        "PSL_EMAILS",
        "Messages / Emails",
        &["mail.read"],
    ),
    (
        "PSL_DATA_TYPES_EMAIL_AND_TEXT",
        "PSL_SMS_CALL_LOG",
        "Messages / SMS or MMS",
        &["sms.read", "sms.receive"],
    ),
    (
        "PSL_DATA_TYPES_EMAIL_AND_TEXT",
        "PSL_OTHER_MESSAGES",
        "Messages / Other in-app messages",
        &[],
    ),
    (
        "PSL_DATA_TYPES_PHOTOS_AND_VIDEOS",
        "PSL_PHOTOS",
        "Photos and videos / Photos",
        &["camera.capture", "media.images", "media.selected"],
    ),
    (
        "PSL_DATA_TYPES_PHOTOS_AND_VIDEOS",
        "PSL_VIDEOS",
        "Photos and videos / Videos",
        &["media.video"],
    ),
    (
        "PSL_DATA_TYPES_AUDIO",
        "PSL_AUDIO",
        "Audio files / Voice or sound recordings",
        &["audio.record", "biometric.voice", "phone.voicemail"],
    ),
    (
        "PSL_DATA_TYPES_AUDIO",
        "PSL_MUSIC",
        "Audio files / Music files",
        &["media.audio"],
    ),
    (
        "PSL_DATA_TYPES_AUDIO",
        "PSL_OTHER_AUDIO",
        "Audio files / Other audio files",
        &[],
    ),
    (
        "PSL_DATA_TYPES_HEALTH_AND_FITNESS",
        "PSL_HEALTH",
        "Health and fitness / Health info",
        &["health.body", "health.records"],
    ),
    (
        "PSL_DATA_TYPES_HEALTH_AND_FITNESS",
        "PSL_FITNESS",
        "Health and fitness / Fitness info",
        &["activity.motion"],
    ),
    (
        "PSL_DATA_TYPES_CONTACTS",
        "PSL_CONTACTS",
        "Contacts / Contacts",
        &["contacts.read", "calllog.read"],
    ),
    (
        "PSL_DATA_TYPES_CALENDAR",
        "PSL_CALENDAR",
        "Calendar / Calendar events",
        &["calendar.read"],
    ),
    (
        "PSL_DATA_TYPES_APP_PERFORMANCE",
        "PSL_CRASH_LOGS",
        "App info and performance / Crash logs",
        &["usage.crash"],
    ),
    (
        "PSL_DATA_TYPES_APP_PERFORMANCE",
        "PSL_PERFORMANCE_DIAGNOSTICS",
        "App info and performance / Diagnostics",
        &[],
    ),
    (
        "PSL_DATA_TYPES_APP_PERFORMANCE",
        "PSL_OTHER_PERFORMANCE",
        "App info and performance / Other app performance data",
        &[],
    ),
    (
        "PSL_DATA_TYPES_FILES_AND_DOCS",
        "PSL_FILES_AND_DOCS",
        "Files and docs / Files and docs",
        &["files.all", "files.shared"],
    ),
    (
        "PSL_DATA_TYPES_APP_ACTIVITY",
        "PSL_USER_INTERACTION",
        "App activity / App interactions",
        &["usage.behaviour"],
    ),
    (
        "PSL_DATA_TYPES_APP_ACTIVITY",
        "PSL_IN_APP_SEARCH_HISTORY",
        "App activity / In-app search history",
        &[],
    ),
    (
        "PSL_DATA_TYPES_APP_ACTIVITY",
        "PSL_APPS_ON_DEVICE",
        "App activity / Installed apps",
        &["apps.installed"],
    ),
    (
        "PSL_DATA_TYPES_APP_ACTIVITY",
        "PSL_USER_GENERATED_CONTENT",
        "App activity / Other user-generated content",
        &[],
    ),
    (
        "PSL_DATA_TYPES_APP_ACTIVITY",
        "PSL_OTHER_APP_ACTIVITY",
        "App activity / Other actions",
        &[],
    ),
    (
        "PSL_DATA_TYPES_IDENTIFIERS",
        "PSL_DEVICE_ID",
        "Device or other IDs / Device or other IDs",
        &[
            "device.android-id",
            "device.appset-id",
            "device.bluetooth-address",
            "device.drm-id",
            "device.gaid",
            "device.gsf-id",
            "device.iccid",
            "device.imei",
            "device.imsi",
            "device.install-id",
            "device.mac",
            "device.oaid",
            "device.serial",
            "device.vaid",
        ],
    ),
];

/// The types that an app shows, each with the kinds of information and what shows them.
pub(super) fn shown(report: &Report, db: &SignatureDb) -> BTreeMap<&'static str, BTreeSet<String>> {
    let reached = reached(report, db);
    let mut shown: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for (_, response, _, kinds) in TYPES {
        // A permission alone collects nothing; the form asks for what is collected.
        for (id, kind) in reached
            .iter()
            .filter(|(id, kind)| kinds.contains(id) && kind.shown_by == ShownBy::Code)
        {
            let entry = shown.entry(response).or_default();
            entry.insert((*id).to_owned());
            entry.extend(kind.because.iter().cloned());
        }
    }
    shown
}

/// The form, and a table that links its answers.
pub(super) fn form(report: &Report, db: &SignatureDb) -> (String, Table) {
    let shown = shown(report, db);
    let mut out = format!("{HEADER}\n");
    let mut links = Table {
        title: "Play Data safety".into(),
        header: ["Question ID", "Response ID", "evidence ids"]
            .map(str::to_owned)
            .to_vec(),
        rows: Vec::new(),
    };
    let any = if shown.is_empty() { "" } else { "TRUE" };
    let mut line = |question: &str, response: &str, value: &str, requirement: &str, label: &str| {
        out.push_str(&format!(
            "{question},{response},{value},{requirement},{label}\n"
        ));
    };
    line(
        "PSL_DATA_COLLECTION_COLLECTS_PERSONAL_DATA",
        "",
        any,
        "REQUIRED",
        "Does your app collect or share any of the required user data types?",
    );
    let transit = "Is all of the user data collected by your app encrypted in transit?";
    line(
        "PSL_DATA_COLLECTION_ENCRYPTED_IN_TRANSIT",
        "",
        "",
        "MAYBE_REQUIRED",
        transit,
    );
    for (question, response, label, _) in TYPES {
        let because = shown.get(response);
        line(
            question,
            response,
            because.map_or("", |_| "TRUE"),
            "MULTIPLE_CHOICE",
            label,
        );
        if let Some(because) = because {
            let because: Vec<&str> = because.iter().map(String::as_str).collect();
            links
                .rows
                .push(vec![question.into(), response.into(), because.join(" ")]);
        }
    }
    (out, links)
}

/// The label of a type.
pub(super) fn label(response: &str) -> Option<&'static str> {
    TYPES
        .iter()
        .find(|(_, id, ..)| *id == response)
        .map(|(_, _, label, _)| *label)
}
