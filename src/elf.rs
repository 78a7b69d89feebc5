//! Native libraries (ELF): what they are called, what they need, what Java can call in them.
//!
//! Only what Android's linker uses is read: program headers and the dynamic
//! section (bionic `linker_phdr.cpp`, `soinfo::prelink_image`). Section headers
//! are often stripped or forged and play no part. The structures come from
//! `goblin`, table by table: its one-call parser reads section headers and
//! relocations too, stops at the first forged one, and does unchecked sums on the
//! hash table's numbers.
#![deny(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

use crate::bytes::{clip, narrow, wide};
use crate::error::ParseError;
use crate::limits::Limits;
use goblin::container::{Container, Ctx, Endian};
use goblin::elf::dynamic::{
    DT_GNU_HASH, DT_HASH, DT_NEEDED, DT_SONAME, DT_STRSZ, DT_STRTAB, DT_SYMTAB,
};
use goblin::elf::note::{NT_GNU_BUILD_ID, NoteDataIterator};
use goblin::elf::program_header::{PT_DYNAMIC, PT_LOAD, PT_NOTE};
use goblin::elf::{Dynamic, Elf, ProgramHeader, Symtab, header};
use serde::{Deserialize, Serialize};

/// Bytes of program headers and of the dynamic section. bionic allows 64 KiB of program headers.
const MAX_TABLE: u64 = 64 << 10;
/// Symbols looked at. Large engines have about 300,000.
const MAX_SYMBOLS: usize = 1_000_000;
/// Bytes of one name. A string table without an end must not be searched once per symbol.
const MAX_NAME: usize = 1_024;
/// Names kept of each kind. Large JNI libraries have about 3,000 exported methods.
const MAX_NAMES: usize = 20_000;
/// Notes looked at.
const MAX_NOTES: usize = 64;

/// One native library.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NativeLib {
    /// The ABI as Android calls it (`arm64-v8a`), or `machine <e_machine>`.
    pub abi: String,
    /// The library's own name, `DT_SONAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soname: Option<String>,
    /// The libraries it needs, `DT_NEEDED`, in the file's order.
    pub needed: Vec<String>,
    /// Exported functions that Java calls by name (`Java_…`, `JNI_OnLoad`), sorted.
    pub jni: Vec<String>,
    /// Functions that it takes from elsewhere, by their C names; sorted. Those of C++ and of plain computing are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<String>,
    /// Exported dynamic symbols of every kind.
    pub exports: u32,
    /// The linker's build id, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// Frameworks that soname and symbols give away, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markers: Vec<Framework>,
    /// What could not be read, in English; the rest holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
}

/// A framework whose apps keep their code outside DEX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// Dart compiled to native code.
    Flutter,
    /// JavaScript by Hermes or JavaScriptCore.
    ReactNative,
    /// C# compiled by IL2CPP, or run by Mono.
    Unity,
    /// DCloud uni-app: JavaScript by Weex or V8.
    UniApp,
}

/// Sonames that belong to one framework; a `*` at the end stands for any ending.
/// `libapp.so` is anybody's: Flutter's is known by its symbols.
const SONAMES: [(&str, Framework); 19] = [
    ("libflutter.so", Framework::Flutter),
    ("libreactnativejni*", Framework::ReactNative),
    ("libreactnative.so", Framework::ReactNative),
    ("libreactnativeblob.so", Framework::ReactNative),
    ("libreact_*", Framework::ReactNative),
    ("libhermes*", Framework::ReactNative),
    ("libjscexecutor.so", Framework::ReactNative),
    ("libjsc.so", Framework::ReactNative),
    ("libturbomodulejsijni.so", Framework::ReactNative),
    ("libfabricjni.so", Framework::ReactNative),
    ("libunity.so", Framework::Unity),
    ("libil2cpp.so", Framework::Unity),
    ("libmonobdwgc-2.0.so", Framework::Unity),
    ("libweexcore.so", Framework::UniApp),
    ("libweexjsc.so", Framework::UniApp),
    ("libweexjss.so", Framework::UniApp),
    ("libweexjst.so", Framework::UniApp),
    ("libweexjsb.so", Framework::UniApp),
    ("libuniapp*", Framework::UniApp),
];

