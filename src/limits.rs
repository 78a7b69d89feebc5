//! Every limit of the readers, with its reason.
//!
//! A limit that is reached is an [`Incident`](crate::incident::Incident): the
//! audit goes on with what was read and the result says that it is incomplete.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

/// Inflated bytes of a saved report. Reports end below 100 MB; a small `.gz` may hold any number of bytes.
pub const REPORT_BYTES: u64 = 1 << 30;

/// One limit as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name, as `--limit NAME=VALUE` takes it.
    pub name: &'static str,
    /// What it counts and why it is what it is, in English.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
    /// What it is unless another value is asked for.
    pub default: u64,
}

/// Whether the time is over; the clock belongs to whoever started the audit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<&'static AtomicBool>);

impl Deadline {
    /// A deadline that has passed when `flag` is set.
    pub fn when(flag: &'static AtomicBool) -> Self {
        Self(Some(flag))
    }

    /// Whether it has passed.
    pub fn passed(self) -> bool {
        self.0.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// A value that a limit cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimitError {
    /// No limit is called so.
    Unknown(String),
    /// The text is no `NAME=VALUE`, or the value no number that the limit can have.
    Value(String),
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "no limit is called `{name}`"),
            Self::Value(text) => write!(
                f,
                "`{text}` is no NAME=NUMBER; KiB, MiB and GiB may follow the number"
            ),
        }
    }
}

impl std::error::Error for LimitError {}

