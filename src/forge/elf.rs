//! A minimal shared library (System V ABI, ELF-64; Android reads it with bionic's linker).

use super::out::Out;
use super::sum::sha1;

/// What the library says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// `e_machine`: 183 for AArch64, 62 for x86-64.
    pub machine: u16,
    /// `DT_SONAME`.
    pub soname: Option<String>,
    /// `DT_NEEDED`.
    pub needed: Vec<String>,
    /// Exported functions.
    pub exports: Vec<String>,
    /// Functions that others must provide.
    pub imports: Vec<String>,
    /// Text in `.rodata`.
    pub strings: Vec<String>,
    /// GNU build id; `None` leaves the note out.
    pub build_id: Option<Vec<u8>>,
}

impl Default for Library {
    fn default() -> Self {
        Self {
            machine: 183,
            soname: None,
            needed: Vec::new(),
            exports: Vec::new(),
            imports: Vec::new(),
            strings: Vec::new(),
            build_id: None,
        }
    }
}

impl Library {
    /// The machine of an ABI folder of an APK, if it is a 64-bit one.
    pub fn machine_of_abi(abi: &str) -> Option<u16> {
        match abi {
            "arm64-v8a" => Some(183),
            "x86_64" => Some(62),
            "riscv64" => Some(243),
            _ => None,
        }
    }

    /// A build id made from the content, as linkers do.
    #[must_use]
    pub fn with_build_id(mut self) -> Self {
        self.build_id = Some(sha1(format!("{self:?}").as_bytes()).to_vec());
        self
    }
}

struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    at: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entry: u64,
}

/// Names in a string table, each at its offset.
struct Names(Out);

impl Names {
    fn add(&mut self, name: &str) -> u32 {
        let at = self.0.pos();
        self.0.bytes(name.as_bytes());
        self.0.u8(0);
        at
    }
}

/// The file. Addresses equal file offsets: one segment holds everything.
pub fn write(library: &Library) -> Vec<u8> {
    let mut names = Names(Out(vec![0]));
    let needed: Vec<u32> = library.needed.iter().map(|n| names.add(n)).collect();
    let soname = library.soname.as_ref().map(|n| names.add(n));
    let imports: Vec<u32> = library.imports.iter().map(|n| names.add(n)).collect();
    let exports: Vec<u32> = library.exports.iter().map(|n| names.add(n)).collect();
    let strtab = names.0.0;
    let symbols = 1 + imports.len() + exports.len();

    let mut out = Out::new();
    out.zeros(64 + 3 * 56);
    let mut sections = Vec::new();
    let mut note = 0..0;
    if let Some(id) = &library.build_id {
        out.align(4);
        let at = out.len();
        out.u32(4);
        out.u32(id.len() as u32);
        out.u32(3);
        out.bytes(b"GNU\0");
        out.bytes(id);
        out.align(4);
        note = at..out.len();
        sections.push(section(".note.gnu.build-id", 7, 2, &note, 4));
    }
    out.align(8);
    let dynsym = out.len();
    let code = dynsym + symbols * 24;
    let text_size = 4 * exports.len().max(1);
    out.zeros(24);
    for &name in &imports {
        symbol(&mut out, name, 0, 0);
    }
    // Order of the sections: note, .dynsym, .text, .dynstr; number 0 is the empty one.
    let dynsym_number = sections.len() as u32 + 1;
    let text_number = sections.len() as u16 + 2;
    for (at, &name) in exports.iter().enumerate() {
        symbol(&mut out, name, text_number, (code + at * 4) as u64);
    }
    let text = code..code + text_size;
    out.zeros(text_size);
    let range = dynsym..code;
    let mut table = section(".dynsym", 11, 2, &range, 8);
    (table.link, table.info, table.entry) = (dynsym_number + 2, 1, 24);
    sections.push(table);
    sections.push(section(".text", 1, 6, &text, 4));
    let dynstr = out.len();
    out.bytes(&strtab);
    let range = dynstr..out.len();
    sections.push(section(".dynstr", 3, 2, &range, 1));
    out.align(4);
    // One bucket with all symbols in a chain: readers without section headers count symbols by it.
    let hash = out.len();
    out.u32(1);
    out.u32(symbols as u32);
    out.u32(if symbols > 1 { 1 } else { 0 });
    for at in 0..symbols {
        out.u32(if at > 0 && at + 1 < symbols {
            at as u32 + 1
        } else {
            0
        });
    }
    let range = hash..out.len();
    let mut table = section(".hash", 5, 2, &range, 4);
    (table.link, table.entry) = (dynsym_number, 4);
    sections.push(table);
    if !library.strings.is_empty() {
        let at = out.len();
        for text in &library.strings {
            out.bytes(text.as_bytes());
            out.u8(0);
        }
        let range = at..out.len();
        sections.push(section(".rodata", 1, 2, &range, 1));
    }
    out.align(8);
    let dynamic = out.len();
    let mut entries: Vec<(u64, u64)> = needed.iter().map(|&n| (1, u64::from(n))).collect();
    entries.extend(soname.map(|n| (14, u64::from(n))));
    entries.extend([
        (4, hash as u64),
        (5, dynstr as u64),
        (6, dynsym as u64),
        (10, strtab.len() as u64),
        (11, 24),
        (0, 0),
    ]);
    for (tag, value) in entries {
        out.u64(tag);
        out.u64(value);
    }
    let range = dynamic..out.len();
    let mut table = section(".dynamic", 6, 3, &range, 8);
    (table.link, table.entry) = (dynsym_number + 2, 16);
    sections.push(table);
    let loaded = out.len();

    let segments: [(u32, u32, std::ops::Range<usize>, u64); 3] =
        [(1, 7, 0..loaded, 0x1000), (2, 6, range, 8), (4, 4, note, 4)];
    let used = segments.iter().filter(|s| !s.2.is_empty()).count();
    for (at, (kind, flags, range, align)) in segments.iter().filter(|s| !s.2.is_empty()).enumerate()
    {
        let mut header = Out::new();
        header.u32(*kind);
        header.u32(*flags);
        for _ in 0..3 {
            header.u64(range.start as u64);
        }
        header.u64(range.len() as u64);
        header.u64(range.len() as u64);
        header.u64(*align);
        out.put(64 + at * 56, &header.0);
    }
    write_sections(&mut out, &sections);
    let header = header(
        library.machine,
        used as u16,
        sections.len() as u16 + 2,
        &out,
    );
    out.put(0, &header);
    out.0
}

