//! Deflated bytes to plain ones. Which library and why: `docs/adr/0002-inflate-backend.md`.

use crate::bytes::{narrow, wide};
use crate::error::ParseError;
use zlib_rs::{Inflate, InflateFlush, Status};

/// Plain bytes that one deflated byte can become at most: 258 bytes for 2 bits (RFC 1951, 3.2.5).
const MAX_RATIO: usize = 1032;

/// Inflates the raw deflate stream `data`, which lies at `offset` of its file, to exactly `size` bytes.
///
/// As libziparchive does it: the stream must end, and its size must be the stated
/// one. Bytes behind the end of the stream do not matter. The caller has checked
/// `size` against its limit; the memory is asked for only if `data` is long enough
/// to fill it.
///
/// # Errors
/// The stream is damaged, cut off, or of another size.
pub(super) fn inflate(data: &[u8], size: usize, offset: u64) -> Result<Vec<u8>, ParseError> {
    if size > data.len().saturating_mul(MAX_RATIO) {
        return Err(ParseError::new(
            offset,
            format!("{size} bytes after inflating"),
            format!("{} compressed bytes, too few for that", data.len()),
        ));
    }
    // One byte more than stated, so that a longer stream shows itself.
    let mut out = vec![0; size.saturating_add(1)];
    let mut stream = Inflate::new(false, 15);
    loop {
        let read = stream.total_in();
        let written = stream.total_out();
        let rest = data.get(narrow(read)..).unwrap_or_default();
        let room = out.get_mut(narrow(written)..).unwrap_or_default();
        let at = offset.saturating_add(read);
        match stream.decompress(rest, room, InflateFlush::Finish) {
            Ok(Status::StreamEnd) => break,
            // Both lengths are cut to 32 bits inside: go on while something moves.
            Ok(_) if stream.total_in() > read || stream.total_out() > written => {}
            Ok(_) if stream.total_out() > wide(size) => break,
            Ok(_) => {
                return Err(ParseError::new(
                    at,
                    "the end of the deflate stream",
                    "the end of the data",
                ));
            }
            Err(error) => return Err(ParseError::new(at, "a deflate stream", error.as_str())),
        }
    }
    let got = stream.total_out();
    if got != wide(size) {
        let more = if got > wide(size) { "more" } else { "fewer" };
        return Err(ParseError::new(
            offset,
            format!("{size} bytes after inflating"),
            more,
        ));
    }
    out.truncate(size);
    Ok(out)
}

/// Inflates like [`inflate`], piece by piece into `sink`, without keeping what was read.
///
/// # Errors
/// As [`inflate`]; what was given to `sink` before is then worth nothing.
pub(super) fn inflate_into(
    data: &[u8],
    size: u64,
    offset: u64,
    sink: &mut dyn FnMut(&[u8]),
) -> Result<(), ParseError> {
    let mut piece = vec![0; PIECE];
    let mut stream = Inflate::new(false, 15);
    loop {
        let read = stream.total_in();
        let written = stream.total_out();
        let rest = data.get(narrow(read)..).unwrap_or_default();
        let at = offset.saturating_add(read);
        let status = stream
            .decompress(rest, &mut piece, InflateFlush::NoFlush)
            .map_err(|error| ParseError::new(at, "a deflate stream", error.as_str()))?;
        let got = stream.total_out().saturating_sub(written);
        if stream.total_out() > size {
            let what = format!("{size} bytes after inflating");
            return Err(ParseError::new(offset, what, "more"));
        }
        sink(piece.get(..narrow(got)).unwrap_or_default());
        match status {
            Status::StreamEnd if stream.total_out() == size => return Ok(()),
            Status::StreamEnd => {
                let what = format!("{size} bytes after inflating");
                return Err(ParseError::new(offset, what, "fewer"));
            }
            _ if got > 0 || stream.total_in() > read => {}
            _ => {
                let what = "the end of the deflate stream";
                return Err(ParseError::new(at, what, "the end of the data"));
            }
        }
    }
}

/// Bytes given on at a time: they stay in the processor's cache.
const PIECE: usize = 64 << 10;

/// The first `N` plain bytes of the raw deflate stream `data`; fewer where the stream is shorter or damaged.
pub(super) fn inflate_head<const N: usize>(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0; N];
    let mut stream = Inflate::new(false, 15);
    // Whatever it says, what it has written by now is the beginning.
    let _ = stream.decompress(data, &mut out, InflateFlush::SyncFlush);
    out.truncate(narrow(stream.total_out()));
    out
}

#[cfg(test)]
#[allow(
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]
mod tests {
    use super::*;

    /// `zlib.compressobj(9, zlib.DEFLATED, -15)` of Python over `b"permscope " * 8`.
    const STREAM: [u8; 15] = [
        0x2b, 0x48, 0x2d, 0xca, 0x2d, 0x4e, 0xce, 0x2f, 0x48, 0x55, 0x28, 0xa0, 0x0a, 0x0b, 0x00,
    ];

    #[test]
    fn a_stream_made_by_zlib() {
        assert_eq!(inflate(&STREAM, 80, 0).unwrap(), b"permscope ".repeat(8));
    }

    #[test]
    fn the_beginning_of_a_stream() {
        assert_eq!(inflate_head::<12>(&STREAM), b"permscope pe");
        assert_eq!(inflate_head::<99>(&STREAM), b"permscope ".repeat(8));
        assert_eq!(inflate_head::<4>(&STREAM[..6]), b"perm");
        assert_eq!(inflate_head::<4>(&[7, 0, 0]), b"");
    }

    #[test]
    fn the_size_must_be_the_stated_one() {
        let more = inflate(&STREAM, 79, 7).unwrap_err();
        assert_eq!((more.offset, &*more.found), (7, "more"));
        let fewer = inflate(&STREAM, 81, 7).unwrap_err();
        assert_eq!((fewer.offset, &*fewer.found), (7, "fewer"));
        assert_eq!(inflate(&[3, 0], 0, 0).unwrap(), b"");
        assert_eq!(&*inflate(&STREAM, 0, 0).unwrap_err().found, "more");
    }

    #[test]
    fn a_stream_that_is_cut_off_or_damaged() {
        for end in 0..14 {
            assert!(inflate(&STREAM[..end], 80, 0).is_err(), "{end}");
        }
        // Block type 3 does not exist (RFC 1951, 3.2.3).
        assert_eq!(
            &*inflate(&[7, 0, 0], 10, 0).unwrap_err().expected,
            "a deflate stream"
        );
    }

    #[test]
    fn piece_by_piece_it_is_the_same() {
        let all = |data: &[u8], size| {
            let mut out: Vec<u8> = Vec::new();
            inflate_into(data, size, 7, &mut |piece| out.extend(piece)).map(|()| out)
        };
        assert_eq!(all(&STREAM, 80).unwrap(), b"permscope ".repeat(8));
        assert_eq!(&*all(&STREAM, 79).unwrap_err().found, "more");
        assert_eq!(&*all(&STREAM, 81).unwrap_err().found, "fewer");
        assert!(all(&STREAM[..9], 80).is_err());
        assert!(all(&[7, 0, 0], 10).is_err());
        let long = b"0123456789".repeat(40_000);
        let packed = miniz_oxide::deflate::compress_to_vec(&long, 6);
        assert_eq!(all(&packed, 400_000).unwrap(), long);
    }

    #[test]
    fn memory_is_asked_for_only_when_the_data_can_fill_it() {
        let error = inflate(&STREAM, usize::MAX / 2, 9).unwrap_err();
        assert_eq!(error.offset, 9);
        assert!(error.found.contains("too few"), "{error}");
    }
}
