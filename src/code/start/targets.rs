//! Where a call, a new object or a static field leads to, worked out once for each.

use super::{Callback, Method};
use crate::code::hierarchy::{Hierarchy, NameId};
use crate::code::program::{MOST_SUPERCLASSES, Program, Reached, Signature};
use crate::dex::{ClassDef, Dex};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Overriding methods that are followed. Real interfaces have one implementation, two at times, or very many;
/// with more than three nobody can tell which is meant.
const MOST_OTHERS: usize = 3;
/// Classes below the named one that are looked at for them. With more, most have the method too.
const MOST_BELOW: usize = 256;

/// Methods of objects that somebody else runs later, without anybody's doing: the type, and its method.
const RUN_BY_OTHERS: [(&str, Callback); 10] = [
    ("Ljava/lang/Runnable;", VOID_RUN),
    ("Ljava/lang/Thread;", VOID_RUN),
    ("Ljava/util/TimerTask;", VOID_RUN),
    (
        "Ljava/util/concurrent/Callable;",
        Callback {
            name: "call",
            parameters: &[],
            returns: OBJECT,
        },
    ),
    (
        "Landroid/os/Handler;",
        Callback {
            name: "handleMessage",
            parameters: &["Landroid/os/Message;"],
            returns: "V",
        },
    ),
    (
        "Landroid/os/Handler$Callback;",
        Callback {
            name: "handleMessage",
            parameters: &["Landroid/os/Message;"],
            returns: "Z",
        },
    ),
    (
        "Landroid/os/AsyncTask;",
        Callback {
            name: "doInBackground",
            parameters: &["[Ljava/lang/Object;"],
            returns: OBJECT,
        },
    ),
    (
        "Landroid/os/MessageQueue$IdleHandler;",
        Callback {
            name: "queueIdle",
            parameters: &[],
            returns: "Z",
        },
    ),
    (
        "Lkotlin/coroutines/jvm/internal/BaseContinuationImpl;",
        Callback {
            name: "invokeSuspend",
            parameters: &[OBJECT],
            returns: OBJECT,
        },
    ),
    (
        "Lkotlin/jvm/functions/Function0;",
        Callback {
            name: "invoke",
            parameters: &[],
            returns: OBJECT,
        },
    ),
];

const VOID_RUN: Callback = Callback {
    name: "run",
    parameters: &[],
    returns: "V",
};
const OBJECT: &str = "Ljava/lang/Object;";
const CLASS_INIT: Callback = Callback {
    name: "<clinit>",
    parameters: &[],
    returns: "V",
};
/// What a method without parameters returns that names other initializers.
const LIST: &str = "()Ljava/util/List;";

/// `ACC_STATIC`
const STATIC: u32 = 0x8;
/// Steps that a member of a class costs, which is kept: many classes may share one list of members.
const MEMBER_STEPS: u64 = 8;
/// Steps that a class below another one costs, of which a row is kept.
const BELOW_STEPS: u64 = 4;

/// Where a call of one `method_ids` row can end in the app.
#[derive(Debug, Default)]
pub(super) struct Callee {
    /// The class whose method it is.
    pub(super) class: Option<NameId>,
    /// The method that the named class has or inherits, if it has code.
    pub(super) direct: Option<Method>,
    /// Methods that stand in place of it: the class of which there has to be an object, and the method.
    pub(super) others: Vec<(NameId, Method)>,
    /// There are more than are followed.
    pub(super) is_many: bool,
}

/// A method of a class, with its signature.
#[derive(Clone, Copy, Debug)]
struct Defined {
    signature: Signature,
    method: Method,
    is_static: bool,
}

pub(super) struct Targets<'w, 'p, 'a> {
    program: &'w Program<'p, 'a>,
    classes: BTreeMap<NameId, Rc<[Defined]>>,
    callees: BTreeMap<(u32, u32), Rc<Callee>>,
    fields: BTreeMap<(u32, u32), Option<NameId>>,
    initializers: BTreeMap<NameId, Rc<[Method]>>,
    class_init: Signature,
    /// Types of the app or above it whose methods others run, and those methods.
    run_by_others: Vec<(NameId, Signature)>,
    /// Steps that are left for the walk and for what is looked up here.
    left: u64,
    is_spent: bool,
}

impl<'w, 'p, 'a> Targets<'w, 'p, 'a> {
    pub(super) fn new(program: &'w Program<'p, 'a>, steps: u64) -> Self {
        let hierarchy = program.hierarchy();
        let known = RUN_BY_OTHERS
            .iter()
            .filter_map(|(type_, callback)| Some((hierarchy.id(type_)?, signature(callback))));
        Self {
            program,
            classes: BTreeMap::new(),
            callees: BTreeMap::new(),
            fields: BTreeMap::new(),
            initializers: BTreeMap::new(),
            class_init: signature(&CLASS_INIT),
            run_by_others: known.collect(),
            left: steps,
            is_spent: false,
        }
    }

