//! Every limit of the readers, with its reason.
//!
//! A limit that is reached is an [`Incident`](crate::incident::Incident): the
//! audit goes on with what was read and the result says that it is incomplete.

/// The limits of one audit. [`Limits::default`] fits store APKs up to a few gigabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one input file. Larger than any store allows (Play: 4 GiB with asset packs).
    pub input_bytes: u64,
    /// Entries of one archive. The largest known store APKs have about 60,000.
    pub zip_entries: usize,
    /// Inflated bytes of one entry. DEX files end below 200 MB, resource tables below 100 MB.
    pub entry_bytes: u64,
    /// Inflated bytes of all entries that one audit reads. A deflate bomb of 1:1000 stops here.
    pub total_bytes: u64,
    /// Members of a bundle, and splits of an app. Bundles with every density, ABI and language have about 150.
    pub members: usize,
    /// Elements that lie inside each other in one XML file. Android's own parser has no limit; real manifests end at 8.
    pub xml_depth: usize,
    /// Elements and attributes of one XML file. The largest manifests have about 20,000.
    pub xml_nodes: usize,
    /// Strings of one string pool. Resource tables of the largest apps have about 500,000.
    pub pool_strings: usize,
    /// Entries of one resource table, over all configurations. Large apps have about 3,000,000.
    pub resource_entries: usize,
    /// Steps from a resource reference to a value. Android's AssetManager2 stops at 20 (kMaxIterations).
    pub resource_hops: u32,
    /// Type chunks of one resource table: types times configurations. Large apps have about 5,000.
    pub resource_chunks: usize,
    /// Stored values looked at while the references of one app's manifests are resolved.
    /// A manifest of 20,000 references to strings in 100 languages needs 2,000,000.
    pub resource_steps: u64,
    /// Bytes of one app's typed manifest, estimated. The largest store apps need about 4 MB;
    /// a small file can name one long string a million times.
    pub manifest_bytes: usize,
    /// DEX files of one app. Large apps have about 60.
    pub dex_files: usize,
    /// Instructions of one app that are walked. The largest apps have about 60,000,000.
    pub instructions: u64,
    /// Bytes of all DEX files of one app, inflated: they are read together. Large apps have about 200 MB.
    pub code_bytes: u64,
    /// Sites kept for one thing that is used, one for each class and set of constants; the rest is counted.
    /// So many classes ask for a system service in the largest apps.
    pub sites_per_use: usize,
    /// Bytes of one script that is searched for names. The largest bundles of store apps have about 40 MB.
    pub script_bytes: u64,
    /// Names kept of one script or library.
    pub script_names: usize,
    /// Instructions of one method whose values are followed over its branches; a longer one is read
    /// straight through. A method has at most 65,536 code units in practice (javac's limit is 65,535 bytes).
    pub value_instructions: usize,
    /// Registers times basic blocks of such a method: the memory it takes, four bytes each.
    pub value_cells: usize,
    /// Values that a register is known to have one of; with more of them it is unknown. Real code has two or three.
    pub value_alternatives: usize,
    /// Calls and objects inside each other in one value: a system service, cast and asked for something, is two.
    pub value_depth: u8,
    /// Elements of an array that are followed. The longest lists of permissions in store apps have about 60.
    pub value_elements: u32,
    /// Uses with values that are kept for one app; the rest is counted. The largest apps have some 10,000.
    pub value_uses: usize,
    /// Bytes of a `MANIFEST.MF` or `.SF` file. One of 60,000 entries has about 9 MB.
    pub signature_file_bytes: u64,
    /// Bytes of a v4 signature beside an APK: a hash tree of 1/127 of the largest input.
    pub idsig_bytes: u64,
    /// Bytes of one string that goes into facts or a report. Longer ones are cut and marked with `…`.
    pub text_bytes: usize,
    /// Incidents kept for one app; the rest is counted.
    pub incidents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 8 << 30,
            zip_entries: 400_000,
            entry_bytes: 1 << 30,
            total_bytes: 4 << 30,
            members: 1_000,
            xml_depth: 256,
            xml_nodes: 1_000_000,
            pool_strings: 5_000_000,
            resource_entries: 20_000_000,
            resource_hops: 20,
            resource_chunks: 200_000,
            resource_steps: 50_000_000,
            manifest_bytes: 64 << 20,
            dex_files: 500,
            instructions: 400_000_000,
            code_bytes: 1 << 30,
            sites_per_use: 1_024,
            script_bytes: 64 << 20,
            script_names: 2_000,
            value_instructions: 65_536,
            value_cells: 4 << 20,
            value_alternatives: 8,
            value_depth: 4,
            value_elements: 256,
            value_uses: 200_000,
            signature_file_bytes: 32 << 20,
            idsig_bytes: 80 << 20,
            text_bytes: 4_096,
            incidents: 1_000,
        }
    }
}
