//! `resources.arsc`: one `ResTable`, indexed but not unpacked.

use super::chunk::{self, Chunk};
use super::config::Config;
use super::pool::{StringPool, Text};
use super::value::Value;
use super::{to_u64, to_usize};
use crate::bytes::Reader;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;
use std::collections::BTreeMap;

/// Packages of one table: the id has 8 bits.
const PACKAGES: usize = 256;
/// Entries of library and staged-alias chunks of one package. The framework has about 500.
const ALIASES: usize = 65_536;

/// `sizeof(ResTable_entry)`.
const ENTRY: usize = 8;
/// `sizeof(Res_value)`.
const VALUE: usize = 8;
/// Where `ResTable_type` has its configuration.
const CONFIG: usize = 20;
/// The package id of the framework (`kFrameworkPackageId`).
const FRAMEWORK: u8 = 1;

/// `ResTable_type::FLAG_SPARSE`.
const FLAG_SPARSE: u8 = 0x01;
/// `ResTable_type::FLAG_OFFSET16`.
const FLAG_OFFSET16: u8 = 0x02;
/// `ResTable_entry::FLAG_COMPLEX`.
const FLAG_COMPLEX: u16 = 0x0001;
/// `ResTable_entry::FLAG_COMPACT`.
const FLAG_COMPACT: u16 = 0x0008;

/// One resource table. Borrows the bytes it was made of.
#[derive(Clone, Debug)]
pub struct ResTable<'a> {
    file: String,
    values: StringPool<'a>,
    packages: Vec<TablePackage<'a>>,
}

/// One package of a table.
#[derive(Clone, Debug)]
pub struct TablePackage<'a> {
    /// Package id, 0x7f in an app; 0 in a shared library.
    pub id: u8,
    /// Name of the package.
    pub name: String,
    type_names: StringPool<'a>,
    key_names: StringPool<'a>,
    type_id_offset: u8,
    types: BTreeMap<u8, Vec<TypeChunk<'a>>>,
    libraries: Vec<(u8, String)>,
    aliases: BTreeMap<u32, u32>,
}

/// `ResTable_type`: the entries of one type for one configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TypeChunk<'a> {
    pub(crate) config: Config,
    flags: u8,
    entry_count: u32,
    offsets: &'a [u8],
    entries: &'a [u8],
}

/// One entry as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Index of its name.
    pub(crate) key: u32,
    /// `dataType` and `data`; `None` for a bag.
    pub(crate) value: Option<(u8, u32)>,
}

impl<'a> ResTable<'a> {
    /// Reads the table in `data`, the contents of `file` (for incidents, `base.apk!resources.arsc`).
    ///
    /// What cannot be read is left out and becomes an incident that hides
    /// [`Channel::Resources`].
    ///
    /// # Errors
    /// If there is no table header or no string pool of values: then no
    /// resource of the app can be read.
    pub fn parse(
        data: &'a [u8],
        file: &str,
        limits: &Limits,
    ) -> Result<(Self, Vec<Incident>), ParseError> {
        let mut reader = Reader::new(data);
        let mut incidents = Vec::new();
        let first = read_table_chunk(&mut reader, file, &mut incidents)?;
        let mut values = None;
        let mut packages = Vec::new();
        let mut budget = Budget {
            chunks: limits.resource_chunks,
            entries: limits.resource_entries,
            reported: false,
        };
        // LoadedArsc::Load goes through all tables of a file.
        let mut next = Some(first);
        while let Some(table) = next {
            let stated = to_usize(table.fields().u32("a count of packages")?);
            let mut seen = 0usize;
            let mut body = table.body();
            while let Some(chunk) = child(&mut body, file, &mut incidents) {
                match chunk.kind {
                    // As LoadedArsc::LoadTable: the first pool holds the values.
                    chunk::STRING_POOL if values.is_none() => {
                        let pool = StringPool::parse(&chunk, limits)?;
                        if let Some(refusal) = pool.refusal() {
                            incidents.push(refused(refusal, file, chunk.offset));
                        }
                        values = Some(pool);
                    }
                    chunk::TABLE_PACKAGE if packages.len() < PACKAGES => {
                        seen = seen.saturating_add(1);
                        if seen == stated.saturating_add(1) {
                            let line = "more packages than the header of the table says";
                            incidents.push(refused(line, file, chunk.offset));
                        }
                        match read_package(&chunk, file, limits, &mut budget, &mut incidents) {
                            Ok(package) => packages.push(package),
                            Err(error) => {
                                incidents.push(lost(IncidentCode::Malformed, file, &error));
                            }
                        }
                    }
                    _ => {}
                }
            }
            next = std::iter::from_fn(|| Chunk::read(&mut reader, chunk::HEADER).ok())
                .find(|chunk| chunk.kind == chunk::TABLE);
        }
        let values = values.ok_or_else(|| {
            ParseError::new(
                first.offset,
                "a string pool of values in the resource table",
                "none",
            )
        })?;
        incidents.truncate(limits.incidents);
        Ok((
            Self {
                file: file.to_owned(),
                values,
                packages,
            },
            incidents,
        ))
    }

