//! What runs when the app starts: a walk over methods, from those that the platform calls before and with the first screen.
//!
//! ```text
//! Root ─Walk─▶ Node {method, parent, offset of the call, step}    each method once, by its surest and then shortest way
//! ```
//!
//! The nearest definition of a callback counts, as for any virtual call; what
//! stands above it runs only if it is called from there. An instruction leads on
//! by a call, and to `<clinit>` by a static member or a new object (JVMS 5.5).
//! A call that could end in a subclass leads to the overriding methods of those
//! classes of which the code that was reached makes an object, if there are few.
//! An object whose class has a method that others run later (`Runnable.run`)
//! leads there by a step of its own, because nothing says that it is run.
//!
//! Conditions are not evaluated: a call behind "has the user agreed?" is on the
//! way like any other. Not followed: reflection, `invoke-custom`, components
//! that are started by intents, listeners. So what is found is on the way, and
//! what is not found may be on it all the same.

mod targets;
#[cfg(test)]
mod tests;

use super::calls::{How, Invoke, how};
use super::program::Program;
use super::{NameId, Target};
use crate::dex::{CodeItem, usize_of};
use crate::limits::{Deadline, Limits};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use targets::{Callee, Targets};

/// A method that the platform calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Its name; empty if only the prototype counts.
    pub name: &'static str,
    /// Descriptors of its parameters.
    pub parameters: &'static [&'static str],
    /// Descriptor of what it returns.
    pub returns: &'static str,
}

/// A class that the platform makes an object of, or works with, at start.
#[derive(Clone, Debug)]
pub struct Root {
    /// The class.
    pub class: NameId,
    /// What it calls, in this order. `<clinit>` comes with it.
    pub callbacks: &'static [Callback],
    /// It comes with the first screen and not before it.
    pub is_screen: bool,
    /// A class that is named in a method without parameters which gives a list is one of these too
    /// (`androidx.startup.Initializer.dependencies`).
    pub brings_others: bool,
}

/// How one method leads to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A call that ends there and nowhere else in the app.
    Call,
    /// A static member or a new object has the class initialised.
    ClassInit,
    /// The class is named as one that has to start first.
    Initializer,
    /// A call that may end there, or at another class of the app.
    Dispatch,
    /// An object is made whose method others run later, if they do.
    Posted,
}

/// A method with code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Method {
    /// Number of the DEX file.
    pub file: u32,
    /// Number of the class definition.
    pub class_def: u32,
    /// `type_ids` index of the class.
    pub class: u32,
    /// `method_ids` index.
    pub method: u32,
    /// Byte offset of its code.
    code_off: u32,
}

/// What tells methods apart: file, class definition, `method_ids` index.
type Key = (u32, u32, u32);

impl Method {
    fn key(&self) -> Key {
        (self.file, self.class_def, self.method)
    }
}

/// A method that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The method.
    pub method: Method,
    /// Number of the root that it all begins with.
    pub root: u32,
    /// What leads here; `None` for what the platform calls.
    pub from: Option<From>,
}

/// What leads from one method to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// Number of the node that the instruction is in; lower than that of the node that it leads to.
    pub node: u32,
    /// Byte offset of the instruction.
    pub offset: u64,
    /// What the instruction names, in the file of that node.
    pub target: Target,
    /// How it leads on.
    pub step: Step,
}

/// What was reached.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// The methods: the surest ways first, then the shortest.
    pub nodes: Vec<Node>,
    /// The number of each method's node.
    by_method: BTreeMap<Key, u32>,
    /// Calls that may end at more places than are followed.
    pub open_calls: u32,
    /// A limit ended the walk.
    pub is_cut: bool,
}

impl Tree {
    /// The number of a method's node, if it is reached.
    pub fn node(&self, file: u32, class_def: u32, method: u32) -> Option<u32> {
        self.by_method.get(&(file, class_def, method)).copied()
    }
}

/// How sure it is that a method runs before the first screen: the order in which ways are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_screen: bool,
    /// Something on the way is posted.
    is_posted: bool,
    /// Something on the way is a guess between classes.
    is_guess: bool,
}

impl Rank {
    fn after(self, step: Step) -> Self {
        Self {
            is_posted: self.is_posted || step == Step::Posted,
            is_guess: self.is_guess || step == Step::Dispatch,
            ..self
        }
    }
}

/// Something that waits for its turn; sorts by rank, depth and the order in which it was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiting {
    rank: Rank,
    depth: u32,
    number: u64,
    node: Node,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |w: &Self| (w.rank, w.depth, w.number);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Follows everything from `roots`, which are in the order in which the platform comes to them.
