//! Tests of the recognition by marks.

use super::*;
use crate::facts::notation;
use crate::signatures::schema::Identity;

fn identity(f: impl FnOnce(&mut Identity)) -> Identity {
    let mut identity = Identity::default();
    f(&mut identity);
    identity
}

fn grades(identities: &[(&str, Identity)], lines: &[&str]) -> Vec<(String, Grade)> {
    let marks = Marks::of(identities.iter().map(|(_, identity)| identity));
    let index = MarkIndex::new(identities.iter().map(|(id, _)| *id), &marks);
    let facts = notation::parse(lines).unwrap().facts;
    index
        .find(&facts)
        .into_iter()
        .map(|h| (h.id, h.grade))
        .collect()
}

#[test]
fn the_most_specific_prefix_wins_alone_and_ends_at_a_dot() {
    let libraries = [
        ("a/root", identity(|i| i.packages = vec!["com.a".into()])),
        (
            "a/push",
            identity(|i| i.packages = vec!["com.a.push".into()]),
        ),
    ];
    assert_eq!(
        grades(&libraries, &["class com.a.push.X"]),
        [("a/push".into(), Grade::Strong)]
    );
    assert_eq!(
        grades(&libraries, &["class com.a.pusher.X"]),
        [("a/root".into(), Grade::Strong)]
    );
    assert!(grades(&libraries, &["class com.ab.X"]).is_empty());
}

/// Neighbours in the sorted list must not inherit each other's owner.
#[test]
fn a_prefix_may_be_one_class_and_a_class_may_have_no_package() {
    let libraries = [
        ("a/one", identity(|i| i.packages = vec!["com.a.One".into()])),
        ("a/root", identity(|i| i.packages = vec!["Root".into()])),
    ];
    assert_eq!(
        grades(
            &libraries,
            &["class com.a.One$Inner", "class Root", "class com.a.Two"]
        )
        .len(),
        2
    );
    assert!(grades(&libraries, &["class com.a.Two", "class Rooted"]).is_empty());
}

#[test]
fn a_reference_is_not_a_bundle() {
    let libraries = [("a/x", identity(|i| i.packages = vec!["com.a".into()]))];
    assert_eq!(
        grades(&libraries, &["ref com.a.X"]),
        [("a/x".into(), Grade::Referenced)]
    );
}

#[test]
fn the_vendors_own_app_does_not_bundle_its_sdk() {
    let libraries = [("a/x", identity(|i| i.packages = vec!["com.a".into()]))];
    assert!(grades(&libraries, &["package com.a.app", "class com.a.app.Main"]).is_empty());
    assert_eq!(
        grades(&libraries, &["package com.ab", "class com.a.X"]).len(),
        1
    );
}

#[test]
fn two_weak_marks_are_needed() {
    let libraries = [(
        "a/x",
        identity(|i| {
            i.meta_data = vec!["A_KEY".into()];
            i.hosts = vec!["*.a.com".into()];
        }),
    )];
    assert!(grades(&libraries, &["meta A_KEY=1"]).is_empty());
    assert!(grades(&libraries, &["host log.a.com"]).is_empty());
    assert!(grades(&libraries, &["host log.a.com", "host a.com"]).is_empty());
    assert_eq!(
        grades(&libraries, &["meta A_KEY=1", "host log.a.com"]),
        [("a/x".into(), Grade::Weak)]
    );
}

#[test]
fn what_a_bundled_library_explains_is_no_mark_of_its_sibling() {
    let shared = |i: &mut Identity| {
        i.meta_data = vec!["KEY".into()];
        i.hosts = vec!["a.com".into()];
    };
    let libraries = [
        ("a/map", identity(shared)),
        (
            "a/location",
            identity(|i| {
                shared(i);
                i.packages = vec!["com.a.location".into()];
            }),
        ),
    ];
    let marks = ["meta KEY=1", "host a.com", "class com.a.location.X"];
    assert_eq!(
        grades(&libraries, &marks),
        [("a/location".into(), Grade::Strong)]
    );
    assert_eq!(grades(&libraries, &["meta KEY=1", "host a.com"]).len(), 2);
}

#[test]
fn a_component_without_its_class_is_weak_unless_the_code_was_unreadable() {
    let libraries = [(
        "a/x",
        identity(|i| i.components = vec!["com.a.Push".into()]),
    )];
    assert!(grades(&libraries, &["service com.a.Push missing"]).is_empty());
    assert_eq!(grades(&libraries, &["service com.a.Push"]).len(), 1);
    assert_eq!(
        grades(
            &libraries,
            &["service com.a.Push missing", "unreadable code"]
        ),
        [("a/x".into(), Grade::Strong)]
    );
}

#[test]
fn patterns_with_a_star_match_by_prefix() {
    let libraries = [("a/x", identity(|i| i.native = vec!["libjcore*.so".into()]))];
    assert_eq!(
        grades(&libraries, &["lib arm64-v8a/libjcore286.so"]).len(),
        1
    );
    assert!(grades(&libraries, &["lib arm64-v8a/libjcor.so"]).is_empty());
}

/// The build writes `R` and `BuildConfig` into the package of every library that brings resources.
#[test]
fn generated_classes_alone_show_little() {
    let libraries = [(
        "a/maps",
        identity(|i| {
            i.packages = vec!["com.a.maps".into()];
            i.meta_data = vec!["com.a.maps.KEY".into()];
        }),
    )];
    let generated = [
        "class com.a.maps.R",
        "class com.a.maps.R$id",
        "class com.a.maps.BuildConfig",
    ];
    assert!(grades(&libraries, &generated).is_empty());
    let with_key = [generated[0], "meta com.a.maps.KEY=x"];
    assert_eq!(
        grades(&libraries, &with_key),
        [("a/maps".into(), Grade::Weak)]
    );
    let with_code = [generated[0], "class com.a.maps.Radar"];
    assert_eq!(
        grades(&libraries, &with_code),
        [("a/maps".into(), Grade::Strong)]
    );
}

#[test]
fn what_is_partly_there_is_not_called_absent() {
    let libraries = [(
        "a/b",
        identity(|i| i.weak_packages = vec!["com.a.b".into()]),
    )];
    let named = ["ref com.a.b.Absent"];
    assert_eq!(
        grades(&libraries, &named),
        [("a/b".into(), Grade::Referenced)]
    );
    assert!(grades(&libraries, &[named[0], "class com.a.b.There"]).is_empty());
    assert_eq!(
        grades(&libraries, &[named[0], "class com.a.b.R"]),
        [("a/b".into(), Grade::Referenced)]
    );
}