/// Exported symbols that belong to one framework; a `*` at the end stands for any ending.
const SYMBOLS: [(&str, Framework); 9] = [
    ("_kDartVmSnapshotData", Framework::Flutter),
    ("_kDartVmSnapshotInstructions", Framework::Flutter),
    ("_kDartIsolateSnapshotData", Framework::Flutter),
    ("FlutterEngineRun", Framework::Flutter),
    ("Java_com_facebook_react_*", Framework::ReactNative),
    ("Java_com_facebook_hermes_*", Framework::ReactNative),
    ("il2cpp_init", Framework::Unity),
    ("UnitySendMessage", Framework::Unity),
    ("Java_com_taobao_weex_*", Framework::UniApp),
];

/// Beginnings of the names of functions that compute, format, allocate or lock.
const COMPUTING: [&str; 22] = [
    "_Z",
    "__",
    "mem",
    "str",
    "wcs",
    "wmem",
    "isw",
    "tow",
    "pthread_",
    "sem_",
    "malloc",
    "free",
    "calloc",
    "realloc",
    "posix_mem",
    "print",
    "fprint",
    "snprint",
    "vsnprint",
    "sqrt",
    "gl",
    "egl",
];

fn is_kept_import(name: &str) -> bool {
    let system = ["__system_property", "getifaddrs"];
    !name.is_empty()
        && (system.iter().any(|start| name.starts_with(start))
            || !COMPUTING.iter().any(|start| name.starts_with(start)))
}

/// Reads a native library.
///
/// # Errors
/// The file is no ELF file, or its program headers lie outside it.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<NativeLib, ParseError> {
    let image = Image::open(bytes, limits)?;
    let mut lib = NativeLib {
        abi: abi(&image),
        ..NativeLib::default()
    };
    lib.build_id = image.build_id();
    match image.dynamic() {
        Ok(Some(dynamic)) => image.linking(&dynamic, &mut lib),
        Ok(None) => lib
            .gaps
            .push("no dynamic section: not a library that Android loads".to_owned()),
        Err(error) => lib.gaps.push(error),
    }
    if let Some(soname) = &lib.soname {
        lib.markers.extend(framework(&SONAMES, soname));
    }
    lib.jni.sort();
    lib.jni.dedup();
    lib.imports.sort();
    lib.imports.dedup();
    lib.markers.sort();
    lib.markers.dedup();
    Ok(lib)
}

fn framework(table: &[(&str, Framework)], name: &str) -> Option<Framework> {
    let matches = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    table
        .iter()
        .find(|(pattern, _)| matches(pattern))
        .map(|(_, framework)| *framework)
}

/// The file and what its header says.
struct Image<'a> {
    bytes: &'a [u8],
    text_bytes: usize,
    machine: u16,
    big: bool,
    ctx: Ctx,
    segments: Vec<ProgramHeader>,
}

/// The strings and symbols of the dynamic section.
struct Dynamics<'a> {
    entries: Vec<(u64, u64)>,
    strings: &'a [u8],
}