pub fn walk(program: &Program<'_, '_>, roots: &[Root], limits: &Limits) -> Tree {
    let mut walk = Walk {
        program,
        roots,
        targets: Targets::new(program, limits.start_steps),
        tree: Tree::default(),
        queue: BinaryHeap::new(),
        best: BTreeMap::new(),
        pending: BTreeMap::new(),
        made: BTreeMap::new(),
        number: 0,
        most: usize_of(limits.start_methods),
        deepest: limits.start_depth,
        deadline: limits.deadline,
    };
    for (number, root) in (0u32..).zip(roots) {
        walk.root(number, root, None);
    }
    walk.run();
    walk.tree.is_cut |= walk.targets.is_spent();
    walk.tree
}

/// Where a step starts.
#[derive(Clone, Copy)]
struct Here {
    rank: Rank,
    depth: u32,
    root: u32,
    node: u32,
    offset: u64,
    target: Target,
}

struct Walk<'w, 'p, 'a> {
    program: &'w Program<'p, 'a>,
    roots: &'w [Root],
    targets: Targets<'w, 'p, 'a>,
    tree: Tree,
    queue: BinaryHeap<Reverse<Waiting>>,
    /// The best rank by which a method waits or is reached.
    best: BTreeMap<Key, Rank>,
    /// By class: what is followed when an object of it is made.
    pending: BTreeMap<NameId, Vec<(Here, Method)>>,
    /// Classes of which an object is made, by the best rank at which it is.
    made: BTreeMap<NameId, Rank>,
    number: u64,
    /// Methods that may wait or be reached.
    most: usize,
    deepest: u32,
    deadline: Deadline,
}

