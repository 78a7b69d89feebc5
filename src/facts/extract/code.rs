//! What one DEX file says: classes defined and named, members used, host names.

use super::{Part, strings};
use crate::code::{Budget, Faults, Sites, Target, Wanted, scan, undefined_types};
use crate::container::Entry;
use crate::dex::{Dex, mutf8, names};
use crate::facts::model::{CallFact, CallSite, DexFact, Facts};
use crate::hash::sha256;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::collections::{BTreeMap, BTreeSet};

/// One DEX file, read; call sites do not know its number in the app yet.
pub(super) struct DexRead {
    fact: DexFact,
    /// Descriptors of classes that it names and does not define.
    undefined: Vec<String>,
    calls: Vec<CallFact>,
    hosts: BTreeSet<String>,
}

/// Platform classes about screens and plumbing: many uses, no personal information behind any of them.
const PLUMBING: [&str; 20] = [
    "Landroid/view/",
    "Landroid/widget/",
    "Landroid/graphics/",
    "Landroid/animation/",
    "Landroid/text/",
    "Landroid/util/",
    "Landroid/transition/",
    "Landroid/opengl/",
    "Landroid/support/",
    "Landroid/arch/",
    "Landroid/databinding/",
    "Landroid/content/res/",
    "Landroid/os/Bundle;",
    "Landroid/os/Parcel;",
    "Landroid/os/Handler;",
    "Landroid/os/Message;",
    "Landroid/os/Looper;",
    "Landroid/os/SystemClock;",
    "Landroid/content/SharedPreferences",
    "Landroid/R$",
];

/// Exceptions from [`PLUMBING`].
const WATCHED: [&str; 3] = [
    "Landroid/view/accessibility/",
    "Landroid/view/PixelCopy;",
    "Landroid/view/inputmethod/",
];

/// Classes outside `android.` through which personal information or foreign code is reached.
const BESIDE_ANDROID: [&str; 10] = [
    "Ldalvik/system/",
    "Lcom/android/internal/",
    "Ljava/net/NetworkInterface;",
    "Ljava/net/InetAddress;",
    "Ljava/lang/Runtime;",
    "Ljava/lang/ProcessBuilder;",
    "Ljava/lang/ClassLoader;",
    "Ljava/lang/reflect/Method;",
    "Ljava/lang/Class;",
    "Ljava/lang/System;",
];

/// Whether uses of the members of a class are kept.
fn is_kept(class: &str) -> bool {
    let begins = |list: &[&str]| list.iter().any(|prefix| class.starts_with(prefix));
    if class.starts_with("Landroid/") {
        !begins(&PLUMBING) || begins(&WATCHED)
    } else {
        begins(&BESIDE_ANDROID)
    }
}

/// Packages of the platform itself: naming their classes says nothing about libraries.
const PLATFORM: [&str; 12] = [
    "java.",
    "javax.",
    "dalvik.",
    "libcore.",
    "sun.",
    "org.json.",
    "org.w3c.dom.",
    "org.xml.sax.",
    "org.xmlpull.",
    "org.apache.http.",
    "com.android.internal.",
    "junit.",
];

fn is_platform(class: &str) -> bool {
    let library = ["android.support.", "android.arch.", "android.databinding."];
    (class.starts_with("android.") && !library.iter().any(|p| class.starts_with(p)))
        || PLATFORM.iter().any(|p| class.starts_with(p))
}

/// Reads the DEX file (or container of DEX files) in `entry`.
pub(super) fn read(
    part: &Part<'_>,
    entry: &Entry,
    bytes: &[u8],
    limits: &Limits,
    incidents: &mut Vec<Incident>,
) -> Vec<DexRead> {
    let file = format!("{}!{}", part.name, entry.name);
    let members = match Dex::parse(bytes, &file, limits, incidents) {
        Ok(members) => members,
        Err(error) => {
            incidents.push(
                Incident::from_error(IncidentCode::Unreadable, file, &error).hiding(Channel::Code),
            );
            return Vec::new();
        }
    };
    let walk = || -> Vec<DexRead> {
        let mut budget = Budget::new(limits);
        let one = |dex| {
            let mut faults = Faults::default();
            let read = one(dex, limits, &mut budget, &mut faults);
            faults.report(&file, incidents);
            read
        };
        members.iter().map(one).collect()
    };
    // Hashing takes as long as the walk.
    let (digest, mut read) = rayon::join(|| sha256(bytes), walk);
    for dex in &mut read {
        dex.fact.file.clone_from(&part.name);
        dex.fact.entry.clone_from(&entry.name);
        dex.fact.sha256.clone_from(&digest);
        dex.fact.size = entry.size;
    }
    read
}

