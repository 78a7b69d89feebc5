//! What runs when the app starts: the part of the facts that says which uses are on the way, and by which calls.

use super::uses::is_default;
use serde::{Deserialize, Serialize};

/// What was found by following calls from where the platform begins.
///
/// A use that is not on the way by these facts may be on it all the same: conditions,
/// reflection and intents are not followed. Facts without this part say nothing of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartFact {
    /// Where it begins, in the order in which the platform comes to it.
    pub roots: Vec<StartRoot>,
    /// The methods that lead to a kept use: the surest ways first, then the shortest.
    pub nodes: Vec<StartNode>,
    /// Methods that were reached, with or without such a use.
    pub methods: u32,
    /// Calls that may end at more places than were followed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub open_calls: u32,
    /// A limit ended the walk: what lies behind is not here.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cut: bool,
}

/// Where the platform begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRoot {
    /// What it is.
    pub kind: StartKind,
    /// Its class, as a Java name.
    pub class: String,
    /// Position of the component in [`Manifest::components`](crate::package::manifest::Manifest::components).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<u32>,
}

/// What the platform begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartKind {
    /// `android:appComponentFactory`, from API level 28.
    ComponentFactory,
    /// `android:name` of the application.
    #[default]
    Application,
    /// A content provider of the main process.
    Provider,
    /// An initializer of `androidx.startup`.
    Initializer,
    /// An activity of the launcher: the first screen, which may ask for consent.
    LauncherActivity,
}

impl StartKind {
    /// Whether it comes with the first screen, and not before it.
    pub fn is_screen(self) -> bool {
        self == Self::LauncherActivity
    }
}

/// A method on the way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartNode {
    /// Index in [`Facts::methods`](super::Facts::methods).
    pub method: u32,
    /// Index in [`StartFact::roots`].
    pub root: u32,
    /// The call that leads here; absent for what the platform calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<StartCall>,
}

/// An instruction that leads from one method to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartCall {
    /// Index in [`StartFact::nodes`] of the method that the instruction is in; lower than that of the node itself.
    pub node: u32,
    /// Byte offset of the instruction in the DEX entry.
    pub offset: u64,
    /// What the instruction names: a member, or the class of a new object.
    pub names: String,
    /// How it leads on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub step: StartStep,
}

/// How one method leads to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartStep {
    /// A call that ends there and nowhere else in the app.
    #[default]
    Call,
    /// A static member or a new object has the class initialised.
    ClassInit,
    /// The class is named as one that has to start first (`androidx.startup`).
    Initializer,
    /// A call that may end there, or at another class of the app.
    Dispatch,
    /// An object is made whose method others run later, if they do: a thread, a message queue.
    Posted,
}

/// The calls that lead to one method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartStack<'f> {
    /// Where it begins.
    pub root: &'f StartRoot,
    /// The methods, the one that the platform calls first.
    pub nodes: Vec<&'f StartNode>,
}

impl StartStack<'_> {
    /// Whether it is before the first screen.
    pub fn is_before_screen(&self) -> bool {
        !self.root.kind.is_screen()
    }

    /// Whether something on the way is left to others to run.
    pub fn is_posted(&self) -> bool {
        let mut calls = self.nodes.iter().filter_map(|node| node.from.as_ref());
        calls.any(|call| call.step == StartStep::Posted)
    }
}

/// Calls of one way that are shown. The walk ends at `start_depth`, which is 32; a file of facts may hold any number,
/// and each access of the report repeats them.
const MOST_CALLS: usize = 256;

impl StartFact {
    /// The calls that lead to a node; `None` if there is no such node.
    pub fn stack(&self, node: u32) -> Option<StartStack<'_>> {
        let get = |at: u32| self.nodes.get(usize::try_from(at).ok()?);
        let mut nodes = vec![get(node)?];
        let mut at = node;
        while let Some(call) = nodes.last().and_then(|last| last.from.as_ref()) {
            // Whoever wrote the facts may not have kept to the order.
            if call.node >= at || nodes.len() >= MOST_CALLS {
                return None;
            }
            at = call.node;
            nodes.push(get(at)?);
        }
        let root = usize::try_from(nodes.last()?.root).ok()?;
        nodes.reverse();
        Some(StartStack {
            root: self.roots.get(root)?,
            nodes,
        })
    }
}