fn section(
    name: &'static str,
    kind: u32,
    flags: u64,
    range: &std::ops::Range<usize>,
    align: u64,
) -> Section {
    let (at, size) = (range.start as u64, range.len() as u64);
    Section {
        name,
        kind,
        flags,
        at,
        size,
        link: 0,
        info: 0,
        align,
        entry: 0,
    }
}

/// Name, global function, visibility, section, value, size.
fn symbol(out: &mut Out, name: u32, section: u16, value: u64) {
    out.u32(name);
    out.u8(0x12);
    out.u8(0);
    out.u16(section);
    out.u64(value);
    out.u64(if section == 0 { 0 } else { 4 });
}

/// The names of sections and the section table, at the end of the file.
fn write_sections(out: &mut Out, sections: &[Section]) {
    let mut names = Names(Out(vec![0]));
    let own = names.add(".shstrtab");
    let at = out.len();
    let rows: Vec<u32> = sections.iter().map(|s| names.add(s.name)).collect();
    out.bytes(&names.0.0);
    let size = names.0.len();
    out.align(8);
    out.zeros(64);
    for (section, name) in sections.iter().zip(rows) {
        out.u32(name);
        out.u32(section.kind);
        out.u64(section.flags);
        out.u64(section.at);
        out.u64(section.at);
        out.u64(section.size);
        out.u32(section.link);
        out.u32(section.info);
        out.u64(section.align);
        out.u64(section.entry);
    }
    out.u32(own);
    out.u32(3);
    out.u64(0);
    out.u64(0);
    out.u64(at as u64);
    out.u64(size as u64);
    out.u64(0);
    out.u64(1);
    out.u64(0);
}

fn header(machine: u16, segments: u16, sections: u16, file: &Out) -> Vec<u8> {
    let mut out = Out::new();
    out.bytes(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
    out.zeros(8);
    out.u16(3);
    out.u16(machine);
    out.u32(1);
    out.u64(0);
    out.u64(64);
    out.u64((file.len() - usize::from(sections) * 64) as u64);
    out.u32(0);
    out.u16(64);
    out.u16(56);
    out.u16(segments);
    out.u16(64);
    out.u16(sections);
    out.u16(sections - 1);
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn u64_at(bytes: &[u8], at: usize) -> u64 {
        u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
    }

    fn sample() -> Vec<u8> {
        write(&Library {
            soname: Some("libfoo.so".into()),
            needed: vec!["liblog.so".into()],
            exports: vec!["JNI_OnLoad".into(), "Java_a_B_c".into()],
            imports: vec!["dlopen".into()],
            strings: vec!["hello".into()],
            build_id: Some(vec![0xab; 20]),
            ..Library::default()
        })
    }

    /// The dynamic segment leads to the names, as a linker walks.
    #[test]
    fn the_dynamic_section_leads_to_the_names() {
        let b = sample();
        assert_eq!(b[..6], [0x7f, b'E', b'L', b'F', 2, 1]);
        assert_eq!(b[18], 183);
        let segment = 64 + 56;
        assert_eq!(b[segment], 2, "the second segment is the dynamic one");
        let mut at = u64_at(&b, segment + 8) as usize;
        let mut tags = std::collections::BTreeMap::new();
        while u64_at(&b, at) != 0 {
            tags.insert(u64_at(&b, at), u64_at(&b, at + 8) as usize);
            at += 16;
        }
        let name = |offset: usize| {
            let from = tags[&5] + offset;
            let len = b[from..].iter().position(|&c| c == 0).unwrap();
            String::from_utf8(b[from..from + len].to_vec()).unwrap()
        };
        assert_eq!(
            (name(tags[&1]).as_str(), name(tags[&14]).as_str()),
            ("liblog.so", "libfoo.so")
        );
        // four symbols: the empty one, the import, two exports
        assert_eq!(u64_at(&b, tags[&4] + 4) as u32, 4);
        let symbol = |i: usize| {
            let at = tags[&6] + i * 24;
            let offset = u32::from_le_bytes(b[at..at + 4].try_into().unwrap()) as usize;
            (name(offset), b[at + 6] != 0)
        };
        assert_eq!(symbol(1), ("dlopen".into(), false));
        assert_eq!(symbol(3), ("Java_a_B_c".into(), true));
    }

    #[test]
    fn the_note_holds_the_build_id() {
        let b = sample();
        let segment = 64 + 2 * 56;
        assert_eq!(b[segment], 4);
        let note = u64_at(&b, segment + 8) as usize;
        assert_eq!(b[note..note + 16], *b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0");
        assert_eq!(b[note + 16..note + 36], [0xab; 20]);
    }
}