    /// The file the table was read from, as given to [`Self::parse`].
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The packages, in file order.
    pub fn packages(&self) -> &[TablePackage<'a>] {
        &self.packages
    }

    /// The value of `raw`, strings taken from the table's pool.
    pub(crate) fn value(&self, raw: (u8, u32)) -> Value {
        Value::from_raw(raw.0, raw.1, |index| self.values.get(index))
    }
}

impl<'a> TablePackage<'a> {
    /// The chunks of type `type_id` (the second byte of a resource id), in file order.
    pub(crate) fn chunks(&self, type_id: u8) -> &[TypeChunk<'a>] {
        type_id
            .checked_sub(self.type_id_offset)
            .and_then(|id| self.types.get(&id))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Name of type `type_id`.
    pub(crate) fn type_name(&self, type_id: u8) -> Option<Text> {
        let index = type_id.checked_sub(self.type_id_offset)?.checked_sub(1)?;
        self.type_names.get(u32::from(index))
    }

    /// Name of the entry whose key has `index`.
    pub(crate) fn key_name(&self, index: u32) -> Option<Text> {
        self.key_names.get(index)
    }

    /// Name of the library that this package calls `id` (`RES_TABLE_LIBRARY_TYPE`).
    pub(crate) fn library(&self, id: u8) -> Option<&str> {
        self.libraries
            .iter()
            .find(|(library, _)| *library == id)
            .map(|(_, name)| name.as_str())
    }

    /// The final id of a staged one (`RES_TABLE_STAGED_ALIAS_TYPE`), else the id itself.
    pub(crate) fn alias(&self, id: u32) -> u32 {
        self.aliases.get(&id).copied().unwrap_or(id)
    }

    /// Ids of the types there are chunks of, and how many entry slots the largest chunk of each has.
    pub fn types(&self) -> impl Iterator<Item = (u8, u32)> + '_ {
        self.types.iter().map(|(id, chunks)| {
            let slots = chunks.iter().map(TypeChunk::slots).max().unwrap_or(0);
            (id.saturating_add(self.type_id_offset), slots)
        })
    }
}