impl<'a> Image<'a> {
    fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        let head = Elf::parse_header(bytes)
            .map_err(|error| ParseError::new(0, "an ELF file", clip(&error.to_string(), 200)))?;
        let big = head.e_ident.get(header::EI_CLASS) == Some(&header::ELFCLASS64);
        let little = head.e_ident.get(header::EI_DATA) == Some(&header::ELFDATA2LSB);
        let container = if big {
            Container::Big
        } else {
            Container::Little
        };
        let ctx = Ctx::new(container, if little { Endian::Little } else { Endian::Big });
        let (size, table) = (if big { 56_u64 } else { 32 }, u64::from(head.e_phnum));
        // bionic ReadProgramHeaders: at most 64 KiB of them.
        if table.saturating_mul(size) > MAX_TABLE {
            let what = format!("at most {MAX_TABLE} bytes of program headers");
            return Err(ParseError::new(
                head.e_phoff,
                what,
                format!("{table} headers"),
            ));
        }
        let segments =
            ProgramHeader::parse(bytes, narrow(head.e_phoff), usize::from(head.e_phnum), ctx)
                .map_err(|_| {
                    ParseError::new(head.e_phoff, format!("{table} program headers"), "")
                })?;
        Ok(Self {
            bytes,
            text_bytes: limits.text_bytes,
            machine: head.e_machine,
            big,
            ctx,
            segments,
        })
    }

    /// File offset of a virtual address, through the loadable segments.
    fn offset(&self, address: u64) -> Option<u64> {
        let loaded = self
            .segments
            .iter()
            .filter(|segment| segment.p_type == PT_LOAD);
        loaded.into_iter().find_map(|segment| {
            let inside = address.checked_sub(segment.p_vaddr)?;
            if inside >= segment.p_filesz {
                return None;
            }
            segment.p_offset.checked_add(inside)
        })
    }

    fn at(&self, address: u64, size: u64) -> Option<&'a [u8]> {
        let start = self.offset(address)?;
        self.bytes
            .get(narrow(start)..narrow(start.checked_add(size)?))
    }

    fn dynamic(&self) -> Result<Option<Dynamics<'a>>, String> {
        let Some(segment) = self
            .segments
            .iter()
            .find(|segment| segment.p_type == PT_DYNAMIC)
        else {
            return Ok(None);
        };
        // goblin looks up every entry in every segment: bound the product.
        let mut bounded = segment.clone();
        bounded.p_filesz = bounded.p_filesz.min(MAX_TABLE);
        let parsed = Dynamic::parse(self.bytes, &[bounded], self.ctx).map_err(|_| {
            format!(
                "dynamic section outside the file at {:#x}",
                segment.p_offset
            )
        })?;
        let entries: Vec<(u64, u64)> = parsed
            .map(|d| {
                d.dyns
                    .iter()
                    .map(|entry| (entry.d_tag, entry.d_val))
                    .collect()
            })
            .unwrap_or_default();
        let value = |tag: u64| {
            entries
                .iter()
                .find(|entry| entry.0 == tag)
                .map(|entry| entry.1)
        };
        let strings =
            value(DT_STRTAB).and_then(|address| self.at(address, value(DT_STRSZ).unwrap_or(0)));
        let strings = strings.ok_or("dynamic string table outside the file")?;
        Ok(Some(Dynamics { entries, strings }))
    }

    /// Fills in names and symbols.
    fn linking(&self, dynamic: &Dynamics<'a>, lib: &mut NativeLib) {
        for (tag, value) in &dynamic.entries {
            match *tag {
                DT_SONAME => {
                    lib.soname = dynamic
                        .string(*value)
                        .map(|name| clip(&name, self.text_bytes))
                }
                DT_NEEDED => match dynamic.string(*value) {
                    Some(name) => lib.needed.push(clip(&name, self.text_bytes)),
                    None => lib.gaps.push(format!(
                        "name of a needed library outside the string table ({value:#x})"
                    )),
                },
                _ => {}
            }
        }
        lib.gaps.truncate(MAX_NOTES);
        let value = |tag: u64| {
            dynamic
                .entries
                .iter()
                .find(|entry| entry.0 == tag)
                .map(|entry| entry.1)
        };
        let Some(symbols) = value(DT_SYMTAB).and_then(|address| self.offset(address)) else {
            return;
        };
        let counted = match (value(DT_HASH), value(DT_GNU_HASH)) {
            (Some(hash), _) => self.hash_count(hash),
            (None, Some(hash)) => self.gnu_hash_count(hash),
            (None, None) => None,
        };
        let Some(count) = counted else {
            lib.gaps
                .push("hash table outside the file: exported symbols not read".to_owned());
            return;
        };
        let entry: usize = if self.big { 24 } else { 16 };
        let room = self
            .bytes
            .len()
            .saturating_sub(narrow(symbols))
            .checked_div(entry)
            .unwrap_or(0);
        let taken = count.min(room).min(MAX_SYMBOLS);
        if taken < count {
            lib.gaps
                .push(format!("{count} symbols stated, {taken} read"));
        }
        let Ok(table) = Symtab::parse(self.bytes, narrow(symbols), taken, self.ctx) else {
            return;
        };
        let mut is_cut = false;
        for symbol in table.iter() {
            if symbol.st_shndx == 0 {
                let name = dynamic.bytes(wide(symbol.st_name)).unwrap_or_default();
                if let Ok(name) = std::str::from_utf8(name)
                    && is_kept_import(name)
                {
                    if lib.imports.len() < MAX_NAMES {
                        lib.imports.push(clip(name, self.text_bytes));
                    } else {
                        is_cut = true;
                    }
                }
                continue;
            }
            // Exported: defined here (section index is not 0) and not local.
            if symbol.st_bind() == 0 {
                continue;
            }
            let Some(name) = dynamic
                .bytes(wide(symbol.st_name))
                .filter(|name| !name.is_empty())
            else {
                continue;
            };
            lib.exports = lib.exports.saturating_add(1);
            let Ok(name) = std::str::from_utf8(name) else {
                continue;
            };
            if let Some(found) =
                framework(&SYMBOLS, name).filter(|found| !lib.markers.contains(found))
            {
                lib.markers.push(found);
            }
            if name.starts_with("Java_") || name == "JNI_OnLoad" {
                if lib.jni.len() < MAX_NAMES {
                    lib.jni.push(clip(name, self.text_bytes));
                } else {
                    is_cut = true;
                }
            }
        }
        if is_cut {
            lib.gaps
                .push(format!("more than {MAX_NAMES} imports or JNI functions"));
        }
    }

    fn word(&self, address: u64) -> Option<u32> {
        let word: [u8; 4] = self.at(address, 4)?.try_into().ok()?;
        Some(if self.ctx.le.is_little() {
            u32::from_le_bytes(word)
        } else {
            u32::from_be_bytes(word)
        })
    }

    /// System V ABI, "Hash Table": the number of chains is the number of symbols.
    fn hash_count(&self, table: u64) -> Option<usize> {
        usize::try_from(self.word(table.checked_add(4)?)?).ok()
    }

    /// GNU hash table: the last chain of the highest bucket ends at the last symbol.
    fn gnu_hash_count(&self, table: u64) -> Option<usize> {
        let [buckets, first, bloom] =
            [0, 4, 8].map(|at| table.checked_add(at).and_then(|a| self.word(a)));
        let (buckets, first) = (u64::from(buckets?), u64::from(first?));
        let bloom = u64::from(bloom?).checked_mul(if self.big { 8 } else { 4 })?;
        let bucket_table = table.checked_add(16)?.checked_add(bloom)?;
        let chains = bucket_table.checked_add(buckets.checked_mul(4)?)?;
        let words = self.at(bucket_table, buckets.checked_mul(4)?)?;
        let number = |word: &[u8]| match word.try_into() {
            Ok(word) if self.ctx.le.is_little() => u32::from_le_bytes(word),
            Ok(word) => u32::from_be_bytes(word),
            Err(_) => 0,
        };
        let highest = u64::from(words.chunks_exact(4).map(number).max()?);
        let Some(skipped) = highest.checked_sub(first) else {
            return usize::try_from(first).ok();
        };
        let start = self.offset(chains.checked_add(skipped.checked_mul(4)?)?)?;
        let mut symbols = usize::try_from(highest).ok()?;
        for word in self
            .bytes
            .get(narrow(start)..)?
            .chunks_exact(4)
            .take(MAX_SYMBOLS)
        {
            symbols = symbols.saturating_add(1);
            if number(word) & 1 != 0 {
                return Some(symbols);
            }
        }
        None
    }

    fn build_id(&self) -> Option<String> {
        self.segments
            .iter()
            .filter(|segment| segment.p_type == PT_NOTE)
            .take(MAX_NOTES)
            .find_map(|segment| {
                let offset = narrow(segment.p_offset);
                let notes = NoteDataIterator {
                    data: self.bytes,
                    offset,
                    size: offset.saturating_add(narrow(segment.p_filesz)),
                    ctx: (narrow(segment.p_align), self.ctx),
                };
                let id = notes.take(MAX_NOTES).filter_map(Result::ok).find(|note| {
                    note.n_type == NT_GNU_BUILD_ID && note.name == "GNU" && note.desc.len() <= 64
                })?;
                Some(id.desc.iter().map(|byte| format!("{byte:02x}")).collect())
            })
    }
}

impl<'a> Dynamics<'a> {
    /// The bytes of a string, up to its NUL, at most [`MAX_NAME`].
    fn bytes(&self, at: u64) -> Option<&'a [u8]> {
        let rest = self.strings.get(narrow(at)..)?;
        let rest = rest.get(..MAX_NAME).unwrap_or(rest);
        rest.split(|byte| *byte == 0).next()
    }

    fn string(&self, at: u64) -> Option<String> {
        self.bytes(at)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The ABI name of the Android NDK for a machine.
fn abi(image: &Image<'_>) -> String {
    match (image.machine, image.big) {
        (header::EM_AARCH64, true) => "arm64-v8a".to_owned(),
        // armeabi cannot be told from armeabi-v7a by the header.
        (header::EM_ARM, false) => "armeabi-v7a".to_owned(),
        (header::EM_386, false) => "x86".to_owned(),
        (header::EM_X86_64, true) => "x86_64".to_owned(),
        (header::EM_RISCV, true) => "riscv64".to_owned(),
        (header::EM_MIPS, true) => "mips64".to_owned(),
        (header::EM_MIPS, false) => "mips".to_owned(),
        (machine, _) => format!("machine {machine}"),
    }
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
#[path = "elf_tests.rs"]
mod tests;