macro_rules! limits {
    ($($(#[doc = $en:literal])+ $zh:literal $field:ident: $type:ty = $default:expr;)+) => {
        /// The limits of one audit. [`Limits::default`] fits store APKs up to a few gigabytes.
        #[derive(Clone, Copy, Debug)]
        pub struct Limits {
            $($(#[doc = $en])+ pub $field: $type,)+
            /// When to stop. Not a number: [`Limits::seconds`] is what the command line makes it of.
            pub deadline: Deadline,
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)+ deadline: Deadline::default() }
            }
        }

        impl Limits {
            /// All limits, in the order of this file.
            pub fn all() -> Vec<Limit> {
                let default = Self::default();
                vec![$(Limit {
                    name: stringify!($field),
                    en: concat!($($en),+).trim_ascii(),
                    zh: $zh,
                    default: u64::try_from(default.$field).unwrap_or(u64::MAX),
                },)+]
            }

            fn put(&mut self, name: &str, value: u64) -> Option<bool> {
                match name {
                    $(stringify!($field) => Some(match value.try_into() {
                        Ok(value) => { self.$field = value; true }
                        Err(_) => false,
                    }),)+
                    _ => None,
                }
            }

            /// The limits that are not what they are by default.
            pub fn changed(&self) -> Vec<(&'static str, u64)> {
                let default = Self::default();
                let mut changed = Vec::new();
                $(if self.$field != default.$field {
                    let value = u64::try_from(self.$field).unwrap_or(u64::MAX);
                    changed.push((stringify!($field), value));
                })+
                changed
            }
        }
    };
}

limits! {
    /// Bytes of one input file. Larger than any store allows (Play: 4 GiB with asset packs).
    "单个输入文件的字节数；各应用商店允许的上限均低于此值"
    input_bytes: u64 = 8 << 30;
    /// Bytes of one privacy policy, SDK list or sheet, and of the text in it. The longest known policies have about 300,000.
    "单个隐私政策、SDK清单或者收集清单文件及其文字的字节数；已知最长的隐私政策约30万字节"
    document_bytes: u64 = 16 << 20;
    /// Seconds of wall time for one audit; 0 for no end. The largest store apps need some ten.
    "一次检测的时长（秒），0表示不限；最大的应用约需十余秒"
    seconds: u64 = 600;
    /// Entries of one archive. The largest known store APKs have about 60,000.
    "单个压缩包的条目数；已知最大的安装包约有6万个"
    zip_entries: usize = 400_000;
    /// Entries of an archive that is read a second time as other tools read it. The `zip` crate takes about 300 bytes
    /// for each.
    "按通用工具的方式再次读取的压缩包的条目数；zip库每个条目约占300字节"
    compared_entries: usize = 150_000;
    /// Bytes of the directory that the second reading may take in. 100,000 entries with long names have 12 MB.
    "再次读取时目录的字节数；10万个长名称条目约为12 MB"
    compared_bytes: u64 = 32 << 20;
    /// Bytes of an archive with a ZIP64 end record that is read a second time: the `zip` crate reserves memory
    /// by that record's count, which is bounded by the file's size only (about seven times as much).
    "再次读取的ZIP64压缩包的字节数；zip库按其声明的条目数预留内存（约为文件的七倍）"
    compared_zip64_bytes: usize = 64 << 20;
    /// Differences between two readings of one archive that are listed; the rest is counted.
    "两种读取方式的差异列出的条数，其余只计数"
    archive_notes: usize = 100;
    /// How deep archives inside an APK are opened: 1 opens those that lie in it, and names those in them.
    "打开安装包内嵌压缩包的层数；1表示只打开直接内嵌的压缩包"
    nested_depth: u32 = 1;
    /// DEX files and archives inside one APK that are looked at. Store apps have some 20, games with packed levels
    /// some 100.
    "查看的内嵌DEX文件和压缩包数；普通应用约20个，带关卡包的游戏约100个"
    nested_files: usize = 500;
    /// Inflated bytes of all of them.
    "上述内嵌文件解压后的字节总数，防止逐层膨胀"
    nested_bytes: u64 = 1 << 30;
    /// Entries of one of them. Plug-in APKs have about 10,000.
    "单个内嵌压缩包的条目数；插件安装包约有1万个"
    nested_entries: usize = 50_000;
    /// DEX files listed of one of them; the rest is counted.
    "单个内嵌压缩包中列出的DEX文件数，其余只计数"
    nested_dex: usize = 100;
    /// Inflated bytes of one entry. DEX files end below 200 MB, resource tables below 100 MB.
    "单个条目解压后的字节数；DEX文件不超过200 MB，资源表不超过100 MB"
    entry_bytes: u64 = 1 << 30;
    /// Inflated bytes of all entries of one archive that are read. A deflate bomb of 1:1000 stops here.
    "单个压缩包所读取条目解压后的字节总数；用于阻止解压炸弹"
    total_bytes: u64 = 4 << 30;
    /// Inflated bytes for each byte of the archive, beyond the first 256 MiB. Whole APKs reach 5.
    "压缩包每一字节解压后的字节数（前256 MiB除外）；正常安装包整体不超过5倍"
    ratio: u64 = 100;
    /// Members of a bundle, and splits of an app. Bundles with every density, ABI and language have about 150.
    "合集成员数以及拆分安装包数；包含全部密度、ABI和语言的合集约有150个"
    members: usize = 1_000;
    /// Elements that lie inside each other in one XML file. Android's own parser has no limit; real manifests end at 8.
    "XML元素的嵌套层数；正常清单文件不超过8层"
    xml_depth: usize = 256;
    /// Elements and attributes of one XML file. The largest manifests have about 20,000.
    "单个XML文件的元素和属性数；最大的清单文件约有2万个"
    xml_nodes: usize = 1_000_000;
    /// Strings of one string pool. Resource tables of the largest apps have about 500,000.
    "单个字符串池的字符串数；最大的资源表约有50万个"
    pool_strings: usize = 5_000_000;
    /// Entries of one resource table, over all configurations. Large apps have about 3,000,000.
    "单个资源表的条目数（全部配置合计）；大型应用约有300万个"
    resource_entries: usize = 20_000_000;
    /// Steps from a resource reference to a value. Android's AssetManager2 stops at 20 (kMaxIterations).
    "资源引用解析的步数；与Android一致（AssetManager2的kMaxIterations为20）"
    resource_hops: u32 = 20;
    /// Type chunks of one resource table: types times configurations. Large apps have about 5,000.
    "单个资源表的类型块数（类型数乘以配置数）；大型应用约有5000个"
    resource_chunks: usize = 200_000;
    /// Stored values looked at while the references of one app's manifests are resolved.
    /// A manifest of 20,000 references to strings in 100 languages needs 2,000,000.
    "解析清单文件中资源引用时查看的值的个数；2万个引用、100种语言约需200万"
    resource_steps: u64 = 50_000_000;
    /// Bytes of one app's typed manifest, estimated. The largest store apps need about 4 MB;
    /// a small file can name one long string a million times.
    "清单文件解析后占用的字节数（估算）；最大的应用约需4 MB"
    manifest_bytes: usize = 64 << 20;
    /// DEX files of one app. Large apps have about 60.
    "DEX文件数；大型应用约有60个"
    dex_files: usize = 500;
    /// Bytes of all DEX files of one app, inflated: they are read together. Large apps have about 200 MB.
    "全部DEX文件解压后的字节数；大型应用约有200 MB"
    code_bytes: u64 = 1 << 30;
    /// Classes of one app. The largest apps have about 400,000.
    "类的个数；最大的应用约有40万个"
    classes: u64 = 4_000_000;
    /// Steps of the walks over one app's code: an instruction, a class, a member, 16 bytes of a name.
    /// The largest apps have about 60,000,000 instructions.
    "分析代码的步数（一条指令、一个类、一个成员或者名称的16字节为一步）；最大的应用约有6000万条指令"
    instructions: u64 = 400_000_000;
    /// References between classes of one app. The largest apps have about 5,000,000.
    "类之间的引用数；最大的应用约有500万个"
    edges: usize = 32_000_000;
    /// Sites kept for one thing that is used, one for each class and set of constants; the rest is counted.
    /// So many classes ask for a system service in the largest apps.
    "每一调用目标保留的位置数（按类和常量区分），其余只计数"
    sites_per_use: usize = 1_024;
    /// Bytes of one script that is searched for names. The largest bundles of store apps have about 40 MB.
    "单个脚本文件查找的字节数；最大的约有40 MB"
    script_bytes: u64 = 64 << 20;
    /// Names kept of one script or library.
    "单个脚本或者原生库保留的名称数"
    script_names: usize = 2_000;
    /// Instructions of one method whose values are followed over its branches; a longer one is read
    /// straight through. A method has at most 65,536 code units in practice (javac's limit is 65,535 bytes).
    "逐分支追踪常量的方法的指令数，更长的方法按顺序读取；javac编译的方法不超过65535字节"
    value_instructions: usize = 65_536;
    /// Registers times basic blocks of such a method: the memory it takes, four bytes each.
    "上述方法的寄存器数乘以基本块数，即所占内存"
    value_cells: usize = 4 << 20;
    /// Values that a register is known to have one of; with more of them it is unknown. Real code has two or three.
    "一个寄存器可能取值的个数，超过即视为未知；正常代码为两三个"
    value_alternatives: usize = 8;
    /// Calls and objects inside each other in one value: a system service, cast and asked for something, is two.
    "一个值中调用和对象的嵌套层数"
    value_depth: u8 = 4;
    /// Elements of an array that are followed. The longest lists of permissions in store apps have about 60.
    "追踪的数组元素数；最长的权限列表约有60项"
    value_elements: u32 = 256;
    /// Uses with values that are kept for one app; the rest is counted. The largest apps have some 10,000.
    "保留的带常量的调用数，其余只计数；最大的应用约有1万个"
    value_uses: usize = 200_000;
    /// Steps of the walk from the start of the app: a code unit, a class that is looked at, an eighth of a member that is
    /// kept. Real APKs need up to 800,000, some 100 for each method that is reached.
    "从应用启动处跟踪调用的步数（一个代码单元、一个查看的类为一步，一个保留的成员为八步）；实际应用至多约需80万步"
    start_steps: u64 = 8_000_000;
    /// Methods that are followed from the start of the app. Real APKs of 100,000 methods reach at most some 5,000.
    "从应用启动处跟踪的方法数；含10万个方法的实际应用至多跟踪到约5000个"
    start_methods: u32 = 400_000;
    /// Calls inside each other that are followed from the start of the app. In real APKs the deepest that lead to
    /// something are 25.
    "从应用启动处跟踪的调用层数；实际应用中有结果的最深为25层"
    start_depth: u32 = 32;
    /// Bytes of a `MANIFEST.MF` or `.SF` file. One of 60,000 entries has about 9 MB.
    "MANIFEST.MF或者.SF文件的字节数；6万个条目约为9 MB"
    signature_file_bytes: u64 = 32 << 20;
    /// Bytes of a v4 signature beside an APK: a hash tree of 1/127 of the largest input.
    "与安装包并列的v4签名文件的字节数，约为安装包的1/127"
    idsig_bytes: u64 = 80 << 20;
    /// Bytes of one string that goes into facts or a report. Longer ones are cut and marked with `…`.
    "写入事实数据或者报告的单个字符串的字节数，超出部分以“…”表示"
    text_bytes: usize = 4_096;
    /// Incidents kept for one app; the rest is counted.
    "保留的异常记录数，其余只计数"
    incidents: usize = 1_000;
    /// Bytes of the facts, estimated. The largest store apps need about 40 MB.
    "事实数据的字节数（估算）；最大的应用约需40 MB"
    output_bytes: usize = 512 << 20;
    /// Files of a case that is checked: some seven, one for each finding and one for each APK.
    "所核验案件的文件数：约七个，另每条线索、每个安装包各一个"
    case_files: usize = 20_000;
    /// Bytes of all files of a case that is checked. The largest reports have about 40 MB.
    "所核验案件全部文件的字节数；最大的报告约为40 MB"
    case_bytes: u64 = 256 << 20;
}

impl Limits {
    /// Sets one limit from `NAME=VALUE`: `entry-bytes=512MiB`, `zip_entries=1000`.
    ///
    /// # Errors
    /// No limit of that name, or no number that it can have.
    pub fn set(&mut self, text: &str) -> Result<(), LimitError> {
        let bad = || LimitError::Value(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(bad)?;
        let name = name.trim().replace('-', "_");
        let value = number(value.trim()).ok_or_else(bad)?;
        match self.put(&name, value) {
            Some(true) => Ok(()),
            Some(false) => Err(bad()),
            None => Err(LimitError::Unknown(name)),
        }
    }
}

/// A number with a unit behind it, if one is there: `512`, `4GiB`.
pub fn number(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("", 0)];
    let (digits, shift) = UNITS
        .iter()
        .find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)))?;
    digits
        .trim_end()
        .replace('_', "")
        .parse::<u64>()
        .ok()?
        .checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_set_by_its_name() {
        let mut limits = Limits::default();
        limits.set("entry-bytes=512MiB").unwrap();
        limits.set("zip_entries = 1_000").unwrap();
        assert_eq!((limits.entry_bytes, limits.zip_entries), (512 << 20, 1_000));
        assert_eq!(
            limits.changed(),
            [("zip_entries", 1_000), ("entry_bytes", 512 << 20)]
        );
        assert_eq!(
            limits.set("entries=1"),
            Err(LimitError::Unknown("entries".into()))
        );
        for bad in [
            "zip-entries",
            "zip-entries=",
            "zip-entries=-1",
            "value-depth=256",
            "seconds=1h",
        ] {
            assert_eq!(limits.set(bad), Err(LimitError::Value(bad.into())), "{bad}");
        }
    }

    #[test]
    fn every_limit_has_its_reason_in_both_languages() {
        let all = Limits::all();
        assert!(all.len() > 30);
        for limit in all {
            assert!(
                limit.en.len() > 20 && limit.en.ends_with('.'),
                "{}",
                limit.name
            );
            assert!(
                !limit.zh.is_ascii() && limit.zh.chars().count() > 8,
                "{}",
                limit.name
            );
        }
    }
}
