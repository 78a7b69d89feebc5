//! What a DEX file is to hold. Types are descriptors: `I`, `[Ljava/lang/String;`.

use crate::forge::{ForgeError, Result};

/// Access flags that the writer itself looks at (DEX format, "access_flags definitions").
pub mod access {
    /// `public`.
    pub const PUBLIC: u32 = 0x1;
    /// `private`.
    pub const PRIVATE: u32 = 0x2;
    /// `protected`.
    pub const PROTECTED: u32 = 0x4;
    /// `static`.
    pub const STATIC: u32 = 0x8;
    /// `native`.
    pub const NATIVE: u32 = 0x100;
    /// Is an interface.
    pub const INTERFACE: u32 = 0x200;
    /// `abstract`.
    pub const ABSTRACT: u32 = 0x400;
    /// Is `<init>` or `<clinit>`.
    pub const CONSTRUCTOR: u32 = 0x1_0000;
}

/// A class definition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Descriptor.
    pub name: String,
    /// Access flags.
    pub flags: u32,
    /// Descriptor of the superclass; `None` for `java.lang.Object` itself.
    pub superclass: Option<String>,
    /// Descriptors of interfaces.
    pub interfaces: Vec<String>,
    /// Fields.
    pub fields: Vec<Field>,
    /// Methods.
    pub methods: Vec<Method>,
}

/// A field definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Access flags.
    pub flags: u32,
    /// Name.
    pub name: String,
    /// Type.
    pub kind: String,
    /// First value of a static field.
    pub value: Option<Operand>,
}

/// A method definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// Access flags.
    pub flags: u32,
    /// Name.
    pub name: String,
    /// Parameters and result.
    pub proto: Proto,
    /// Statements; unused for native and abstract methods.
    pub body: Vec<Statement>,
    /// Line of the notation.
    pub line: usize,
}

impl Method {
    /// Whether it has no code.
    pub fn without_code(&self) -> bool {
        self.flags & (access::NATIVE | access::ABSTRACT) != 0
    }

    /// Whether the method belongs into the list of direct methods.
    pub fn direct(&self) -> bool {
        self.flags & (access::STATIC | access::PRIVATE | access::CONSTRUCTOR) != 0
    }
}

/// Parameters and result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proto {
    /// Types of the parameters, without the receiver.
    pub params: Vec<String>,
    /// Type of the result.
    pub returns: String,
}

impl Proto {
    /// First letters of the types, result first (DEX format, "ShortyDescriptor").
    pub fn shorty(&self) -> String {
        std::iter::once(&self.returns)
            .chain(&self.params)
            .map(|t| match t.chars().next() {
                Some('[') | None => 'L',
                Some(c) => c,
            })
            .collect()
    }
}

/// A method that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodRef {
    /// Descriptor of the class.
    pub class: String,
    /// Name.
    pub name: String,
    /// Parameters and result.
    pub proto: Proto,
}

/// A field that is read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRef {
    /// Descriptor of the class.
    pub class: String,
    /// Name.
    pub name: String,
    /// Type.
    pub kind: String,
}

/// A value that a statement uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A named value, `this`, or a parameter `p0`, `p1` …
    Name(String),
    /// A string.
    Text(String),
    /// A number that fits 32 bits; `true` and `false` are 1 and 0.
    Int(i32),
    /// A 64-bit number.
    Long(i64),
    /// `null`.
    Null,
    /// A class object.
    Class(String),
}

/// How a method is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `invoke-virtual`.
    Virtual,
    /// `invoke-super`.
    Super,
    /// `invoke-direct`.
    Direct,
    /// `invoke-static`.
    Static,
    /// `invoke-interface`.
    Interface,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Loads a value.
    Load(Operand),
    /// Makes a `String[]` of constants.
    Strings(Vec<String>),
    /// Calls a method; a receiver or arguments that are not given are null and zero.
    Call {
        /// The instruction.
        kind: CallKind,
        /// The method.
        method: MethodRef,
        /// The object it is called on.
        on: Option<Operand>,
        /// The arguments.
        with: Option<Vec<Operand>>,
    },
    /// Makes an object; calls the constructor if there is one.
    New {
        /// Descriptor.
        class: String,
        /// Constructor and its arguments.
        init: Option<(MethodRef, Option<Vec<Operand>>)>,
    },
    /// Reads a field: a static one if there is no object.
    Get(FieldRef, Option<Operand>),
    /// Writes a field: a static one if there is no object.
    Put(FieldRef, Option<Operand>, Operand),
    /// `check-cast`.
    Cast(Operand, String),
    /// Returns.
    Return(Option<Operand>),
    /// Throws.
    Throw(Operand),
    /// Marks a place.
    Label(String),
    /// Jumps.
    Goto(String),
    /// Jumps if the value is zero or null (`true`), or if it is not (`false`).
    If(bool, Operand, String),
    /// Instruction words as they are.
    Raw(Vec<u16>),
    /// One instruction with its registers.
    Asm(super::asm::Asm),
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Name under which the result can be used.
    pub result: Option<String>,
    /// What it does.
    pub op: Op,
    /// Line of the notation.
    pub line: usize,
}

/// The descriptor of a type in Java's spelling: `int`, `java.lang.String[]`, `a.b.Outer$Inner`.
pub fn descriptor(java: &str) -> Result<String> {
    let mut base = java.trim();
    let mut arrays = String::new();
    while let Some(inner) = base.strip_suffix("[]") {
        arrays.push('[');
        base = inner.trim_end();
    }
    let plain = match base {
        "void" => "V",
        "boolean" => "Z",
        "byte" => "B",
        "short" => "S",
        "char" => "C",
        "int" => "I",
        "long" => "J",
        "float" => "F",
        "double" => "D",
        _ => {
            let bad = |c: char| c.is_whitespace() || "()[];/,\"".contains(c);
            if base.is_empty() || base.contains(bad) || base.split('.').any(str::is_empty) {
                return Err(ForgeError::new(format!("{java:?} is no type")));
            }
            return Ok(format!("{arrays}L{};", base.replace('.', "/")));
        }
    };
    Ok(arrays + plain)
}

/// Registers that a value of this type takes.
pub fn width(kind: &str) -> u16 {
    if matches!(kind, "J" | "D") { 2 } else { 1 }
}
