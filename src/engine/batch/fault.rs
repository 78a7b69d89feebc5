//! Faults on request, for tests of what a run makes of them. Only with the feature `forge`.

use crate::engine::Source;

/// How a file begins that asks for a fault.
const MARK: &[u8] = b"PERMSCOPE FAULT ";

/// Fails as the first file asks for: `panic`, `overflow`, `memory`, `loop`, `abort`, `exit`.
#[allow(clippy::panic, clippy::exit, reason = "this is what it is for")]
pub(super) fn provoke(sources: &[Source]) {
    let Some(kind) = sources.first().and_then(|s| s.bytes.strip_prefix(MARK)) else {
        return;
    };
    match kind.trim_ascii() {
        b"panic" => panic!("a fault that was asked for"),
        b"overflow" => {
            overflow(&[0; 4096]);
        }
        b"memory" => {
            let mut held = Vec::new();
            loop {
                held.push(vec![1u8; 1 << 20]);
            }
        }
        b"loop" => loop {
            std::thread::yield_now();
        },
        b"abort" => std::process::abort(),
        b"exit" => std::process::exit(7),
        _ => {}
    }
}

#[allow(unconditional_recursion, reason = "this is what it is for")]
fn overflow(bytes: &[u8; 4096]) -> u8 {
    let mut more = *bytes;
    if let Some(first) = more.first_mut() {
        *first = first.wrapping_add(1);
    }
    overflow(&more).wrapping_add(more.first().copied().unwrap_or(0))
}
