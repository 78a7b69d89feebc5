//! Opening a file: headers, tables, map list, and what is wrong with them.

use super::{Dex, HEADER_SIZE, Header, Section, Table, usize_of, words};
use crate::bytes::Reader;
use crate::error::ParseError;
use crate::incident::{Channel, Incident, IncidentCode};
use crate::limits::Limits;

/// Type codes of the map list (section "Type codes").
const MAP_CALL_SITE_IDS: u16 = 0x0007;
const MAP_METHOD_HANDLES: u16 = 0x0008;
/// Most map items: ART knows 21 types and each may occur once.
const MAP_ITEMS: u32 = 64;

impl<'a> Dex<'a> {
    /// Opens `bytes`; one element per logical file, more than one only in a 041 container.
    ///
    /// `file` names the file in the incidents, which are appended to
    /// `incidents`. A table that does not lie in the file reads as empty
    /// and gives an incident that hides [`Channel::Code`]; so does a bad
    /// member after the first, where the container ends.
    ///
    /// # Errors
    /// An empty or too short file, foreign magic, a version that no Android
    /// loads, or reversed byte order.
    pub fn parse(
        bytes: &'a [u8],
        file: &str,
        limits: &Limits,
        incidents: &mut Vec<Incident>,
    ) -> Result<Vec<Self>, ParseError> {
        let first = Header::parse(bytes, 0)?;
        let data = extent(bytes, &first);
        let mut members = Vec::new();
        let mut header = first;
        let mut trouble = Trouble { file, incidents };
        trouble.tail(bytes, data.len());
        loop {
            members.push(Self::open(data, header, bytes.len(), &mut trouble));
            let next = match header.header_offset.checked_add(header.file_size) {
                Some(next) if header.is_container() && usize_of(next) < data.len() => next,
                _ => break,
            };
            if header.file_size < header.proper_size() {
                break; // Already an incident; the next header cannot be found.
            }
            if members.len() >= limits.dex_files {
                let line = format!("more than {} files in one container", limits.dex_files);
                trouble.add(IncidentCode::LimitReached, u64::from(next), line, true);
                break;
            }
            header = match Header::parse(data, next) {
                Ok(header) => header,
                Err(error) => {
                    trouble.error(&error);
                    break;
                }
            };
        }
        Ok(members)
    }

    fn open(data: &'a [u8], header: Header, total: usize, trouble: &mut Trouble<'_>) -> Self {
        let available = total.saturating_sub(usize_of(header.header_offset));
        for (offset, line, hides) in header.complaints(available, total) {
            trouble.add(IncidentCode::Malformed, offset, line, hides);
        }
        let mut dex = Self {
            data,
            header,
            string_ids: table(data, header.string_ids, "string_ids", trouble),
            type_ids: table(data, header.type_ids, "type_ids", trouble),
            proto_ids: table(data, header.proto_ids, "proto_ids", trouble),
            field_ids: table(data, header.field_ids, "field_ids", trouble),
            method_ids: table(data, header.method_ids, "method_ids", trouble),
            class_defs: table(data, header.class_defs, "class_defs", trouble),
            call_site_ids: Table::empty("call_site_ids"),
            method_handles: Table::empty("method_handles"),
        };
        if let Err(error) = dex.read_map(trouble) {
            trouble.error(&error);
        }
        dex.check_layout(trouble);
        dex.check_classes(trouble);
        dex
    }

    /// Tables that overlap: ART's verifier refuses them (`CheckMap`, "Out of order map item"), and
    /// one byte then means two things.
    fn check_layout(&self, trouble: &mut Trouble<'_>) {
        let mut places = [
            self.string_ids.place(),
            self.type_ids.place(),
            self.proto_ids.place(),
            self.field_ids.place(),
            self.method_ids.place(),
            self.class_defs.place(),
            self.call_site_ids.place(),
            self.method_handles.place(),
        ];
        places.sort_unstable();
        let header = self.header.header_offset.saturating_add(HEADER_SIZE);
        let mut before = (u64::from(header), "the header");
        for (start, end, name) in places {
            // In a container, tables of a later file may lie anywhere else.
            let is_header = before.1 == "the header";
            let begins = if is_header {
                u64::from(self.header.header_offset)
            } else {
                0
            };
            if start < end && start < before.0 && end > begins {
                let line = format!("{name} overlaps {}: ART refuses the file", before.1);
                trouble.add(IncidentCode::Malformed, start, line, false);
                return;
            }
            if end > before.0 {
                before = (end, name);
            }
        }
    }

    /// Classes that are defined twice: `CheckInterClassDefItem` refuses them; the first one is taken.
    fn check_classes(&self, trouble: &mut Trouble<'_>) {
        let mut seen = vec![false; usize_of(self.type_count())];
        for (row, class) in (0u64..).zip(self.class_defs()) {
            if let Some(seen) = seen.get_mut(usize_of(class.class))
                && std::mem::replace(seen, true)
            {
                let at = self
                    .class_defs
                    .offset
                    .saturating_add(row.saturating_mul(32));
                let line = format!(
                    "a second definition of the class of type {}: ART refuses the file",
                    class.class
                );
                trouble.add(IncidentCode::Malformed, at, line, false);
                return;
            }
        }
    }

    /// Bytes behind the last item of a file, which no offset leads to: packers put an
    /// encrypted file there and read it at run time.
    fn check_tail(&self, map_end: usize, last: u32, trouble: &mut Trouble<'_>) {
        // The sizes of other items are not known without reading them.
        if self.header.is_container() || last != self.header.map_off {
            return;
        }
        trouble.tail(self.data, map_end);
    }