impl TypeChunk<'_> {
    /// One more than the largest entry index that can be here.
    fn slots(&self) -> u32 {
        if self.flags & FLAG_SPARSE == 0 {
            return self.entry_count;
        }
        let last = self
            .entry_count
            .checked_sub(1)
            .and_then(|last| self.pair(to_usize(last)));
        last.map_or(0, |(index, _)| u32::from(index).saturating_add(1))
    }

    /// The sparse entry at `position`: index and offset divided by 4.
    fn pair(&self, position: usize) -> Option<(u16, u16)> {
        let at = position.checked_mul(4)?;
        let bytes: [u8; 4] = self.offsets.get(at..at.checked_add(4)?)?.try_into().ok()?;
        let [a, b, c, d] = bytes;
        Some((u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])))
    }

    /// `LoadedPackage::GetEntryOffset`: where entry `index` lies behind `entriesStart`.
    fn offset(&self, index: u16) -> Option<usize> {
        if self.flags & FLAG_SPARSE != 0 {
            let (mut low, mut high) = (0usize, to_usize(self.entry_count));
            while low < high {
                let middle = low.midpoint(high);
                if self.pair(middle)?.0 < index {
                    low = middle.checked_add(1)?;
                } else {
                    high = middle;
                }
            }
            if low >= to_usize(self.entry_count) {
                return None;
            }
            let (found, offset) = self.pair(low)?;
            return (found == index).then(|| usize::from(offset).saturating_mul(4));
        }
        if u32::from(index) >= self.entry_count {
            return None;
        }
        if self.flags & FLAG_OFFSET16 != 0 {
            let at = usize::from(index).checked_mul(2)?;
            let offset =
                u16::from_le_bytes(self.offsets.get(at..at.checked_add(2)?)?.try_into().ok()?);
            return (offset != u16::MAX).then(|| usize::from(offset).saturating_mul(4));
        }
        let at = usize::from(index).checked_mul(4)?;
        let offset = u32::from_le_bytes(self.offsets.get(at..at.checked_add(4)?)?.try_into().ok()?);
        (offset != u32::MAX).then(|| to_usize(offset))
    }

    /// Entry `index`, plain, bag or compact; `None` where there is none or it lies outside the chunk.
    pub(crate) fn entry(&self, index: u16) -> Option<Entry> {
        // The checks are those of VerifyResTableEntry.
        let offset = self.offset(index)?;
        if offset & 3 != 0 {
            return None;
        }
        let mut r = Reader::new(self.entries.get(offset..)?);
        let what = "an entry";
        let size = r.u16(what).ok()?;
        let flags = r.u16(what).ok()?;
        let word = r.u32(what).ok()?;
        if flags & FLAG_COMPACT != 0 {
            let [_, kind] = flags.to_le_bytes();
            return Some(Entry {
                key: u32::from(size),
                value: Some((kind, word)),
            });
        }
        if usize::from(size) < ENTRY {
            return None;
        }
        if flags & FLAG_COMPLEX != 0 {
            return Some(Entry {
                key: word,
                value: None,
            });
        }
        r.seek(usize::from(size)).ok()?;
        if usize::from(r.u16(what).ok()?) < VALUE {
            return None;
        }
        r.skip(1, what).ok()?;
        let kind = r.u8(what).ok()?;
        let data = r.u32(what).ok()?;
        Some(Entry {
            key: word,
            value: Some((kind, data)),
        })
    }
}

/// What may still be taken from one table.
struct Budget {
    chunks: usize,
    entries: usize,
    reported: bool,
}

fn lost(code: IncidentCode, file: &str, error: &ParseError) -> Incident {
    Incident::from_error(code, file, error).hiding(Channel::Resources)
}

/// What LoadedArsc.cpp refuses a whole table for; without it the app cannot be installed.
fn refused(what: &str, file: &str, offset: u64) -> Incident {
    let line = format!("{what}: Android refuses the table; it is read here");
    Incident::new(IncidentCode::Malformed, file, line).at(offset)
}

/// The next chunk inside a table or package, as `ChunkIterator` finds it.
fn child<'a>(
    body: &mut Reader<'a>,
    file: &str,
    incidents: &mut Vec<Incident>,
) -> Option<Chunk<'a>> {
    let (is_first, rest) = (body.position() == 0, body.rest());
    if rest.is_empty() {
        return None;
    }
    match Chunk::read(body, chunk::HEADER) {
        Ok(chunk) => Some(chunk),
        Err(error) => {
            let incident = Incident::from_error(IncidentCode::Malformed, file, &error);
            incidents.push(if is_first || !chunk::is_cut_off(rest) {
                incident.hiding(Channel::Resources)
            } else {
                incident
            });
            None
        }
    }
}

