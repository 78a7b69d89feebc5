//! The declarations of all files together: descriptors, permissions, supertypes.

use super::parse::{self, Class, Member, MemberKind, Type, TypeParameter};
use super::permission::{self, Constants};
use std::collections::{BTreeMap, BTreeSet};

/// A member of one level's platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// In a file of the public API.
    pub public: bool,
    /// `annotation all A`.
    pub needs: Option<String>,
}

/// A class of one level's platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pub superclass: Option<String>,
    pub interfaces: Vec<String>,
    /// By `name(parameters)result` or `name:type`.
    pub members: BTreeMap<String, Declared>,
}

/// One level's platform, by descriptor of the class.
#[derive(Debug, Default)]
pub struct Platform {
    pub classes: BTreeMap<String, Known>,
    /// String constants by value, with what they need.
    pub texts: BTreeMap<String, Declared>,
    /// Those of them that are actions, by the name of the field.
    pub actions: BTreeSet<String>,
    /// Members that public and system files say different things of.
    pub disagree: Vec<String>,
}

/// A signature file.
#[derive(Clone, Debug)]
pub struct Input {
    pub path: String,
    pub text: String,
    /// Of the public API; otherwise of the system API.
    pub public: bool,
}

impl Platform {
    /// Reads all files; the error names file and line.
    pub fn read(inputs: &[Input], level: u32) -> Result<Platform, String> {
        let mut files = Vec::new();
        for input in inputs {
            files.push((input, parse::file(&input.path, &input.text)?));
        }
        let mut names = Names::default();
        for (_, classes) in &files {
            classes.iter().for_each(|class| names.add(class));
        }
        let constants = constants(files.iter().flat_map(|(_, classes)| classes));
        let mut platform = Platform::default();
        for (input, classes) in &files {
            for class in classes {
                platform
                    .add(class, input.public, &names, &constants, level)
                    .map_err(|(line, what)| format!("{}:{line}: {what}", input.path))?;
            }
        }
        Ok(platform)
    }

    fn add(
        &mut self,
        class: &Class,
        public: bool,
        names: &Names,
        constants: &Constants,
        level: u32,
    ) -> Result<(), (usize, String)> {
        let of = names.class(&dotted(class));
        let scope = Scope {
            names,
            class,
            own: &[],
        };
        let superclass = class.superclass.as_ref().map(|t| scope.erase(t));
        let interfaces: Vec<String> = class.interfaces.iter().map(|t| scope.erase(t)).collect();
        let known = self.classes.entry(of.clone()).or_default();
        if known.superclass.is_none() {
            known.superclass = superclass.filter(|name| name != "Ljava/lang/Object;");
        }
        for name in interfaces {
            if !known.interfaces.contains(&name) {
                known.interfaces.push(name);
            }
        }
        for member in &class.members {
            let key = scope.key(member);
            let needs = permission::requirement(&member.annotations, constants, level)?;
            let declared = Declared { public, needs };
            if let MemberKind::Field { text: Some(t), .. } = &member.kind {
                join(&mut self.texts, t.clone(), declared.clone());
                let words: Vec<&str> = member.name.split('_').collect();
                if matches!(words.as_slice(), ["ACTION", ..] | [.., "ACTION"]) {
                    self.actions.insert(t.clone());
                }
            }
            if !join(&mut known.members, key.clone(), declared) {
                self.disagree.push(format!("{of} {key}"));
            }
        }
        Ok(())
    }

    /// Whether the files declare anything in the package of a class.
    pub fn has_package(&self, class: &str) -> bool {
        let package = class.rsplit_once('/').map_or(class, |(package, _)| package);
        let start = format!("{package}/");
        let mut from = self.classes.range(start.clone()..);
        from.next()
            .is_some_and(|(name, _)| name.starts_with(&start))
    }