fn one(dex: &Dex<'_>, limits: &Limits, budget: &mut Budget, faults: &mut Faults) -> DexRead {
    let mut defines = Vec::new();
    for class in dex.class_defs() {
        match dex.type_descriptor(class.class) {
            Ok(descriptor) => defines.push(names::java_name(&descriptor)),
            Err(error) => faults.add(error),
        }
    }
    defines.sort();
    defines.dedup();
    let undefined = undefined_types(dex, budget, faults)
        .into_iter()
        .map(|descriptor| names::java_name(&mutf8::decode(descriptor)))
        .filter(|name| !is_platform(name))
        .collect();
    let mut wanted = Wanted::nothing(dex);
    wanted.select_methods(dex, budget, |member| is_kept(member.class));
    wanted.select_fields(dex, budget, |member| is_kept(member.class));
    faults.merge(std::mem::take(&mut wanted.faults));
    let mut sites = Sites::keeping(limits.sites_per_member);
    let seen = scan(dex, &wanted, &mut sites, budget);
    faults.merge(seen.faults);
    DexRead {
        fact: DexFact {
            version: format!("{:03}", dex.header().version),
            classes: dex.class_count(),
            methods: dex.method_count(),
            defines,
            ..DexFact::default()
        },
        undefined,
        calls: calls(dex, &sites, faults),
        hosts: strings::hosts(dex),
    }
}

fn calls(dex: &Dex<'_>, sites: &Sites, faults: &mut Faults) -> Vec<CallFact> {
    let mut calls = Vec::new();
    for (target, of) in sites.iter() {
        if !matches!(target, Target::Method(_) | Target::Field(_)) {
            continue;
        }
        let call = target.describe(dex).and_then(|member| {
            let mut kept = Vec::new();
            for (site, _) in &of.kept {
                let described = site.describe(dex)?;
                kept.push(CallSite {
                    dex: 0,
                    class: names::java_name(&described.class),
                    method: described.method,
                    offset: site.offset,
                });
            }
            Ok(CallFact {
                member,
                count: u32::try_from(of.total).unwrap_or(u32::MAX),
                sites: kept,
            })
        });
        match call {
            Ok(call) => calls.push(call),
            Err(error) => faults.add(error),
        }
    }
    calls
}

/// Joins the DEX files of the app, in class-path order.
pub(super) fn join(read: Vec<DexRead>, facts: &mut Facts, limits: &Limits) {
    let mut calls: BTreeMap<String, CallFact> = BTreeMap::new();
    let mut undefined = BTreeSet::new();
    let mut hosts = BTreeSet::new();
    for (number, dex) in (0u32..).zip(read) {
        undefined.extend(dex.undefined);
        hosts.extend(dex.hosts);
        for mut call in dex.calls {
            for site in &mut call.sites {
                site.dex = number;
            }
            let joined = calls
                .entry(call.member.clone())
                .or_insert_with(|| CallFact {
                    member: call.member.clone(),
                    ..CallFact::default()
                });
            joined.count = joined.count.saturating_add(call.count);
            let room = limits.sites_per_member.saturating_sub(joined.sites.len());
            joined.sites.extend(call.sites.into_iter().take(room));
        }
        facts.dex.push(dex.fact);
    }
    for dex in &facts.dex {
        for class in &dex.defines {
            undefined.remove(class);
        }
    }
    facts.referenced = undefined.into_iter().collect();
    facts.calls = calls.into_values().collect();
    facts.hosts = hosts.into_iter().collect();
}

#[cfg(test)]
mod tests {
    use super::{is_kept, is_platform};

    #[test]
    fn screens_are_left_out_and_what_watches_them_is_not() {
        assert!(is_kept("Landroid/telephony/TelephonyManager;"));
        assert!(is_kept(
            "Landroid/view/accessibility/AccessibilityNodeInfo;"
        ));
        assert!(is_kept("Ldalvik/system/DexClassLoader;"));
        assert!(!is_kept("Landroid/view/View;"));
        assert!(!is_kept("Landroid/support/v4/app/Fragment;"));
        assert!(!is_kept("Ljava/util/List;"));
    }

    #[test]
    fn support_libraries_are_not_the_platform() {
        assert!(is_platform("android.app.Activity"));
        assert!(!is_platform("android.support.v4.app.Fragment"));
        assert!(!is_platform("androidx.core.app.ActivityCompat"));
    }
}