/// The first chunk of type `RES_TABLE_TYPE`; as `LoadedArsc::Load`, others are skipped.
///
/// Laxer than it: a table that says it is longer than the file is read as far as the file goes.
fn read_table_chunk<'a>(
    reader: &mut Reader<'a>,
    file: &str,
    incidents: &mut Vec<Incident>,
) -> Result<Chunk<'a>, ParseError> {
    loop {
        let offset = reader.offset();
        let start = reader.rest();
        match Chunk::read(reader, chunk::HEADER) {
            Ok(chunk) if chunk.kind == chunk::TABLE => return Ok(chunk),
            Ok(_) => {}
            Err(error) => {
                let mut head = Reader::at(start, offset);
                let kind = head.u16("a resource table")?;
                let header_size = usize::from(head.u16("a resource table")?);
                if kind != chunk::TABLE || header_size < chunk::HEADER || header_size > start.len()
                {
                    return Err(error);
                }
                incidents.push(lost(IncidentCode::Malformed, file, &error));
                return Ok(Chunk {
                    kind,
                    header_size,
                    data: start,
                    offset,
                });
            }
        }
    }
}

/// `LoadedPackage::Load`. `typeIdOffset` is missing in old tables.
fn read_package<'a>(
    chunk: &Chunk<'a>,
    file: &str,
    limits: &Limits,
    budget: &mut Budget,
    incidents: &mut Vec<Incident>,
) -> Result<TablePackage<'a>, ParseError> {
    let what = "a package header";
    let mut fields = chunk.fields();
    let [id, ..] = fields.u32(what)?.to_le_bytes();
    let name = utf16z(fields.take(256, what)?);
    let type_strings = to_usize(fields.u32(what)?);
    fields.skip(4, what)?;
    let key_strings = to_usize(fields.u32(what)?);
    fields.skip(4, what)?;
    let [type_id_offset, ..] = fields.u32(what).unwrap_or(0).to_le_bytes();
    let mut package = TablePackage {
        id,
        name,
        type_names: StringPool::default(),
        key_names: StringPool::default(),
        type_id_offset,
        types: BTreeMap::new(),
        libraries: Vec::new(),
        aliases: BTreeMap::new(),
    };
    let mut body = chunk.body();
    let mut specs = [false; 256];
    let mut is_refused = false;
    loop {
        let position = chunk.header_size.saturating_add(body.position());
        let Some(inner) = child(&mut body, file, incidents) else {
            break;
        };
        let result = match inner.kind {
            chunk::STRING_POOL if position == type_strings => {
                StringPool::parse(&inner, limits).map(|pool| package.type_names = pool)
            }
            chunk::STRING_POOL if position == key_strings => {
                StringPool::parse(&inner, limits).map(|pool| package.key_names = pool)
            }
            chunk::TABLE_TYPE_SPEC => inner.fields().u8("a type id").map(|id| {
                if let Some(spec) = specs.get_mut(usize::from(id)) {
                    *spec = true;
                }
            }),
            chunk::TABLE_TYPE => read_type(&inner).map(|(id, chunk, refusal)| {
                let has_spec = specs.get(usize::from(id)).copied().unwrap_or_default();
                let missing = (!has_spec).then_some("a type without a type spec before it");
                if let Some(refusal) = refusal.or(missing).filter(|_| !is_refused) {
                    is_refused = true;
                    incidents.push(refused(refusal, file, inner.offset));
                }
                if budget.take(chunk.entry_count) {
                    package.types.entry(id).or_default().push(chunk);
                } else if !budget.reported {
                    budget.reported = true;
                    let detail = format!(
                        "a resource table with more than {} type chunks or {} entries",
                        limits.resource_chunks, limits.resource_entries
                    );
                    incidents.push(
                        Incident::new(IncidentCode::LimitReached, file, detail)
                            .at(inner.offset)
                            .hiding(Channel::Resources),
                    );
                }
            }),
            chunk::TABLE_LIBRARY => read_libraries(&inner, &mut package),
            // LoadedPackage::Load ignores those of other packages.
            chunk::TABLE_STAGED_ALIAS if id == FRAMEWORK => read_aliases(&inner, &mut package),
            // Overlayable chunks do not matter to an app.
            _ => Ok(()),
        };
        if let Err(error) = result
            && incidents.len() < limits.incidents
        {
            incidents.push(lost(IncidentCode::Malformed, file, &error));
        }
    }
    Ok(package)
}