    /// Whether a class has a method, whatever its result, from a supertype in the files.
    ///
    /// The files leave out a method that only overrides another one.
    pub fn inherits(&self, class: &str, key: &str) -> bool {
        let Some((signature, _)) = key.split_once(')') else {
            return false;
        };
        if signature.starts_with('<') {
            return false;
        }
        let same = |(name, _): (&String, &Declared)| {
            name.split_once(')').is_some_and(|(s, _)| s == signature)
        };
        let mut seen = BTreeSet::from([class]);
        let mut open = vec![class];
        while let Some(name) = open.pop() {
            let Some(known) = self.classes.get(name) else {
                continue;
            };
            if name != class && known.members.iter().any(same) {
                return true;
            }
            for next in known.superclass.iter().chain(&known.interfaces) {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    /// Number of members that need a permission: of the public API, of the system API.
    pub fn annotated(&self) -> (usize, usize) {
        let all = self.classes.values().flat_map(|c| c.members.values());
        let (public, system): (Vec<_>, Vec<_>) =
            all.filter(|m| m.needs.is_some()).partition(|m| m.public);
        (public.len(), system.len())
    }
}

/// Adds what a further file says; whether that fits what is known.
fn join(map: &mut BTreeMap<String, Declared>, key: String, new: Declared) -> bool {
    match map.get_mut(&key) {
        None => {
            map.insert(key, new);
            true
        }
        Some(old) => {
            let fits = old.needs == new.needs || old.needs.is_none() || new.needs.is_none();
            // The public API's word counts where both have one.
            if old.needs.is_none() || (new.public && !old.public && new.needs.is_some()) {
                old.needs = new.needs;
            }
            old.public |= new.public;
            fits
        }
    }
}

fn dotted(class: &Class) -> String {
    format!("{}.{}", class.package, class.name)
}

/// Values of all string constants, by full name.
fn constants<'a>(classes: impl Iterator<Item = &'a Class>) -> Constants {
    let mut found = Constants::new();
    for class in classes {
        for member in &class.members {
            if let MemberKind::Field { text: Some(t), .. } = &member.kind {
                found.insert(format!("{}.{}", dotted(class), member.name), t.clone());
            }
        }
    }
    found
}

/// Descriptors and type parameters of the declared classes, by dotted name.
#[derive(Debug, Default)]
pub struct Names(BTreeMap<String, (String, Vec<TypeParameter>)>);

impl Names {
    fn add(&mut self, class: &Class) {
        let package = class.package.replace('.', "/");
        let descriptor = format!("L{package}/{};", class.name.replace('.', "$"));
        let (_, parameters) = self
            .0
            .entry(dotted(class))
            .or_insert_with(|| (descriptor, Vec::new()));
        if parameters.is_empty() {
            parameters.clone_from(&class.type_parameters);
        }
    }

    /// Descriptor of a class that is written with its package, or without for one of `java.lang`.
    pub fn class(&self, name: &str) -> String {
        if let Some((descriptor, _)) = self.0.get(name) {
            return descriptor.clone();
        }
        let upper = |part: &str| part.starts_with(|c: char| c.is_uppercase());
        let parts: Vec<&str> = name.split('.').collect();
        // Not declared in the files: packages are written small, classes are not.
        let first = parts.iter().position(|part| upper(part));
        let first = first.unwrap_or(parts.len() - 1);
        let (package, class) = parts.split_at(first);
        let package = if package.is_empty() {
            "java/lang".to_owned()
        } else {
            package.join("/")
        };
        format!("L{package}/{};", class.join("$"))
    }

    fn parameter(&self, class: &str, name: &str) -> Option<&TypeParameter> {
        let (_, parameters) = self.0.get(class)?;
        parameters.iter().find(|p| p.name == name)
    }
}

/// Where a type is written: which names are type parameters.
struct Scope<'a> {
    names: &'a Names,
    class: &'a Class,
    own: &'a [TypeParameter],
}

impl Scope<'_> {
    fn parameter(&self, name: &str) -> Option<&TypeParameter> {
        if let Some(found) = self.own.iter().find(|p| p.name == name) {
            return Some(found);
        }
        // The class's own, then those of the classes around it.
        let mut around = self.class.name.as_str();
        loop {
            let full = format!("{}.{around}", self.class.package);
            if let Some(found) = self.names.parameter(&full, name) {
                return Some(found);
            }
            around = around.rsplit_once('.')?.0;
        }
    }

    /// Descriptor of the erasure.
    fn erase(&self, of: &Type) -> String {
        let mut text = "[".repeat(of.dimensions);
        text.push_str(&self.erase_name(&of.name, 0));
        text
    }

    fn erase_name(&self, name: &str, depth: usize) -> String {
        let primitive = match name {
            "boolean" => "Z",
            "byte" => "B",
            "char" => "C",
            "short" => "S",
            "int" => "I",
            "long" => "J",
            "float" => "F",
            "double" => "D",
            "void" => "V",
            _ => "",
        };
        if !primitive.is_empty() {
            return primitive.to_owned();
        }
        match self.parameter(name) {
            // A bound that leads back to itself is none.
            Some(parameter) if depth < 16 => match &parameter.bound {
                Some(bound) => {
                    let mut text = "[".repeat(bound.dimensions);
                    text.push_str(&self.erase_name(&bound.name, depth + 1));
                    text
                }
                None => "Ljava/lang/Object;".to_owned(),
            },
            Some(_) => "Ljava/lang/Object;".to_owned(),
            None => self.names.class(name),
        }
    }

    /// `name(parameters)result` or `name:type`.
    fn key(&self, member: &Member) -> String {
        let scope = Scope {
            own: &member.type_parameters,
            ..*self
        };
        let list = |types: &[Type]| types.iter().map(|t| scope.erase(t)).collect::<String>();
        match &member.kind {
            MemberKind::Method { parameters, result } => {
                format!(
                    "{}({}){}",
                    member.name,
                    list(parameters),
                    scope.erase(result)
                )
            }
            MemberKind::Constructor { parameters } => {
                // The object around it comes first.
                let outer = self.class.name.rsplit_once('.');
                let outer = outer.filter(|_| self.class.inner).map(|(around, _)| {
                    let full = format!("{}.{around}", self.class.package);
                    self.names.class(&full)
                });
                let outer = outer.unwrap_or_default();
                format!("<init>({outer}{})V", list(parameters))
            }
            MemberKind::Field { of, .. } => format!("{}:{}", member.name, scope.erase(of)),
        }
    }
}
