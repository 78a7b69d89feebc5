//! Names for people: descriptors as Java names, members as signatures.
//!
//! AOSP "Dalvik Executable format", section "TypeDescriptor semantics".
//! Two spellings are used. The Java one is `com.a.B.method(int, java.lang.String)`
//! (`$` of nested classes stays, the return type is left out as in stack
//! traces); the raw one is `Lcom/a/B;->method(ILjava/lang/String;)V`.

use super::{Dex, MAX_NAME, Proto, mutf8};
use crate::error::ParseError;

/// The Java name of a descriptor: `Lcom/a/B;` is `com.a.B`, `[[I` is `int[][]`.
///
/// Text that is no descriptor is given back as it is.
pub fn java_name(descriptor: &str) -> String {
    let element = descriptor.trim_start_matches('[');
    let dimensions = descriptor.len().saturating_sub(element.len());
    let mut name = match element {
        "V" => "void".to_owned(),
        "Z" => "boolean".to_owned(),
        "B" => "byte".to_owned(),
        "S" => "short".to_owned(),
        "C" => "char".to_owned(),
        "I" => "int".to_owned(),
        "J" => "long".to_owned(),
        "F" => "float".to_owned(),
        "D" => "double".to_owned(),
        _ => match element
            .strip_prefix('L')
            .and_then(|rest| rest.strip_suffix(';'))
        {
            Some(class) => class.replace('/', "."),
            None => return descriptor.to_owned(),
        },
    };
    for _ in 0..dimensions {
        name.push_str("[]");
    }
    name
}

/// The descriptor of a Java name: `com.a.B` is `Lcom/a/B;`, `int[][]` is `[[I`.
///
/// Nested classes need their `$`; a dot always separates packages.
pub fn descriptor(java_name: &str) -> String {
    let mut element = java_name;
    let mut text = String::with_capacity(java_name.len().saturating_add(2));
    while let Some(inner) = element.strip_suffix("[]") {
        element = inner;
        text.push('[');
    }
    match element {
        "void" => text.push('V'),
        "boolean" => text.push('Z'),
        "byte" => text.push('B'),
        "short" => text.push('S'),
        "char" => text.push('C'),
        "int" => text.push('I'),
        "long" => text.push('J'),
        "float" => text.push('F'),
        "double" => text.push('D'),
        class => {
            text.push('L');
            text.extend(class.chars().map(|c| if c == '.' { '/' } else { c }));
            text.push(';');
        }
    }
    text
}

/// The package of a class descriptor as a Java name: `com.a` for `Lcom/a/B;`, empty for the default one.
pub fn package(descriptor: &str) -> String {
    let element = descriptor.trim_start_matches('[');
    match element
        .strip_prefix('L')
        .and_then(|class| class.rsplit_once('/'))
    {
        Some((package, _)) => package.replace('/', "."),
        None => String::new(),
    }
}

impl Dex<'_> {
    /// The descriptor of a prototype: `(ILjava/lang/String;)V`.
    ///
    /// # Errors
    /// A part that cannot be read, or more than [`MAX_NAME`] bytes.
    pub fn proto_descriptor(&self, index: u32) -> Result<String, ParseError> {
        let proto = self.proto(index)?;
        let mut text = String::from("(");
        self.each_parameter(&proto, |descriptor| text.push_str(descriptor))?;
        text.push(')');
        text.push_str(&self.type_descriptor(proto.return_type)?);
        Ok(text)
    }

    /// A method as `Lcom/a/B;->method(ILjava/lang/String;)V`.
    ///
    /// # Errors
    /// A part that cannot be read, or more than [`MAX_NAME`] bytes of parameters.
    pub fn method_signature(&self, index: u32) -> Result<String, ParseError> {
        let id = self.method(index)?;
        let class = self.type_descriptor(id.class)?;
        let proto = self.proto_descriptor(id.proto)?;
        Ok(format!("{class}->{}{proto}", self.member_name(id.name)?))
    }

    /// A method as `com.a.B.method(int, java.lang.String)`.
    ///
    /// # Errors
    /// As [`Dex::method_signature`].
    pub fn method_java(&self, index: u32) -> Result<String, ParseError> {
        let id = self.method(index)?;
        let class = java_name(&self.type_descriptor(id.class)?);
        let mut text = format!("{class}.{}(", self.member_name(id.name)?);
        let mut separator = "";
        self.each_parameter(&self.proto(id.proto)?, |descriptor| {
            text.push_str(separator);
            text.push_str(&java_name(descriptor));
            separator = ", ";
        })?;
        text.push(')');
        Ok(text)
    }

    /// A field as `Lcom/a/B;->name:I`.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn field_signature(&self, index: u32) -> Result<String, ParseError> {
        let id = self.field(index)?;
        let class = self.type_descriptor(id.class)?;
        let type_ = self.type_descriptor(id.type_)?;
        Ok(format!("{class}->{}:{type_}", self.member_name(id.name)?))
    }

    /// A field as `com.a.B.name`.
    ///
    /// # Errors
    /// A part that cannot be read.
    pub fn field_java(&self, index: u32) -> Result<String, ParseError> {
        let id = self.field(index)?;
        let class = java_name(&self.type_descriptor(id.class)?);
        Ok(format!("{class}.{}", self.member_name(id.name)?))
    }

    /// The name of a field or method, by its `string_ids` index.
    ///
    /// # Errors
    /// As [`Dex::string`], with [`MAX_NAME`] as the limit.
    pub fn member_name(&self, string: u32) -> Result<std::borrow::Cow<'_, str>, ParseError> {
        self.name_bytes(string).map(mutf8::decode)
    }

    fn each_parameter(&self, proto: &Proto, mut f: impl FnMut(&str)) -> Result<(), ParseError> {
        let mut total = 0usize;
        for type_ in self.parameters(proto)?.iter() {
            let descriptor = self.type_descriptor(type_)?;
            total = total.saturating_add(descriptor.len());
            if total > MAX_NAME {
                let at = u64::from(proto.parameters_off);
                return Err(ParseError::new(
                    at,
                    "parameters of at most 65535 bytes",
                    "more",
                ));
            }
            f(&descriptor);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_and_java_names() {
        for (raw, java) in [
            ("Lcom/a/B$C;", "com.a.B$C"),
            ("LTop;", "Top"),
            ("[[I", "int[][]"),
            ("[Ljava/lang/String;", "java.lang.String[]"),
            ("V", "void"),
            ("Z", "boolean"),
            ("J", "long"),
        ] {
            assert_eq!(java_name(raw), java);
            assert_eq!(descriptor(java), raw);
        }
        assert_eq!(java_name("Lno/semicolon"), "Lno/semicolon");
        assert_eq!(java_name("["), "[");
        assert_eq!(package("[Lcom/a/B;"), "com.a");
        assert_eq!(package("LTop;"), "");
        assert_eq!(package("I"), "");
    }
}
