//! Where the platform begins when the app starts, and what of the walk from there goes into the facts.
//!
//! The order is that of AOSP `ActivityThread.handleBindApplication`: the class
//! loader brings the component factory, `makeApplication` calls
//! `attachBaseContext`, `installContentProviders` goes through the providers
//! of the process, which `ComputerEngine.sProviderInitOrderSorter` puts in
//! descending `initOrder`, and `callApplicationOnCreate` comes last.
//! `androidx.startup.AppInitializer.discoverAndInitialize` runs in the provider of that name.

use crate::code::start::{Callback, Root, Step, Tree, walk};
use crate::code::{Program, Site};
use crate::dex::{Dex, names, usize_of};
use crate::error::ParseError;
use crate::facts::start::{StartCall, StartFact, StartKind, StartNode, StartRoot, StartStep};
use crate::limits::Limits;
use crate::package::manifest::{Component, ComponentKind, Manifest};
use std::collections::BTreeSet;

const fn callback(
    name: &'static str,
    parameters: &'static [&'static str],
    returns: &'static str,
) -> Callback {
    Callback {
        name,
        parameters,
        returns,
    }
}

const CONTEXT: &str = "Landroid/content/Context;";
const INIT: Callback = callback("<init>", &[], "V");
const ATTACH: Callback = callback("attachBaseContext", &[CONTEXT], "V");

/// Of the methods of a component factory those that come before the first screen.
const FACTORY: [Callback; 4] = [
    INIT,
    callback(
        "instantiateClassLoader",
        &[
            "Ljava/lang/ClassLoader;",
            "Landroid/content/pm/ApplicationInfo;",
        ],
        "Ljava/lang/ClassLoader;",
    ),
    callback(
        "instantiateApplication",
        &["Ljava/lang/ClassLoader;", "Ljava/lang/String;"],
        "Landroid/app/Application;",
    ),
    callback(
        "instantiateProvider",
        &["Ljava/lang/ClassLoader;", "Ljava/lang/String;"],
        "Landroid/content/ContentProvider;",
    ),
];
const APPLICATION_MADE: [Callback; 2] = [INIT, ATTACH];
const APPLICATION_CREATED: [Callback; 1] = [callback("onCreate", &[], "V")];
const PROVIDER: [Callback; 3] = [
    INIT,
    callback(
        "attachInfo",
        &[CONTEXT, "Landroid/content/pm/ProviderInfo;"],
        "V",
    ),
    callback("onCreate", &[], "Z"),
];
/// By prototype: the interface may be renamed, and with it its methods.
const INITIALIZER: [Callback; 3] = [
    INIT,
    callback("", &[], "Ljava/util/List;"),
    callback("", &[CONTEXT], "Ljava/lang/Object;"),
];
const LAUNCHER: [Callback; 5] = [
    INIT,
    ATTACH,
    callback("onCreate", &["Landroid/os/Bundle;"], "V"),
    callback("onStart", &[], "V"),
    callback("onResume", &[], "V"),
];

/// The provider of `androidx.startup`, and the value that its initializers have.
const STARTUP: &str = "androidx.startup.InitializationProvider";
const STARTUP_VALUE: &str = "androidx.startup";

/// What was reached, with the roots that it begins with.
pub(super) struct Started {
    tree: Tree,
    /// By root of the walk: the root in the facts.
    roots: Vec<StartRoot>,
}

/// Follows everything that runs at start.
pub(super) fn start(manifest: &Manifest, program: &Program<'_, '_>, limits: &Limits) -> Started {
    let hierarchy = program.hierarchy();
    let mut of_walk = Vec::new();
    let mut of_facts = Vec::new();
    for (root, callbacks) in begin(manifest) {
        let class = hierarchy.id(&names::descriptor(&root.class));
        let Some(class) = class.filter(|&id| hierarchy.class(id).is_some()) else {
            continue;
        };
        of_walk.push(Root {
            class,
            callbacks,
            is_screen: root.kind.is_screen(),
            brings_others: root.kind == StartKind::Initializer,
        });
        of_facts.push(root);
    }
    Started {
        tree: walk(program, &of_walk, limits),
        roots: of_facts,
    }
}

