//! Writes the seeds of all fuzz targets to `fuzz/corpus/`: `cargo run --example fuzz-seeds --features forge`.

use permscope::container::Archive;
use permscope::engine::{self, Source};
use permscope::forge::samples;
use permscope::forge::zip::{Entry, Method, Zip};
use permscope::limits::Limits;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Larger seeds make the fuzzer slow and not better.
const LARGEST: usize = 24 << 10;

struct Seeds {
    root: PathBuf,
    count: usize,
}

impl Seeds {
    fn put(&mut self, target: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        if bytes.len() > LARGEST {
            return Ok(());
        }
        let folder = self.root.join("corpus").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{:04}", self.count)), bytes)?;
        self.count += 1;
        Ok(())
    }

    fn apk(&mut self, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
        let limits = Limits::default();
        self.put("container", bytes)?;
        let Ok(archive) = Archive::open(name, bytes, &limits) else {
            return Ok(());
        };
        let mut stored = Vec::new();
        for entry in archive.entries() {
            let data = archive.read(entry)?.into_owned();
            let target: &[&str] = match entry.name.rsplit('.').next() {
                Some("xml") => &["axml"],
                Some("arsc") => &["arsc"],
                Some("dex") => &["dex", "code"],
                Some("so") => &["elf"],
                _ => &[],
            };
            for target in target {
                self.put(target, &data)?;
            }
            stored.push(Entry::new(entry.name.as_bytes(), data, Method::Stored));
        }
        // Changes must reach the contents, not only DEFLATE.
        self.put("audit", &Zip::of(stored).build())?;
        let facts = engine::facts(&[Source::new(name, bytes.to_vec())], &limits)?;
        self.put("facts", &serde_json::to_vec(&facts)?)
    }

    fn catalogues(&mut self) -> Result<(), Box<dyn Error>> {
        let text = "文件名,包名,SHA256,应用名称,功能类型,服务对象\n\"a,b.apk\",com.a,,甲,网上购物类；即时通信类,用户端\n,com.b,,乙,,\n";
        self.put("catalogue", text.as_bytes())?;
        self.put("catalogue", &[b"\xef\xbb\xbf", text.as_bytes()].concat())?;
        let wide: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        self.put("catalogue", &wide)?;
        // 包名, 甲
        self.put("catalogue", b"\xb0\xfc\xc3\xfb;name\ncom.a;\xbc\xd7\n")
    }

    fn data(&mut self, repository: &Path) -> Result<(), Box<dyn Error>> {
        // In the order of `PATHS` in drive.rs.
        let folders = [
            "functions",
            "functions/reasons.toml",
            "sdks",
            "packers",
            "rules",
            "apis",
            "permissions",
            "law",
            "information/kinds.toml",
        ];
        for (number, folder) in (0u8..).zip(folders) {
            let mut open = vec![repository.join("signatures").join(folder)];
            let mut files = Vec::new();
            while let Some(path) = open.pop() {
                if path.is_dir() {
                    for entry in fs::read_dir(path)? {
                        open.push(entry?.path());
                    }
                } else {
                    files.push(path);
                }
            }
            files.sort();
            for file in files.iter().step_by((files.len() / 40).max(1)) {
                let mut seed = vec![number];
                seed.extend(fs::read(file)?);
                self.put("signatures", &seed)?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Seeds {
        root: repository.join("fuzz"),
        count: 0,
    };
    for sample in samples::load(&repository.join("samples/text"))? {
        for (name, bytes) in sample.build()? {
            seeds.apk(&name, &bytes)?;
        }
    }
    for app in fs::read_dir(repository.join("samples/apps"))? {
        for file in app?.path().read_dir().into_iter().flatten() {
            let path = file?.path();
            if path.extension().is_some_and(|e| e == "apk") {
                let bytes = fs::read(&path)?;
                seeds.apk("compiled.apk", &bytes)?;
                seeds.put("signing", &bytes)?;
                seeds.put("audit", &bytes)?;
                for (scheme, value) in blocks(&bytes) {
                    let mut seed = vec![scheme];
                    seed.extend(value);
                    seeds.put("signing", &seed)?;
                }
            }
        }
    }
    seeds.catalogues()?;
    seeds.data(repository)
}

/// The values in an APK's signing block, with the numbers that drive.rs gives their ids.
fn blocks(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let Ok(archive) = Archive::open("a.apk", bytes, &Limits::default()) else {
        return Vec::new();
    };
    let found = permscope::signing::read(&archive, bytes).blocks;
    found
        .iter()
        .filter_map(|block| {
            let number = [
                0x7109_871a,
                0xf053_68c0,
                0x1b93_ad61,
                0x6dff_800d,
                0x2b09_189e,
            ]
            .iter()
            .position(|id| *id == block.id)?;
            let start = usize::try_from(block.offset).ok()?;
            let size = usize::try_from(block.size).ok()?;
            Some((
                u8::try_from(number).ok()?,
                bytes.get(start..start.checked_add(size)?)?.to_vec(),
            ))
        })
        .collect()
}
