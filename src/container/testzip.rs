//! A writer of small archives for tests, which can also write wrong ones.

/// One entry to write. [`File::new`] gives a sound, stored one.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: Vec<u8>,
    pub(crate) local_name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) crc32: u32,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) extra: Vec<u8>,
    /// Writes sizes and offset of the directory into a ZIP64 field (APPNOTE 4.5.3).
    pub(crate) zip64: bool,
}

impl File {
    pub(crate) fn new(name: &str, data: &[u8]) -> Self {
        Self {
            name: name.into(),
            local_name: name.into(),
            data: data.to_vec(),
            size: data.len() as u32,
            crc32: crc32fast::hash(data),
            method: 0,
            flags: 0,
            extra: Vec::new(),
            zip64: false,
        }
    }

    /// The same with its data already deflated to `stream`.
    pub(crate) fn deflated(name: &str, plain: &[u8], stream: &[u8]) -> Self {
        Self {
            data: stream.to_vec(),
            method: 8,
            ..Self::new(name, plain)
        }
        .sized(plain.len() as u32, crc32fast::hash(plain))
    }

    fn sized(mut self, size: u32, crc32: u32) -> Self {
        self.size = size;
        self.crc32 = crc32;
        self
    }
}

fn put16(out: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
}

fn put32(out: &mut Vec<u8>, numbers: &[u32]) {
    numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
}

/// The archive of `files`, with `block` between the last entry and the directory.
pub(crate) fn write_with_block(files: &[File], block: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for file in files {
        let offset = out.len() as u32;
        put32(&mut out, &[0x0403_4b50]);
        put16(&mut out, &[20, file.flags, file.method, 0, 0]);
        put32(&mut out, &[file.crc32, file.data.len() as u32, file.size]);
        put16(&mut out, &[file.local_name.len() as u16, 0]);
        out.extend(&file.local_name);
        out.extend(&file.data);
        let mut extra = file.extra.clone();
        let mut numbers = [file.data.len() as u32, file.size, offset];
        if file.zip64 {
            put16(&mut extra, &[1, 24]);
            for number in [numbers[1], numbers[0], numbers[2]] {
                extra.extend(u64::from(number).to_le_bytes());
            }
            numbers = [u32::MAX; 3];
        }
        put32(&mut directory, &[0x0201_4b50]);
        put16(&mut directory, &[20, 20, file.flags, file.method, 0, 0]);
        put32(&mut directory, &[file.crc32, numbers[0], numbers[1]]);
        put16(
            &mut directory,
            &[file.name.len() as u16, extra.len() as u16, 0, 0, 0],
        );
        put32(&mut directory, &[0, numbers[2]]);
        directory.extend(&file.name);
        directory.extend(&extra);
    }
    out.extend(block);
    let start = out.len() as u32;
    out.extend(&directory);
    put32(&mut out, &[0x0605_4b50]);
    put16(&mut out, &[0, 0, files.len() as u16, files.len() as u16]);
    put32(&mut out, &[directory.len() as u32, start]);
    put16(&mut out, &[0]);
    out
}

/// The archive of `files`.
pub(crate) fn write(files: &[File]) -> Vec<u8> {
    write_with_block(files, &[])
}

/// Runs `check` over changed copies of `bytes`: every length, and single bytes set
/// and flipped by a fixed-seed generator.
pub(crate) fn mutate(bytes: &[u8], rounds: u32, mut check: impl FnMut(&[u8])) {
    for end in 0..bytes.len() {
        check(&bytes[..end]);
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..rounds {
        let mut copy = bytes.to_vec();
        for _ in 0..next() % 4 + 1 {
            let at = next() as usize % copy.len();
            copy[at] = match next() % 4 {
                0 => 0xff,
                1 => 0,
                2 => copy[at] ^ (1 << (next() % 8)),
                _ => next() as u8,
            };
        }
        check(&copy);
    }
}
