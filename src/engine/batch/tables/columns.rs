//! Columns of a table: their names, their types, where their values are from, and the values not yet written.

use crate::engine::batch::outcome::Row;
use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::writer::SerializedColumnWriter;
use parquet::schema::types::{Type, TypePtr};
use std::borrow::Cow;
use std::sync::Arc;

/// Where the value of a column is from, which also says its type. `I` is what a line of the table is about.
#[derive(Debug)]
pub(super) enum Get<I> {
    /// A text that is always there.
    Word(for<'r> fn(&'r Row<'r>, &'r I) -> Cow<'r, str>),
    /// A text.
    Text(for<'r> fn(&'r Row<'r>, &'r I) -> Option<Cow<'r, str>>),
    /// A number that is always there.
    Count(for<'r> fn(&'r Row<'r>, &'r I) -> i64),
    /// A number.
    Number(for<'r> fn(&'r Row<'r>, &'r I) -> Option<i64>),
    /// Yes or no.
    Flag(for<'r> fn(&'r Row<'r>, &'r I) -> Option<bool>),
    /// A list of texts.
    List(for<'r> fn(&'r Row<'r>, &'r I) -> Option<Vec<Option<&'r str>>>),
}

/// One column: what is declared of it and what is collected for it, in one place so that they cannot drift apart.
#[derive(Debug)]
pub(super) struct Column<I> {
    name: &'static str,
    get: Get<I>,
    held: Held,
}

/// Values that are not written yet, with the levels of the format: Dremel's, as parquet-format's README has them.
#[derive(Debug, Default)]
struct Held {
    /// All texts, end to end.
    text: Vec<u8>,
    /// How long each is.
    lengths: Vec<usize>,
    numbers: Vec<i64>,
    flags: Vec<bool>,
    /// How much of the path to the value is there.
    definition: Vec<i16>,
    /// 0 where a line begins, 1 where its list goes on.
    repetition: Vec<i16>,
}

/// Nothing; in a column of single values.
const NULL: i16 = 0;
/// A single value.
const VALUE: i16 = 1;
/// No list.
const NO_LIST: i16 = 0;
/// A list without an element.
const EMPTY: i16 = 1;
/// An element that is nothing.
const NULL_ELEMENT: i16 = 2;
/// An element.
const ELEMENT: i16 = 3;

/// About how many bytes a value takes beside its text.
const PER_VALUE: usize = 16;

impl<I> Column<I> {
    pub(super) fn new(name: &'static str, get: Get<I>) -> Self {
        Self {
            name,
            get,
            held: Held::default(),
        }
    }

    /// How the file declares it.
    pub(super) fn declared(&self) -> Result<TypePtr> {
        let declared = match self.get {
            Get::Word(_) => text(self.name, Repetition::REQUIRED)?,
            Get::Text(_) => text(self.name, Repetition::OPTIONAL)?,
            Get::Count(_) => plain(self.name, Physical::INT64, Repetition::REQUIRED)?,
            Get::Number(_) => plain(self.name, Physical::INT64, Repetition::OPTIONAL)?,
            Get::Flag(_) => plain(self.name, Physical::BOOLEAN, Repetition::OPTIONAL)?,
            Get::List(_) => list(self.name)?,
        };
        Ok(Arc::new(declared))
    }

    /// Takes the value of one line. Answers about how many bytes it takes.
    pub(super) fn take(&mut self, row: &Row<'_>, item: &I) -> usize {
        match self.get {
            Get::Word(get) => self.held.text(VALUE, &get(row, item)),
            Get::Text(get) => match get(row, item) {
                Some(value) => self.held.text(VALUE, &value),
                None => self.held.nothing(NULL),
            },
            Get::Count(get) => self.held.number(get(row, item)),
            Get::Number(get) => match get(row, item) {
                Some(value) => self.held.number(value),
                None => self.held.nothing(NULL),
            },
            Get::Flag(get) => match get(row, item) {
                Some(value) => self.held.flag(value),
                None => self.held.nothing(NULL),
            },
            Get::List(get) => self.held.list(get(row, item)),
        }
    }

    /// Writes what is held and holds nothing any more.
    pub(super) fn write(&mut self, to: &mut SerializedColumnWriter<'_>) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        // Levels that are the same for every value are not written.
        let definition = match self.get {
            Get::Word(_) | Get::Count(_) => None,
            _ => Some(held.definition.as_slice()),
        };
        match self.get {
            Get::Word(_) | Get::Text(_) => {
                to.typed::<ByteArrayType>().write_batch(
                    &texts(held.text, &held.lengths),
                    definition,
                    None,
                )?;
            }
            Get::List(_) => {
                to.typed::<ByteArrayType>().write_batch(
                    &texts(held.text, &held.lengths),
                    definition,
                    Some(&held.repetition),
                )?;
            }
            Get::Count(_) | Get::Number(_) => {
                to.typed::<Int64Type>()
                    .write_batch(&held.numbers, definition, None)?;
            }
            Get::Flag(_) => {
                to.typed::<BoolType>()
                    .write_batch(&held.flags, definition, None)?;
            }
        }
        Ok(())
    }
}

impl Held {
    fn nothing(&mut self, level: i16) -> usize {
        self.definition.push(level);
        PER_VALUE
    }

    fn number(&mut self, value: i64) -> usize {
        self.numbers.push(value);
        self.nothing(VALUE)
    }

    fn flag(&mut self, value: bool) -> usize {
        self.flags.push(value);
        self.nothing(VALUE)
    }

    fn text(&mut self, level: i16, value: &str) -> usize {
        self.text.extend_from_slice(value.as_bytes());
        self.lengths.push(value.len());
        self.nothing(level).saturating_add(value.len())
    }

    fn list(&mut self, values: Option<Vec<Option<&str>>>) -> usize {
        self.repetition.push(0);
        let Some(values) = values else {
            return self.nothing(NO_LIST);
        };
        if values.is_empty() {
            return self.nothing(EMPTY);
        }
        self.repetition
            .resize(self.repetition.len().saturating_add(values.len() - 1), 1);
        let sizes = values.into_iter().map(|value| match value {
            Some(value) => self.text(ELEMENT, value),
            None => self.nothing(NULL_ELEMENT),
        });
        sizes.fold(0, usize::saturating_add)
    }
}

/// The texts as the writer takes them: views of one buffer.
fn texts(text: Vec<u8>, lengths: &[usize]) -> Vec<ByteArray> {
    let text = ByteArray::from(text);
    let mut start = 0;
    let view = |&length: &usize| {
        let view = text.slice(start, length);
        start += length;
        view
    };
    lengths.iter().map(view).collect()
}

fn plain(name: &str, physical: Physical, repetition: Repetition) -> Result<Type> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .build()
}

fn text(name: &str, repetition: Repetition) -> Result<Type> {
    Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
        .with_repetition(repetition)
        .with_logical_type(Some(LogicalType::String))
        .with_converted_type(ConvertedType::UTF8)
        .build()
}

/// The three levels that parquet-format's LogicalTypes.md asks for, under the names that it asks for.
fn list(name: &str) -> Result<Type> {
    let element = text("element", Repetition::OPTIONAL)?;
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)])
        .build()?;
    Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_converted_type(ConvertedType::LIST)
        .with_fields(vec![Arc::new(repeated)])
        .build()
}
