//! The fact notation of examples, and the plain matcher that the linter runs them with.
//!
//! One line states one fact about an app:
//!
//! | line | fact |
//! |---|---|
//! | `class com.umeng.analytics.MobclickAgent` | the class is bundled |
//! | `ref com.x.Y` | the class is referred to and not bundled: shows nothing |
//! | `activity`, `service`, `receiver`, `provider com.x.Y` | a component of that class is declared |
//! | `action com.x.intent.Z` | a component handles the action |
//! | `meta UMENG_APPKEY=x` | `meta-data`; the value may be left out |
//! | `lib arm64-v8a/libfoo.so` | a native library |
//! | `asset assets/x` | an entry of the archive |
//! | `host alog.umeng.com` | a host name in a string |
//! | `perm android.permission.CAMERA` | the app requests it |
//!
//! Rule files use more words (`call`, `target` …); here such a line counts for nothing.

use super::schema::Identity;

/// How an example's fact speaks for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Enough by itself.
    Strong,
    /// Two different ones are needed.
    Weak,
}

/// One line, taken apart: the word and the rest.
///
/// `None` where the line has no rest.
#[must_use]
pub fn split(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.trim().split_once(' ')?;
    let rest = rest.trim();
    (!rest.is_empty()).then_some((word, rest))
}

/// Words that the notation has for SDKs and packers.
pub const WORDS: &[&str] = &[
    "class", "ref", "activity", "service", "receiver", "provider", "action", "meta", "lib",
    "asset", "host", "perm",
];

/// `prefix` is `name` itself or a package above it: `com.a` covers `com.a` and `com.a.B`, not `com.ab`.
#[must_use]
pub fn covers_package(prefix: &str, name: &str) -> bool {
    name.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('$'))
}

/// `pattern` is `name`, or ends in `*` and is its beginning.
#[must_use]
pub fn covers_star(pattern: &str, name: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == name, |start| name.starts_with(start))
}

/// `pattern` is the file name `name`, or `libfoo*.so` and fits it.
#[must_use]
pub fn covers_lib(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix("*.so") {
        Some(start) => name.starts_with(start) && name.ends_with(".so"),
        None => pattern == name,
    }
}

/// `*.x.com` covers `x.com` and its subdomains; anything else only itself.
#[must_use]
pub fn covers_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix("*.") {
        Some(domain) => host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        None => pattern == host,
    }
}

/// The longest package prefix of `prefixes` that covers a class.
#[must_use]
pub fn longest<'a>(prefixes: &'a [String], class: &str) -> Option<&'a str> {
    prefixes
        .iter()
        .filter(|p| covers_package(p, class))
        .max_by_key(|p| p.len())
        .map(String::as_str)
}

/// How one line speaks for an identity, and by which of its entries.
#[must_use]
pub fn mark<'a>(identity: &'a Identity, line: &str) -> Option<(Mark, &'a str)> {
    let (word, rest) = split(line)?;
    let find = |list: &'a [String], fits: &dyn Fn(&str) -> bool| {
        list.iter().find(|x| fits(x)).map(String::as_str)
    };
    let strong = |found: Option<&'a str>| found.map(|x| (Mark::Strong, x));
    let weak = |found: Option<&'a str>| found.map(|x| (Mark::Weak, x));
    let class = || {
        let (s, w) = (
            longest(&identity.packages, rest),
            longest(&identity.weak_packages, rest),
        );
        // A weak prefix below a strong one takes its part out of it.
        if w.map_or(0, str::len) > s.map_or(0, str::len) {
            weak(w)
        } else {
            strong(s)
        }
    };
    match word {
        "class" => class(),
        "activity" | "service" | "receiver" | "provider" => {
            strong(find(&identity.components, &|x| x == rest)).or_else(class)
        }
        "action" => weak(find(&identity.actions, &|x| x == rest)),
        "meta" => {
            let key = rest.split_once('=').map_or(rest, |(key, _)| key);
            strong(find(&identity.meta_data, &|x| covers_star(x, key)))
                .or_else(|| weak(find(&identity.weak_meta_data, &|x| covers_star(x, key))))
        }
        "lib" => {
            let name = rest.rsplit('/').next().unwrap_or(rest);
            strong(find(&identity.native, &|x| covers_lib(x, name)))
                .or_else(|| weak(find(&identity.weak_native, &|x| covers_lib(x, name))))
        }
        "asset" => strong(find(&identity.assets, &|x| covers_star(x, rest))),
        "host" => weak(find(&identity.hosts, &|x| covers_host(x, rest))),
        _ => None,
    }
}

/// The app of an example shows the identity: one strong mark, or two different weak ones of which one is no host.
///
/// Hosts alone never suffice: an app that talks to a service need not carry its SDK.
/// A class that `others` (prefixes of other SDKs) covers more closely does not count.
#[must_use]
pub fn matches(identity: &Identity, lines: &[String], others: &[&str]) -> bool {
    let mut weak: Vec<&str> = Vec::new();
    let mut more_than_hosts = false;
    for line in lines {
        let closer = |found: &str| {
            split(line).is_some_and(|(word, name)| {
                matches!(
                    word,
                    "class" | "activity" | "service" | "receiver" | "provider"
                ) && others
                    .iter()
                    .any(|o| o.len() > found.len() && covers_package(o, name))
            })
        };
        match mark(identity, line) {
            Some((_, found)) if closer(found) => {}
            Some((Mark::Strong, _)) => return true,
            Some((Mark::Weak, found)) if !weak.contains(&found) => {
                weak.push(found);
                more_than_hosts |= !line.trim_start().starts_with("host ");
            }
            _ => {}
        }
    }
    weak.len() >= 2 && more_than_hosts
}
