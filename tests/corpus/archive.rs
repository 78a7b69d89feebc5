//! Prints how permscope reads archives, for `archives.py`: for each file a line with its name, one for
//! each entry (name in hexadecimal, method, sizes, CRC-32, offset of the local header), one for each incident.
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use permscope::container::{Archive, Method};
use permscope::limits::Limits;
use std::time::Instant;

fn main() {
    for path in std::env::args().skip(1) {
        println!("file\t{path}");
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                println!("refused\t{error}");
                continue;
            }
        };
        let start = Instant::now();
        let archive = match Archive::open("", &bytes, &Limits::default()) {
            Ok(archive) => archive,
            Err(error) => {
                println!("refused\t{error}");
                continue;
            }
        };
        let opened = start.elapsed();
        let views = archive.views();
        println!(
            "time\t{}\t{}",
            opened.as_micros(),
            start.elapsed().saturating_sub(opened).as_micros()
        );
        for entry in archive.entries() {
            let name: String = entry
                .name_bytes()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let method = match entry.method {
                Method::Stored => 0,
                Method::Deflated => 8,
                Method::Other(number) => number,
            };
            println!(
                "entry\t{name}\t{method}\t{}\t{}\t{}\t{}",
                entry.compressed_size, entry.size, entry.crc32, entry.header_offset
            );
        }
        for incident in archive.incidents().iter().chain(&views) {
            let code = serde_json::to_value(incident.code).unwrap_or_default();
            println!(
                "incident\t{}\t{:#x}\t{}",
                code.as_str().unwrap_or_default(),
                incident.offset.unwrap_or_default(),
                incident.detail.escape_debug()
            );
        }
    }
}