impl Walk<'_, '_, '_> {
    /// Puts what the platform calls of a root in line; `here` is what names it, if an instruction does.
    fn root(&mut self, number: u32, root: &Root, here: Option<Here>) {
        let rank = here.map_or(
            Rank {
                is_screen: root.is_screen,
                is_posted: false,
                is_guess: false,
            },
            |here| here.rank,
        );
        let mut methods = self.targets.initializers(root.class);
        for callback in root.callbacks {
            methods.extend(self.targets.callback(root.class, callback));
        }
        for method in methods {
            self.push(rank, number, here, Step::Initializer, method);
        }
        self.make(root.class, rank);
    }

    fn push(&mut self, rank: Rank, root: u32, here: Option<Here>, step: Step, to: Method) {
        let depth = here.map_or(0, |here| here.depth.saturating_add(1));
        if depth > self.deepest {
            self.tree.is_cut = true;
            return;
        }
        let key = to.key();
        let full = self.best.len() >= self.most;
        match self.best.get_mut(&key) {
            Some(best) if *best <= rank => return,
            Some(best) => *best = rank,
            None if full => {
                self.tree.is_cut = true;
                return;
            }
            None => {
                self.best.insert(key, rank);
            }
        }
        self.number = self.number.saturating_add(1);
        self.queue.push(Reverse(Waiting {
            rank,
            depth,
            number: self.number,
            node: Node {
                method: to,
                root,
                from: here.map(|here| From {
                    node: here.node,
                    offset: here.offset,
                    target: here.target,
                    step,
                }),
            },
        }));
    }

    fn run(&mut self) {
        while let Some(Reverse(next)) = self.queue.pop() {
            let node = next.node;
            let key = node.method.key();
            if self.tree.by_method.contains_key(&key) {
                continue;
            }
            let number = u32::try_from(self.tree.nodes.len()).unwrap_or(u32::MAX);
            self.tree.by_method.insert(key, number);
            self.tree.nodes.push(node);
            if !self.method(number, &next) {
                self.tree.is_cut = true;
                return;
            }
        }
    }

    /// Follows the instructions of one method; false if the work or the time is used up.
    fn method(&mut self, number: u32, at: &Waiting) -> bool {
        let Some(dex) = self.program.dex(at.node.method.file) else {
            return true;
        };
        // What cannot be read is reported by the walk over all code.
        let Ok(code) = dex.code_item(at.node.method.code_off) else {
            return true;
        };
        let units = u64::try_from(code.units().len()).unwrap_or(u64::MAX);
        // A method is paid for by its length before it is walked.
        if !self.targets.take(units.max(1)) || self.deadline.passed() {
            return false;
        }
        let others = self.brings_others(&at.node) && self.targets.gives_list(&at.node.method);
        self.instructions(number, at, &code, others);
        !self.targets.is_spent()
    }

    /// Whether a method is one that the platform calls of a class that [`Root::brings_others`].
    fn brings_others(&self, node: &Node) -> bool {
        let is_called = node.from.is_none_or(|from| from.step == Step::Initializer);
        let root = self.roots.get(usize_of(node.root));
        is_called && root.is_some_and(|root| root.brings_others)
    }

    fn instructions(&mut self, number: u32, at: &Waiting, code: &CodeItem<'_>, others: bool) {
        let file = at.node.method.file;
        for insn in code.insns().map_while(Result::ok) {
            // `invoke-custom` and its range form: the method is put together by a bootstrap method.
            if matches!(insn.opcode, 0xfc | 0xfd) {
                self.tree.open_calls = self.tree.open_calls.saturating_add(1);
                continue;
            }
            let Some(how) = how(insn.opcode) else {
                continue;
            };
            let index = insn.index().unwrap_or_default();
            let target = match how {
                How::Call(Invoke::Polymorphic) => continue,
                How::Call(_) => Target::Method(index),
                // Bit 0x60 and above of the opcodes: those of static fields.
                How::Read | How::Write if insn.opcode >= 0x60 => Target::Field(index),
                How::New => Target::Type(index),
                How::Class if others => Target::Type(index),
                _ => continue,
            };
            let here = Here {
                rank: at.rank,
                depth: at.depth,
                root: at.node.root,
                node: number,
                offset: code.offset_of(insn.offset),
                target,
            };
            match how {
                How::Call(invoke) => self.call(file, index, invoke, here),
                How::Class => self.brought(file, index, here),
                How::New => self.object(file, index, here),
                _ => {
                    let declaring = self.targets.field(file, index);
                    self.init(declaring, here);
                }
            }
        }
    }

    fn follow(&mut self, here: Here, step: Step, to: Method) {
        let rank = here.rank.after(step);
        self.push(rank, here.root, Some(here), step, to);
    }

    fn init(&mut self, class: Option<NameId>, here: Here) {
        let Some(class) = class else { return };
        for method in self.targets.initializers(class) {
            self.follow(here, Step::ClassInit, method);
        }
    }

    fn call(&mut self, file: u32, index: u32, invoke: Invoke, here: Here) {
        let callee: std::rc::Rc<Callee> = self.targets.callee(file, index);
        if invoke == Invoke::Static {
            self.init(callee.class, here);
        }
        let is_virtual = matches!(invoke, Invoke::Virtual | Invoke::Interface);
        let is_one = !is_virtual || (callee.others.is_empty() && !callee.is_many);
        if let Some(direct) = callee.direct {
            let step = if is_one { Step::Call } else { Step::Dispatch };
            self.follow(here, step, direct);
        }
        if !is_virtual {
            return;
        }
        if callee.is_many {
            self.tree.open_calls = self.tree.open_calls.saturating_add(1);
            return;
        }
        if !self.targets.take_many(callee.others.len()) {
            return;
        }
        for &(class, method) in &callee.others {
            match self.made.get(&class) {
                Some(_) => self.follow(here, Step::Dispatch, method),
                None => {
                    let rank = here.rank.after(Step::Dispatch);
                    if self.best.get(&method.key()).is_none_or(|best| *best > rank) {
                        self.wait(class, here, method);
                    }
                }
            }
        }
    }

    /// Keeps a step until an object of the class is made; of several by which a method is reached, the best.
    fn wait(&mut self, class: NameId, here: Here, method: Method) {
        let list = self.pending.entry(class).or_default();
        if !self.targets.take_many(list.len()) {
            return;
        }
        match list.iter_mut().find(|(_, known)| *known == method) {
            Some((known, _)) if known.rank > here.rank => *known = here,
            Some(_) => {}
            None => list.push((here, method)),
        }
    }

    /// An object of a class is made.
    fn object(&mut self, file: u32, type_: u32, here: Here) {
        let Some(class) = self.program.own_class(file, type_) else {
            return;
        };
        if self.made.get(&class).is_some_and(|rank| *rank <= here.rank) {
            return;
        }
        self.init(Some(class), here);
        for method in self.targets.run_by_others(class) {
            self.follow(here, Step::Posted, method);
        }
        self.make(class, here.rank);
    }

    fn make(&mut self, class: NameId, rank: Rank) {
        let known = self.made.entry(class).or_insert(rank);
        *known = (*known).min(rank);
        for (here, method) in self.pending.remove(&class).unwrap_or_default() {
            // The call and the object are both needed.
            let here = Here {
                rank: here.rank.max(rank),
                ..here
            };
            self.follow(here, Step::Dispatch, method);
        }
    }

    /// A class that is named as one that has to start first.
    fn brought(&mut self, file: u32, type_: u32, here: Here) {
        let Some(class) = self.program.own_class(file, type_) else {
            return;
        };
        let Some(root) = self.roots.get(usize_of(here.root)) else {
            return;
        };
        let root = Root {
            class,
            ..root.clone()
        };
        self.root(here.root, &root, Some(here));
    }
}