    /// Takes steps; false if there are not as many left, and from then on.
    pub(super) fn take(&mut self, steps: u64) -> bool {
        match self.left.checked_sub(steps) {
            Some(left) if !self.is_spent => self.left = left,
            _ => self.is_spent = true,
        }
        !self.is_spent
    }

    pub(super) fn take_many(&mut self, steps: usize) -> bool {
        self.take(u64::try_from(steps).unwrap_or(u64::MAX))
    }

    /// Whether there are no steps left: what is looked up is not complete any more.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent
    }

    fn hierarchy(&self) -> &'p Hierarchy {
        self.program.hierarchy()
    }

    /// A class's definition.
    fn definition(&self, class: NameId) -> Option<(u32, u32, &'p Dex<'a>, ClassDef)> {
        let class = self.hierarchy().class(class)?;
        let dex = self.program.dex(class.dex)?;
        let def = dex.class_def(class.class_def).ok()?;
        Some((class.dex, class.class_def, dex, def))
    }

    /// The methods of a class, sorted by signature.
    fn defined(&mut self, class: NameId) -> Rc<[Defined]> {
        if let Some(known) = self.classes.get(&class) {
            return Rc::clone(known);
        }
        let mut read = || -> Option<Vec<Defined>> {
            let (file, class_def, dex, def) = self.definition(class)?;
            let data = dex.class_data(&def).ok()??;
            if !self.take(data.len().saturating_mul(MEMBER_STEPS)) {
                return None;
            }
            let mut all = Vec::new();
            for method in data.methods().ok()?.map_while(Result::ok) {
                let Some(signature) = self.program.signature(file, method.method) else {
                    continue;
                };
                all.push(Defined {
                    signature,
                    is_static: method.access_flags & STATIC != 0,
                    method: Method {
                        file,
                        class_def,
                        class: def.class,
                        method: method.method,
                        code_off: method.code_off,
                    },
                });
            }
            // The first of two with one signature counts, as for the walk over the code.
            all.sort_by_key(|defined| defined.signature);
            Some(all)
        };
        let all: Rc<[Defined]> = read().unwrap_or_default().into();
        self.classes.insert(class, Rc::clone(&all));
        all
    }

    /// A method of a class itself.
    fn own(&mut self, class: NameId, signature: Signature) -> Option<Defined> {
        let all = self.defined(class);
        let at = all.partition_point(|defined| defined.signature < signature);
        all.get(at)
            .copied()
            .filter(|defined| defined.signature == signature)
    }

    /// The nearest method with code that an object of a class has, and the class that has it.
    fn nearest(&mut self, class: NameId, signature: Signature) -> Option<Method> {
        let mut at = class;
        for _ in 0..MOST_SUPERCLASSES {
            if !self.take(1) {
                return None;
            }
            if self.program.defines(at, signature)
                && let Some(found) = self.own(at, signature)
            {
                return (found.method.code_off != 0).then_some(found.method);
            }
            at = self.hierarchy().class(at)?.superclass?;
        }
        None
    }

    /// The `<clinit>` of a class and of its superclasses, the topmost first (JVMS 5.5, step 7).
    pub(super) fn initializers(&mut self, class: NameId) -> Vec<Method> {
        if let Some(known) = self.initializers.get(&class) {
            let known = Rc::clone(known);
            return match self.take_many(known.len()) {
                true => known.to_vec(),
                false => Vec::new(),
            };
        }
        let mut found = Vec::new();
        let mut at = Some(class);
        for _ in 0..MOST_SUPERCLASSES {
            let Some(here) = at.and_then(|at| self.hierarchy().class(at)) else {
                break;
            };
            if !self.take(1) {
                break;
            }
            if self.program.defines(here.name, self.class_init)
                && let Some(own) = self.own(here.name, self.class_init)
                && own.method.code_off != 0
            {
                found.push(own.method);
            }
            at = here.superclass;
        }
        found.reverse();
        self.initializers.insert(class, found.as_slice().into());
        found
    }

    /// The methods that a callback of the platform ends at.
    pub(super) fn callback(&mut self, class: NameId, callback: &Callback) -> Vec<Method> {
        if callback.name.is_empty() {
            return self.by_prototype(class, callback);
        }
        let signature = signature(callback);
        let found = if callback.name == "<init>" {
            let own = self.own(class, signature).map(|own| own.method);
            own.filter(|method| method.code_off != 0)
        } else {
            self.nearest(class, signature)
        };
        found.into_iter().collect()
    }

    /// The methods of a class that have a callback's prototype: an obfuscator may have renamed them.
    fn by_prototype(&mut self, class: NameId, callback: &Callback) -> Vec<Method> {
        let wanted = format!("({}){}", callback.parameters.concat(), callback.returns);
        let all = self.defined(class);
        let fits = |defined: &&Defined| {
            let method = &defined.method;
            !defined.is_static
                && method.code_off != 0
                && self.prototype(method.file, method.method).as_deref() == Some(&*wanted)
        };
        all.iter().filter(fits).map(|d| d.method).collect()
    }

    fn prototype(&self, file: u32, method: u32) -> Option<String> {
        let dex = self.program.dex(file)?;
        let id = dex.method(method).ok()?;
        dex.proto_descriptor(id.proto).ok()
    }

    /// Whether a method takes nothing and gives a list.
    pub(super) fn gives_list(&self, method: &Method) -> bool {
        self.prototype(method.file, method.method).as_deref() == Some(LIST)
    }

    /// Where a call can end.
    pub(super) fn callee(&mut self, file: u32, index: u32) -> Rc<Callee> {
        if let Some(known) = self.callees.get(&(file, index)) {
            return Rc::clone(known);
        }
        let callee = Rc::new(self.resolve(file, index).unwrap_or_default());
        self.callees.insert((file, index), Rc::clone(&callee));
        callee
    }

    fn resolve(&mut self, file: u32, index: u32) -> Option<Callee> {
        let dex = self.program.dex(file)?;
        let named = self
            .program
            .own_class(file, dex.method(index).ok()?.class)?;
        let signature = self.program.signature(file, index)?;
        let mut callee = Callee::default();
        if let Reached::Inside(class) = self.program.reach(file, index) {
            callee.class = Some(class);
            let own = self.own(class, signature).map(|own| own.method);
            callee.direct = own.filter(|method| method.code_off != 0);
        }
        self.overriding(named, signature, &mut callee);
        Some(callee)
    }

    /// Adds the methods that objects of classes below `named` have instead.
    fn overriding(&mut self, named: NameId, signature: Signature, callee: &mut Callee) {
        let mut open = vec![named];
        let mut seen = vec![named]; // sorted
        let mut methods: Vec<Method> = Vec::new();
        while let Some(class) = open.pop() {
            for child in self.hierarchy().children(class) {
                let Err(at) = seen.binary_search(&child) else {
                    continue;
                };
                if seen.len() > MOST_BELOW {
                    callee.others.clear();
                    callee.is_many = true;
                    return;
                }
                if !self.take(BELOW_STEPS) {
                    return;
                }
                seen.insert(at, child);
                open.push(child);
                let Some(method) = self.nearest(child, signature) else {
                    continue;
                };
                if callee.direct == Some(method) {
                    continue;
                }
                if !methods.contains(&method) {
                    methods.push(method);
                }
                if methods.len() > MOST_OTHERS {
                    callee.others.clear();
                    callee.is_many = true;
                    return;
                }
                callee.others.push((child, method));
            }
        }
        callee.others.sort_unstable();
    }

    /// The class of the app that declares a static field, by the class that an instruction names.
    pub(super) fn field(&mut self, file: u32, index: u32) -> Option<NameId> {
        if let Some(known) = self.fields.get(&(file, index)) {
            return *known;
        }
        let found = self.declaring(file, index);
        self.fields.insert((file, index), found);
        found
    }

    fn declaring(&mut self, file: u32, index: u32) -> Option<NameId> {
        let dex = self.program.dex(file)?;
        let wanted = dex.field(index).ok()?;
        let name = dex.name_bytes(wanted.name).ok()?;
        let mut at = self.program.own_class(file, wanted.class)?;
        for _ in 0..MOST_SUPERCLASSES {
            let (_, _, of, def) = self.definition(at)?;
            let data = of.class_data(&def).ok()?;
            let members = data.as_ref().map_or(1, |data| data.len().max(1));
            if !self.take(members) {
                return None;
            }
            let declares = data.is_some_and(|data| {
                let mut fields = data.fields().map_while(Result::ok);
                fields.any(|field| {
                    let id = of.field(field.field);
                    field.is_static
                        && id
                            .and_then(|id| of.name_bytes(id.name))
                            .is_ok_and(|n| n == name)
                })
            });
            if declares {
                return Some(at);
            }
            at = self.hierarchy().class(at)?.superclass?;
        }
        None
    }

    /// The methods of an object that others run later.
    pub(super) fn run_by_others(&mut self, class: NameId) -> Vec<Method> {
        if self.run_by_others.is_empty() {
            return Vec::new();
        }
        let (above, _) = self.hierarchy().supertypes(class);
        if !self.take_many(above.len()) {
            return Vec::new();
        }
        let wanted: Vec<Signature> = self
            .run_by_others
            .iter()
            .filter(|(type_, _)| above.contains(type_))
            .map(|(_, signature)| *signature)
            .collect();
        let mut found: Vec<Method> = Vec::new();
        for signature in wanted {
            if let Some(method) = self.nearest(class, signature)
                && !found.contains(&method)
            {
                found.push(method);
            }
        }
        found
    }
}

fn signature(callback: &Callback) -> Signature {
    Signature::of(callback.name, callback.parameters, callback.returns)
}
