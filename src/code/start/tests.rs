//! Tests of the walk over small apps whose ways a person can follow.

use super::*;
use crate::code::{Budget, Faults, HierarchyBuilder, Program};
use crate::dex::Dex;
use crate::forge::dex::forge;
use crate::limits::Limits;

const ON_CREATE: Callback = Callback {
    name: "onCreate",
    parameters: &[],
    returns: "V",
};
const INIT: Callback = Callback {
    name: "<init>",
    parameters: &[],
    returns: "V",
};
const CREATE: Callback = Callback {
    name: "",
    parameters: &["Landroid/content/Context;"],
    returns: "Ljava/lang/Object;",
};
const DEPENDENCIES: Callback = Callback {
    name: "",
    parameters: &[],
    returns: "Ljava/util/List;",
};

const APPLICATION: &[Callback] = &[INIT, ON_CREATE];

/// Each method that is reached, with the step that leads to it and where that stands: `a.App.onCreate > call a.B.run`.
fn reached(texts: &[&str], roots: &[(&str, &'static [Callback], bool)], limits: &Limits) -> Tree {
    shown(texts, roots, limits).0
}

fn shown(
    texts: &[&str],
    roots: &[(&str, &'static [Callback], bool)],
    limits: &Limits,
) -> (Tree, Vec<String>) {
    let files: Vec<Vec<u8>> = texts.iter().map(|text| forge(text).unwrap()).collect();
    let mut incidents = Vec::new();
    let dexes: Vec<Dex<'_>> = files
        .iter()
        .map(|bytes| Dex::parse(bytes, "x.dex", limits, &mut incidents).unwrap()[0])
        .collect();
    let (mut budget, mut faults) = (Budget::new(limits), Faults::default());
    let mut builder = HierarchyBuilder::new();
    for (number, dex) in (0u32..).zip(&dexes) {
        builder.add(dex, number, &mut budget, &mut faults);
    }
    let hierarchy = builder.finish();
    let program = Program::new(&dexes, &hierarchy, &mut budget, &mut faults);
    assert!(faults.is_empty(), "{faults:?}");
    let roots: Vec<Root> = roots
        .iter()
        .map(|&(class, callbacks, is_screen)| Root {
            class: hierarchy.id(class).unwrap(),
            callbacks,
            is_screen,
            brings_others: callbacks.contains(&DEPENDENCIES),
        })
        .collect();
    let tree = walk(&program, &roots, limits);
    let java = |node: &Node| {
        let dex = &dexes[usize::try_from(node.method.file).unwrap()];
        let class = dex.type_descriptor(node.method.class).unwrap();
        let name = dex
            .member_name(dex.method(node.method.method).unwrap().name)
            .unwrap();
        format!("{}.{name}", crate::dex::names::java_name(&class))
    };
    let lines = tree
        .nodes
        .iter()
        .map(|node| match node.from {
            None => java(node),
            Some(from) => {
                let parent = &tree.nodes[usize::try_from(from.node).unwrap()];
                format!("{} > {:?} {}", java(parent), from.step, java(node))
            }
        })
        .collect();
    (tree, lines)
}

fn ways(texts: &[&str], roots: &[(&str, &'static [Callback], bool)]) -> Vec<String> {
    shown(texts, roots, &Limits::default()).1
}

#[test]
fn calls_lead_through_files_by_the_shortest_way() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         call virtual a.App.first() void on this
         call static b.Sdk.init() void
        method first() void
         call static b.Sdk.second() void
        method never() void
         call static b.Sdk.unreached() void";
    let sdk = "class b.Sdk
        method static init() void
         call static b.Sdk.second() void
        method static second() void
         call static b.Sdk.third() void
        method static third() void
        method static unreached() void";
    assert_eq!(
        ways(&[app, sdk], &[("La/App;", APPLICATION, false)]),
        [
            "a.App.onCreate",
            "a.App.onCreate > Call a.App.first",
            "a.App.onCreate > Call b.Sdk.init",
            "a.App.first > Call b.Sdk.second",
            "b.Sdk.second > Call b.Sdk.third",
        ]
    );
}

#[test]
fn the_nearest_definition_runs_and_what_it_calls_above() {
    let app = "class a.App extends a.Base
        method onCreate() void
        class a.Base extends a.Top
        method onCreate() void
         call static a.X.unreached() void
        class a.Top extends android.app.Application
        method static <clinit>() void
         call static a.X.top() void
        method <init>() void
         call static a.X.unreached() void
        class a.X
        method static top() void
        method static unreached() void";
    assert_eq!(
        ways(&[app], &[("La/App;", APPLICATION, false)]),
        [
            "a.Top.<clinit>",
            "a.App.onCreate",
            "a.Top.<clinit> > Call a.X.top"
        ]
    );
    let calling = "class a.App extends a.Base
        method <init>() void
         call direct a.Base.<init>() void on this
        method onCreate() void
         call super a.Base.onCreate() void on this
        class a.Base extends android.app.Application
        method <init>() void
        method onCreate() void";
    assert_eq!(
        ways(&[calling], &[("La/App;", APPLICATION, false)]),
        [
            "a.App.<init>",
            "a.App.onCreate",
            "a.App.<init> > Call a.Base.<init>",
            "a.App.onCreate > Call a.Base.onCreate",
        ]
    );
}

#[test]
fn static_members_and_new_objects_initialise_a_class() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         x = get static a.Child.SHARED int
         y = new a.Made()
         z = load class a.Named
        class a.Holder
        field static SHARED int
        method static <clinit>() void
        class a.Child extends a.Holder
        method static <clinit>() void
        class a.Made
        method static <clinit>() void
        method <init>() void
        class a.Named
        method static <clinit>() void";
    // JVMS 5.5: a static field initialises the class that declares it, not the one that is named.
    assert_eq!(
        ways(&[app], &[("La/App;", APPLICATION, false)]),
        [
            "a.App.onCreate",
            "a.App.onCreate > ClassInit a.Holder.<clinit>",
            "a.App.onCreate > ClassInit a.Made.<clinit>",
            "a.App.onCreate > Call a.Made.<init>",
        ]
    );
}

#[test]
fn an_overriding_method_needs_an_object_of_its_class() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         call interface a.Task.go() void
         x = new a.One()
        interface a.Task
        abstract method go() void
        class a.One implements a.Task
        method <init>() void
        method go() void
        class a.Two implements a.Task
        method <init>() void
        method go() void";
    let found = ways(&[app], &[("La/App;", APPLICATION, false)]);
    assert_eq!(
        found,
        [
            "a.App.onCreate",
            "a.App.onCreate > Call a.One.<init>",
            "a.App.onCreate > Dispatch a.One.go",
        ]
    );
}

#[test]
fn with_many_implementations_none_is_followed_and_the_call_is_counted() {
    let mut app = String::from(
        "class a.App extends android.app.Application
        method onCreate() void
         call interface a.Task.go() void
         w = new a.T1()
         x = new a.T2()
         y = new a.T3()
         z = new a.T4()
        interface a.Task
        abstract method go() void\n",
    );
    for number in 1..=4 {
        app.push_str(&format!(
            "class a.T{number} implements a.Task\nmethod <init>() void\nmethod go() void\n"
        ));
    }
    let roots = [("La/App;", APPLICATION, false)];
    let tree = reached(&[&app], &roots, &Limits::default());
    assert_eq!((tree.nodes.len(), tree.open_calls), (5, 1));
    let three = app.replace("class a.T4 implements a.Task", "class a.T4");
    let tree = reached(&[&three], &roots, &Limits::default());
    assert_eq!((tree.nodes.len(), tree.open_calls), (8, 0));
}

#[test]
fn what_is_left_to_others_is_a_step_of_its_own_and_comes_last() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         x = new a.Task()
         y = new a.Click()
         call static a.X.one() void
        class a.Task implements java.lang.Runnable
        method <init>() void
        method run() void
         call static a.X.two() void
         call static a.X.later() void
        class a.Click implements android.view.View$OnClickListener
        method <init>() void
        method onClick(android.view.View) void
         call static a.X.unreached() void
        class a.X
        method static one() void
         call static a.X.two() void
        method static two() void
        method static later() void
        method static unreached() void";
    assert_eq!(
        ways(&[app], &[("La/App;", APPLICATION, false)]),
        [
            "a.App.onCreate",
            "a.App.onCreate > Call a.Task.<init>",
            "a.App.onCreate > Call a.Click.<init>",
            "a.App.onCreate > Call a.X.one",
            // As long as the way through the thread, and sure.
            "a.X.one > Call a.X.two",
            "a.App.onCreate > Posted a.Task.run",
            "a.Task.run > Call a.X.later",
        ]
    );
}

#[test]
fn what_comes_before_the_screen_is_not_counted_for_the_screen() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         call static a.X.far() void
        class a.Main extends android.app.Activity
        method onCreate() void
         call static a.X.both() void
         call static a.X.screen() void
        class a.X
        method static far() void
         call static a.X.both() void
        method static both() void
        method static screen() void";
    let roots = [
        ("La/Main;", APPLICATION, true),
        ("La/App;", APPLICATION, false),
    ];
    let (tree, lines) = shown(&[app], &roots, &Limits::default());
    assert_eq!(
        lines,
        [
            "a.App.onCreate",
            "a.App.onCreate > Call a.X.far",
            "a.X.far > Call a.X.both",
            "a.Main.onCreate",
            "a.Main.onCreate > Call a.X.screen",
        ]
    );
    let begin: Vec<u32> = tree.nodes.iter().map(|node| node.root).collect();
    assert_eq!(begin, [1, 1, 1, 0, 0]);
}

#[test]
fn renamed_initializers_bring_those_that_they_name() {
    let app = "class a.First implements c.I
        method <init>() void
        method a() java.util.List
         x = load class a.Second
        method b(android.content.Context) java.lang.Object
         y = load class a.Third
        class a.Second implements c.I
        method <init>() void
        method a() java.util.List
        method b(android.content.Context) java.lang.Object
        class a.Third implements c.I
        method <init>() void
        method a() java.util.List";
    assert_eq!(
        ways(
            &[app],
            &[("La/First;", &[INIT, DEPENDENCIES, CREATE], false)]
        ),
        [
            "a.First.<init>",
            "a.First.a",
            "a.First.b",
            "a.First.a > Initializer a.Second.<init>",
            "a.First.a > Initializer a.Second.a",
            "a.First.a > Initializer a.Second.b",
        ]
    );
}

#[test]
fn limits_end_the_walk_and_say_so() {
    let app = "class a.App extends android.app.Application
        method onCreate() void
         call static a.X.one() void
        class a.X
        method static one() void
         call static a.X.two() void
        method static two() void
         call static a.X.one() void";
    let with = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        let tree = reached(&[app], &[("La/App;", APPLICATION, false)], &limits);
        (tree.nodes.len(), tree.is_cut)
    };
    assert_eq!(with(|_| {}), (3, false));
    assert_eq!(with(|l| l.start_depth = 1), (2, true));
    assert_eq!(with(|l| l.start_methods = 2), (2, true));
    assert_eq!(with(|l| l.start_steps = 1), (0, true));
    // With more steps more is reached, and whatever is missing is said to be.
    let some = [
        with(|l| l.start_steps = 20),
        with(|l| l.start_steps = 30),
        with(|l| l.start_steps = 40),
        with(|l| l.start_steps = 400),
    ];
    assert!(some.is_sorted_by_key(|(reached, _)| *reached), "{some:?}");
    assert!(
        some.iter().all(|&(reached, is_cut)| reached == 3 || is_cut),
        "{some:?}"
    );
    assert!(some.iter().any(|&(reached, _)| reached < 3), "{some:?}");
    assert_eq!(some[3], (3, false));
}