/// Everything that the platform begins with, in its order.
fn begin(manifest: &Manifest) -> Vec<(StartRoot, &'static [Callback])> {
    let application = &manifest.application;
    let mut all: Vec<(StartRoot, &'static [Callback])> = Vec::new();
    let plain = |kind, class: &String| StartRoot {
        kind,
        class: class.clone(),
        component: None,
    };
    if let Some(factory) = &application.component_factory {
        all.push((plain(StartKind::ComponentFactory, factory), &FACTORY));
    }
    if let Some(name) = &application.name {
        all.push((plain(StartKind::Application, name), &APPLICATION_MADE));
    }
    let numbered = || (0u32..).zip(&manifest.components);
    let is_provider =
        |c: &Component| c.kind == ComponentKind::Provider && is_enabled(c) && is_main(c, manifest);
    let mut providers: Vec<(u32, &Component)> =
        numbered().filter(|(_, c)| is_provider(c)).collect();
    providers.sort_by_key(|(_, c)| std::cmp::Reverse(c.init_order.unwrap_or_default()));
    for (at, component) in providers {
        let of = |kind, class: &String| StartRoot {
            component: Some(at),
            ..plain(kind, class)
        };
        all.push((of(StartKind::Provider, &component.name), &PROVIDER));
        if component.name == STARTUP {
            let initializers = component
                .meta_data
                .iter()
                .filter(|meta| meta.value.as_deref() == Some(STARTUP_VALUE));
            all.extend(initializers.map(|meta| {
                let root = of(StartKind::Initializer, &meta.name);
                (root, &INITIALIZER[..])
            }));
        }
    }
    if let Some(name) = &application.name {
        all.push((plain(StartKind::Application, name), &APPLICATION_CREATED));
    }
    for (at, component) in numbered().filter(|(_, c)| is_launcher(c)) {
        let class = component
            .target_activity
            .as_ref()
            .unwrap_or(&component.name);
        let root = StartRoot {
            component: Some(at),
            ..plain(StartKind::LauncherActivity, class)
        };
        all.push((root, &LAUNCHER));
    }
    all
}

fn is_enabled(component: &Component) -> bool {
    component.enabled != Some(false)
}

/// Whether a component lives in the process of the application. AOSP
/// `ContentProviderHelper.generateApplicationProvidersLocked` takes the providers of the process that starts.
fn is_main(component: &Component, manifest: &Manifest) -> bool {
    let of = |process: &Option<String>| match process.as_deref() {
        None => manifest.package.clone(),
        Some(name) => match name.strip_prefix(':') {
            Some(_) => format!("{}{name}", manifest.package),
            None => name.to_owned(),
        },
    };
    let application = of(&manifest.application.process);
    component.process.is_none() || of(&component.process) == application
}

fn is_launcher(component: &Component) -> bool {
    let is_activity = matches!(
        component.kind,
        ComponentKind::Activity | ComponentKind::ActivityAlias
    );
    let has = |list: &[String], name: &str| list.iter().any(|text| text == name);
    is_activity
        && is_enabled(component)
        && component.intent_filters.iter().any(|filter| {
            has(&filter.actions, "android.intent.action.MAIN")
                && (has(&filter.categories, "android.intent.category.LAUNCHER")
                    || has(
                        &filter.categories,
                        "android.intent.category.LEANBACK_LAUNCHER",
                    ))
        })
}

impl Started {
    /// The node of the method that a site is in, if it is reached.
    pub(super) fn node(&self, file: u32, site: &Site) -> Option<u32> {
        self.tree.node(file, site.class_def, site.method?)
    }

    /// The part of the facts, with the nodes that lead to `used` alone, and the new number of each of them.
    /// `number` gives a method its number in the facts.
    pub(super) fn facts(
        &self,
        members: &[(usize, Dex<'_>)],
        used: &BTreeSet<u32>,
        mut number: impl FnMut(u32, u32, u32, u32) -> Result<u32, ParseError>,
    ) -> (StartFact, Vec<Option<u32>>) {
        let mut numbers = vec![None; self.tree.nodes.len()];
        let mut fact = StartFact {
            roots: self.roots.clone(),
            nodes: Vec::new(),
            methods: u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX),
            open_calls: self.tree.open_calls,
            cut: self.tree.is_cut,
        };
        let mut kept = BTreeSet::new();
        for &node in used {
            let mut at = Some(node);
            while let Some(node) = at
                && kept.insert(node)
            {
                let from = self.tree.nodes.get(usize_of(node)).and_then(|n| n.from);
                at = from.map(|from| from.node);
            }
        }
        for old in kept {
            let mut one = || -> Option<StartNode> {
                let node = self.tree.nodes.get(usize_of(old))?;
                let from = match node.from {
                    None => None,
                    Some(from) => {
                        let in_file = self.tree.nodes.get(usize_of(from.node))?.method.file;
                        let dex = &members.get(usize_of(in_file))?.1;
                        Some(StartCall {
                            // Lower ones have their number.
                            node: numbers.get(usize_of(from.node)).copied().flatten()?,
                            offset: from.offset,
                            names: from.target.describe(dex).ok()?,
                            step: step(from.step),
                        })
                    }
                };
                let of = node.method;
                let method = number(of.file, of.class_def, of.class, of.method).ok()?;
                Some(StartNode {
                    method,
                    root: node.root,
                    from,
                })
            };
            if let Some(node) = one() {
                if let Some(slot) = numbers.get_mut(usize_of(old)) {
                    *slot = u32::try_from(fact.nodes.len()).ok();
                }
                fact.nodes.push(node);
            }
        }
        (fact, numbers)
    }
}

fn step(step: Step) -> StartStep {
    match step {
        Step::Call => StartStep::Call,
        Step::ClassInit => StartStep::ClassInit,
        Step::Initializer => StartStep::Initializer,
        Step::Dispatch => StartStep::Dispatch,
        Step::Posted => StartStep::Posted,
    }
}