    /// Section "map_list". Only here call sites and method handles are found.
    fn read_map(&mut self, trouble: &mut Trouble<'_>) -> Result<(), ParseError> {
        let mut r = self.at(self.header.map_off)?;
        if self.header.map_off == 0 {
            return Err(ParseError::new(r.offset(), "a map list", "map_off 0"));
        }
        let start = r.offset();
        let size = r.u32("the size of the map list")?;
        let count = r.check_count(size, 12, "a map list")?;
        if size > MAP_ITEMS {
            let found = format!("{size}");
            return Err(ParseError::new(
                start,
                "at most 64 items in the map list",
                found,
            ));
        }
        let rows = r
            .take(count.saturating_mul(12), "a map list")?
            .as_chunks::<12>()
            .0;
        let last = rows.iter().map(|row| words::<12, 3>(row)[2]).max();
        self.check_tail(
            self.data.len().saturating_sub(r.remaining()),
            last.unwrap_or(0),
            trouble,
        );
        for row in rows {
            let [kind, size, off] = words(row);
            let [low, high, ..] = kind.to_le_bytes();
            let section = Section { size, off };
            let stated = match u16::from_le_bytes([low, high]) {
                0x0001 => ("string_ids", self.header.string_ids),
                0x0002 => ("type_ids", self.header.type_ids),
                0x0003 => ("proto_ids", self.header.proto_ids),
                0x0004 => ("field_ids", self.header.field_ids),
                0x0005 => ("method_ids", self.header.method_ids),
                0x0006 => ("class_defs", self.header.class_defs),
                // ART (InitializeSectionsFromMapList): the last item of a type counts.
                MAP_CALL_SITE_IDS => {
                    self.call_site_ids = table(self.data, section, "call_site_ids", trouble);
                    continue;
                }
                MAP_METHOD_HANDLES => {
                    self.method_handles = table(self.data, section, "method_handles", trouble);
                    continue;
                }
                _ => continue,
            };
            if stated.1 != section {
                let line = format!(
                    "expected {} of {} items at {:#x} as in the header, found {size} at {off:#x} in the map list",
                    stated.0, stated.1.size, stated.1.off
                );
                trouble.add(IncidentCode::Malformed, start, line, false);
            }
        }
        Ok(())
    }

    /// Checks the header's checksum and signature and reports what does not fit.
    ///
    /// Not done when a file is opened: it costs more than everything else, and
    /// nothing becomes unreadable by a wrong value.
    pub fn check_integrity(&self, file: &str, incidents: &mut Vec<Incident>) {
        let mut trouble = Trouble { file, incidents };
        let at = u64::from(self.header.header_offset);
        if !self.checksum_ok() {
            let line = "expected the file's Adler-32 in the header, found another".to_owned();
            trouble.add(
                IncidentCode::Malformed,
                at.saturating_add(0x08),
                line,
                false,
            );
        }
        if !self.signature_ok() {
            let line = "expected the file's SHA-1 in the header, found another".to_owned();
            trouble.add(
                IncidentCode::Malformed,
                at.saturating_add(0x0c),
                line,
                false,
            );
        }
    }
}

/// The bytes that offsets may reach: ART takes `file_size`, and the container for 041.
///
/// A size that cannot be true is an incident elsewhere; then all bytes count.
fn extent<'a>(bytes: &'a [u8], header: &Header) -> &'a [u8] {
    let stated = if header.is_container() {
        header.container_size
    } else {
        header.file_size
    };
    if stated < header.proper_size() {
        return bytes;
    }
    bytes.get(..usize_of(stated)).unwrap_or(bytes)
}

/// The rows of a table, or none with an incident if they do not all lie in the file.
fn table<'a, const N: usize>(
    data: &'a [u8],
    section: Section,
    name: &'static str,
    trouble: &mut Trouble<'_>,
) -> Table<'a, N> {
    if section.size == 0 {
        return Table::empty(name);
    }
    let rows = || {
        let mut r = Reader::new(data);
        r.seek(usize_of(section.off))?;
        let count = r.check_count(section.size, N, name)?;
        r.take(count.saturating_mul(N), name)
    };
    match rows() {
        Ok(bytes) => Table {
            rows: bytes.as_chunks().0,
            offset: u64::from(section.off),
            name,
        },
        Err(_) => {
            let line = format!(
                "expected {name} of {} items at {:#x} inside the file, found {} bytes",
                section.size,
                section.off,
                data.len()
            );
            trouble.add(IncidentCode::Malformed, u64::from(section.off), line, true);
            Table::empty(name)
        }
    }
}

/// Where trouble goes.
struct Trouble<'t> {
    file: &'t str,
    incidents: &'t mut Vec<Incident>,
}

impl Trouble<'_> {
    fn add(&mut self, code: IncidentCode, offset: u64, line: String, hides_code: bool) {
        let mut incident = Incident::new(code, self.file, line).at(offset);
        if hides_code {
            incident = incident.hiding(Channel::Code);
        }
        self.incidents.push(incident);
    }

    /// Bytes from `end` on that nothing leads to, if they are enough to hold code.
    fn tail(&mut self, bytes: &[u8], end: usize) {
        let tail = bytes.get(end..).unwrap_or_default();
        if tail.len() >= usize_of(HEADER_SIZE) && tail.iter().any(|&byte| byte != 0) {
            let line = format!(
                "{} bytes behind the end of the code, which nothing leads to",
                tail.len()
            );
            let at = u64::try_from(end).unwrap_or(u64::MAX);
            self.add(IncidentCode::HiddenCode, at, line, true);
        }
    }

    fn error(&mut self, error: &ParseError) {
        let incident = Incident::from_error(IncidentCode::Malformed, self.file, error);
        self.incidents.push(incident.hiding(Channel::Code));
    }
}