impl Budget {
    fn take(&mut self, entries: u32) -> bool {
        match (
            self.chunks.checked_sub(1),
            self.entries.checked_sub(to_usize(entries)),
        ) {
            (Some(chunks), Some(entries)) => {
                self.chunks = chunks;
                self.entries = entries;
                true
            }
            _ => false,
        }
    }
}

/// `ResTable_type`, with the checks of `VerifyResTableType`.
///
/// What it refuses and is read here comes with it.
fn read_type<'a>(
    chunk: &Chunk<'a>,
) -> Result<(u8, TypeChunk<'a>, Option<&'static str>), ParseError> {
    let what = "a type header";
    let mut fields = chunk.fields();
    let id = fields.u8(what)?;
    let flags = fields.u8(what)?;
    fields.skip(2, what)?;
    let entry_count = fields.u32(what)?;
    let entries_start = to_usize(fields.u32(what)?);
    // Android reads the configuration where it lies, however long the header says it is.
    let config = chunk.data.get(CONFIG..).unwrap_or_default();
    let at = chunk.offset.saturating_add(to_u64(CONFIG));
    let config = Config::parse(&mut Reader::at(config, at))?;
    if id == 0 {
        return Err(ParseError::new(chunk.offset, "a type id above 0", "0"));
    }
    let size = if flags & FLAG_OFFSET16 != 0 && flags & FLAG_SPARSE == 0 {
        2
    } else {
        4
    };
    let mut body = chunk.body();
    let count = body.check_count(entry_count, size, "entry offsets inside the type chunk")?;
    let offsets = body.take(count.saturating_mul(size), "entry offsets")?;
    let entries = chunk.data.get(entries_start..).ok_or_else(|| {
        ParseError::new(
            chunk.offset,
            "entries that start inside the type chunk",
            format!("a start of {entries_start} in {} bytes", chunk.data.len()),
        )
    })?;
    let end = chunk.header_size.saturating_add(offsets.len());
    let refusal = if entry_count > u32::from(u16::MAX) {
        Some("a type with more than 65535 entries")
    } else if entries_start < end {
        Some("entries that overlap their offsets")
    } else if entries_start & 3 != 0 {
        Some("entries that start at an odd place")
    } else {
        None
    };
    Ok((
        id,
        TypeChunk {
            config,
            flags,
            entry_count,
            offsets,
            entries,
        },
        refusal,
    ))
}

/// `ResTable_lib_header`: package ids that this table uses for other packages.
fn read_libraries(chunk: &Chunk<'_>, package: &mut TablePackage<'_>) -> Result<(), ParseError> {
    let count = chunk.fields().u32("a count of libraries")?;
    let mut body = chunk.body();
    for _ in 0..body
        .check_count(count, 260, "libraries inside the chunk")?
        .min(ALIASES)
    {
        let [id, ..] = body.u32("a library id")?.to_le_bytes();
        package
            .libraries
            .push((id, utf16z(body.take(256, "a library name")?)));
    }
    Ok(())
}

/// `ResTable_staged_alias_header`: ids that were given before they were final.
fn read_aliases(chunk: &Chunk<'_>, package: &mut TablePackage<'_>) -> Result<(), ParseError> {
    let count = chunk.fields().u32("a count of aliases")?;
    let mut body = chunk.body();
    for _ in 0..body
        .check_count(count, 8, "aliases inside the chunk")?
        .min(ALIASES)
    {
        let staged = body.u32("a staged id")?;
        package.aliases.insert(staged, body.u32("a final id")?);
    }
    Ok(())
}

/// A UTF-16 string of fixed size that a zero ends.
fn utf16z(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|b| u16::from_le_bytes(b.try_into().unwrap_or_default()))
        .take_while(|&unit| unit != 0);
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
