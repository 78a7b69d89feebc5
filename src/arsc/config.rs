//! `ResTable_config`: the device configuration that a value is for.

use crate::bytes::Reader;
use crate::error::ParseError;

/// A configuration. A field that is 0 (or all zero) is "any".
///
/// Fields, their order and their meaning are those of `ResTable_config`
/// (ResourceTypes.h); older tables have a shorter structure, whose missing
/// fields are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Config {
    /// Mobile country code.
    pub mcc: u16,
    /// Mobile network code.
    pub mnc: u16,
    /// Language, two or three lower-case letters.
    pub language: [u8; 3],
    /// Region, two letters or three digits.
    pub region: [u8; 3],
    /// Script, four letters.
    pub script: [u8; 4],
    /// Variant, up to eight letters or digits.
    pub variant: [u8; 8],
    /// Numbering system (`-u-nu-…`), up to eight letters.
    pub numbering: [u8; 8],
    /// `orientation`, `touchscreen`.
    pub screen_type: [u8; 2],
    /// Density in dpi; 0xfffe is "any density", 0xffff "no density".
    pub density: u16,
    /// `keyboard`, `navigation`, `inputFlags`, grammatical gender.
    pub input: [u8; 4],
    /// `screenWidth`, `screenHeight` in pixels.
    pub screen_size: [u16; 2],
    /// `sdkVersion`: the lowest API level the value is for.
    pub sdk_version: u16,
    /// `minorVersion`.
    pub minor_version: u16,
    /// `screenLayout`, `uiMode`, `screenLayout2`, `colorMode`.
    pub screen_config: [u8; 4],
    /// `smallestScreenWidthDp`, `screenWidthDp`, `screenHeightDp`.
    pub screen_dp: [u16; 3],
}

/// "Any density" (`DENSITY_ANY`): vectors.
const DENSITY_ANY: u16 = 0xfffe;
/// `DENSITY_MEDIUM`, which androidfw takes where none is given.
const DENSITY_MEDIUM: u16 = 160;
/// Bytes of `ResTable_config` that are known.
const SIZE: usize = 64;

impl Config {
    /// The newest device with nothing special about it, in no language: what
    /// values of a manifest are resolved for.
    pub const DEVICE: Self = Self {
        mcc: 0,
        mnc: 0,
        language: [0; 3],
        region: [0; 3],
        script: [0; 4],
        variant: [0; 8],
        numbering: [0; 8],
        screen_type: [0; 2],
        density: 0,
        input: [0; 4],
        screen_size: [0; 2],
        // aapt's own "any version" (Command.cpp).
        sdk_version: 10_000,
        minor_version: 0,
        screen_config: [0; 4],
        screen_dp: [0; 3],
    };

    /// Reads a `ResTable_config` from the start of `reader`.
    ///
    /// # Errors
    /// If there is not even its size.
    pub fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        let size = super::to_usize(reader.u32("the size of a configuration")?).saturating_sub(4);
        let stored = reader.rest();
        let stored = stored.get(..size.min(stored.len())).unwrap_or_default();
        // As copyFromDtoH: what is there, the rest zero.
        let mut bytes = [0u8; SIZE];
        for (to, from) in bytes.iter_mut().zip(stored) {
            *to = *from;
        }
        let mut r = Reader::at(&bytes, reader.offset());
        let what = "a configuration";
        let mcc = r.u16(what)?;
        let mnc = r.u16(what)?;
        let language = unpack([r.u8(what)?, r.u8(what)?], b'a');
        let region = unpack([r.u8(what)?, r.u8(what)?], b'0');
        let screen_type = [r.u8(what)?, r.u8(what)?];
        let density = r.u16(what)?;
        let input = [r.u8(what)?, r.u8(what)?, r.u8(what)?, r.u8(what)?];
        let screen_size = [r.u16(what)?, r.u16(what)?];
        let sdk_version = r.u16(what)?;
        let minor_version = r.u16(what)?;
        let (layout, ui_mode) = (r.u8(what)?, r.u8(what)?);
        let screen_dp = [r.u16(what)?, r.u16(what)?, r.u16(what)?];
        let script = fixed(r.take(4, what)?);
        let variant = fixed(r.take(8, what)?);
        let (layout2, color_mode) = (r.u8(what)?, r.u8(what)?);
        r.skip(2, what)?;
        let script_was_computed = r.u8(what)? != 0;
        let numbering = fixed(r.take(8, what)?);
        Ok(Self {
            mcc,
            mnc,
            language,
            region,
            script: if script_was_computed { [0; 4] } else { script },
            variant,
            numbering,
            screen_type,
            density,
            input,
            screen_size,
            sdk_version,
            minor_version,
            screen_config: [layout, ui_mode, layout2, color_mode],
            screen_dp,
        })
    }

    /// Whether the value is for any language and region.
    pub fn is_any_locale(&self) -> bool {
        self.language == [0; 3]
            && self.region == [0; 3]
            && self.script == [0; 4]
            && self.variant == [0; 8]
    }

    /// The locale as a BCP 47 tag (`zh-Hans-CN`), codes as stored (`iw` stays
    /// `iw`, as in aapt); empty for any locale.
    pub fn locale(&self) -> String {
        let mut tag = String::new();
        if self.is_any_locale() {
            return tag;
        }
        if self.language == [0; 3] {
            tag.push_str("und");
        } else {
            push(&mut tag, &self.language);
        }
        for part in [&self.script[..], &self.region[..], &self.variant[..]] {
            if part.first() != Some(&0) {
                tag.push('-');
                push(&mut tag, part);
            }
        }
        if self.numbering != [0; 8] {
            tag.push_str("-u-nu-");
            push(&mut tag, &self.numbering);
        }
        tag
    }

    /// This configuration in the locale of `other`.
    #[must_use]
    pub fn in_locale_of(mut self, other: &Self) -> Self {
        self.language = other.language;
        self.region = other.region;
        self.script = other.script;
        self.variant = other.variant;
        self.numbering = other.numbering;
        self
    }

    /// Whether a device `want` may use a value for this configuration
    /// (`ResTable_config::match`): nothing that is set here contradicts the
    /// device. Density never contradicts; nor does another region of the same
    /// language and script (a device in `pt` may use `pt-BR`). Anything else
    /// that the device leaves open (0) is matched only by values that leave it
    /// open.
    pub fn fits(&self, want: &Self) -> bool {
        fn open<T: PartialEq + Default>(mine: &T, theirs: &T) -> bool {
            *mine == T::default() || mine == theirs
        }
        open(&self.mcc, &want.mcc)
            && open(&self.mnc, &want.mnc)
            && (self.is_any_locale() || self.same_language(want))
            && open(&self.screen_type, &want.screen_type)
            && open(&self.input, &want.input)
            && open(&self.screen_size, &want.screen_size)
            && open(&self.screen_config, &want.screen_config)
            && open(&self.screen_dp, &want.screen_dp)
            && self.sdk_version <= want.sdk_version
            && open(&self.minor_version, &want.minor_version)
    }

    /// Whether this is a better match than `other` for `want`; both [`Self::fits`].
    ///
    /// The order of `ResTable_config::isBetterThan`: country and network,
    /// locale, everything about the device, density, then the highest API level.
    pub fn is_better_than(&self, other: &Self, want: &Self) -> bool {
        let (mine, theirs) = (self.locale_rank(want), other.locale_rank(want));
        if (self.mcc, self.mnc) == (other.mcc, other.mnc) && mine != theirs {
            return mine > theirs;
        }
        let (mine, theirs) = (self.specific(), other.specific());
        if mine != theirs {
            return mine > theirs;
        }
        if self.density != other.density {
            return density_is_better(self.density, other.density, want.density);
        }
        (self.sdk_version, self.minor_version) > (other.sdk_version, other.minor_version)
    }

    /// Same language, and no different script. Where no script is written,
    /// Chinese has the one of its region, as in androidfw's locale data; for
    /// other languages with two scripts the data is not here.
    fn same_language(&self, want: &Self) -> bool {
        let script = |config: &Self| match (config.script, &config.language, &config.region) {
            ([0, ..], b"zh\0", b"TW\0" | b"HK\0" | b"MO\0") => *b"Hant",
            ([0, ..], b"zh\0", _) => *b"Hans",
            (script, _, _) => script,
        };
        let (mine, its) = (script(self), script(want));
        self.language == want.language && (mine == its || mine == [0; 4] || its == [0; 4])
    }

    /// How well the locale suits `want`, for values that fit it: a language
    /// over none; then the region wanted, no region, another region; then
    /// script and variant.
    fn locale_rank(&self, want: &Self) -> (bool, u8, bool, bool) {
        let region = match self.region {
            region if region == want.region => 2,
            [0, ..] => 1,
            _ => 0,
        };
        (
            self.language != [0; 3],
            region,
            self.script == want.script,
            self.variant == want.variant,
        )
    }

    /// What else is set, by weight: a value that fits and says more is the better one.
    fn specific(&self) -> [bool; 7] {
        [
            self.mcc != 0,
            self.mnc != 0,
            self.screen_config != [0; 4],
            self.screen_dp != [0; 3],
            self.screen_type != [0; 2],
            self.input != [0; 4],
            self.screen_size != [0; 2],
        ]
    }
}

/// The density part of `isBetterThan`: "any" is best, else the one that scales best.
fn density_is_better(mine: u16, theirs: u16, want: u16) -> bool {
    let or_medium = |density: u16| {
        if density == 0 {
            DENSITY_MEDIUM
        } else {
            density
        }
    };
    let (mine, theirs, want) = (or_medium(mine), or_medium(theirs), or_medium(want));
    if mine == theirs {
        return false;
    }
    if mine == DENSITY_ANY || theirs == DENSITY_ANY {
        return mine == DENSITY_ANY;
    }
    let (low, high) = (u64::from(mine.min(theirs)), u64::from(mine.max(theirs)));
    let want = u64::from(want);
    // Scaling down is twice as good as scaling up.
    let high_wins = want >= high
        || (low < want
            && low
                .saturating_mul(2)
                .saturating_sub(want)
                .saturating_mul(high)
                <= want.saturating_mul(want));
    high_wins == (mine > theirs)
}

/// `unpackLanguageOrRegion`: two characters, or three packed into 15 bits below a set high bit.
fn unpack(packed: [u8; 2], base: u8) -> [u8; 3] {
    let [first, second] = packed;
    if first & 0x80 == 0 {
        return [first, second, 0];
    }
    let packed = u16::from_be_bytes(packed);
    [packed & 0x1f, (packed >> 5) & 0x1f, (packed >> 10) & 0x1f]
        .map(|letter| u8::try_from(letter).unwrap_or(0).saturating_add(base))
}

fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// Appends a subtag up to its zero; a byte that cannot be in a tag becomes `_`.
fn push(tag: &mut String, subtag: &[u8]) {
    for &byte in subtag.iter().take_while(|&&b| b != 0) {
        tag.push(if byte.is_ascii_alphanumeric() {
            char::from(byte)
        } else {
            '_'
        });
    }
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "tests"
)]
mod tests {
    use super::*;

    /// A `ResTable_config` of `size` bytes, size field included, with `edits`.
    fn config(size: u32, edits: &[(usize, &[u8])]) -> Config {
        let mut bytes = vec![0u8; size as usize];
        bytes[..4].copy_from_slice(&size.to_le_bytes());
        for (at, edit) in edits {
            bytes[*at..at + edit.len()].copy_from_slice(edit);
        }
        Config::parse(&mut Reader::new(&bytes)).unwrap()
    }

    #[test]
    fn locales_are_bcp_47() {
        assert_eq!(config(64, &[]).locale(), "");
        assert_eq!(config(28, &[(8, b"zhCN")]).locale(), "zh-CN");
        assert_eq!(config(64, &[(8, b"zh"), (36, b"Hant")]).locale(), "zh-Hant");
        assert_eq!(
            config(64, &[(8, b"srRS"), (36, b"Latn")]).locale(),
            "sr-Latn-RS"
        );
        assert_eq!(
            config(64, &[(8, b"ca"), (10, b"ES"), (40, b"valencia")]).locale(),
            "ca-ES-valencia"
        );
        // "fil" and region 419 as packLanguageOrRegion packs them: 0x80 | third << 2 | second >> 3, second << 5 | first.
        assert_eq!(config(64, &[(8, &[0xad, 0x05])]).locale(), "fil");
        assert_eq!(
            config(64, &[(8, b"es"), (10, &[0xa4, 0x24])]).locale(),
            "es-419"
        );
    }

    #[test]
    fn a_script_that_was_computed_is_no_qualifier() {
        assert_eq!(
            config(64, &[(8, b"zhTW"), (36, b"Hant"), (52, &[1])]).locale(),
            "zh-TW"
        );
    }

    #[test]
    fn the_best_value_is_chosen_as_the_platform_does() {
        let any = config(64, &[]);
        let v21 = config(64, &[(24, &[21, 0])]);
        let v26 = config(64, &[(24, &[26, 0])]);
        let french = config(64, &[(8, b"fr")]);
        let canadian = config(64, &[(8, b"frCA")]);
        let land = config(64, &[(12, &[2])]);
        let night = config(64, &[(29, &[0x20])]);
        let device = Config::DEVICE;
        assert!(any.fits(&device) && v21.fits(&device));
        assert!(!french.fits(&device) && !land.fits(&device) && !night.fits(&device));
        assert!(v26.is_better_than(&v21, &device) && v21.is_better_than(&any, &device));
        let old = Config {
            sdk_version: 23,
            ..device
        };
        assert!(!v26.fits(&old) && v21.fits(&old));
        let quebec = device.in_locale_of(&canadian);
        assert!(french.fits(&quebec) && canadian.is_better_than(&french, &quebec));
        assert!(
            french.is_better_than(&v26, &quebec),
            "locale goes before version"
        );
        // Another region of the language is better than another language, and worse than no region.
        let france = device.in_locale_of(&config(64, &[(8, b"frFR")]));
        assert!(canadian.fits(&france) && canadian.is_better_than(&any, &france));
        assert!(french.is_better_than(&canadian, &france));
    }

    /// `aapt dump badging` of an app with labels for zh-rCN and zh-rTW shows the second for zh-HK.
    #[test]
    fn chinese_regions_have_scripts() {
        let chinese = |region: &[u8; 2]| config(64, &[(8, b"zh"), (10, region)]);
        let want = |region| Config::DEVICE.in_locale_of(&chinese(region));
        assert!(chinese(b"TW").fits(&want(b"HK")) && !chinese(b"CN").fits(&want(b"HK")));
        assert!(chinese(b"CN").fits(&want(b"SG")) && !chinese(b"TW").fits(&want(b"SG")));
        let traditional = config(64, &[(8, b"zh"), (36, b"Hant")]);
        assert!(traditional.fits(&want(b"TW")) && !traditional.fits(&want(b"CN")));
    }

    #[test]
    fn density_chooses_as_the_platform_does() {
        let dpi = |density: u16| config(64, &[(14, &density.to_le_bytes())]);
        let at = |density| Config {
            density,
            ..Config::DEVICE
        };
        assert!(dpi(320).is_better_than(&dpi(160), &at(320)));
        assert!(
            dpi(320).is_better_than(&dpi(160), &at(240)),
            "scaling down is better than scaling up"
        );
        assert!(dpi(160).is_better_than(&dpi(320), &at(160)));
        assert!(dpi(0xfffe).is_better_than(&dpi(320), &at(320)));
        assert!(
            !dpi(160).is_better_than(&dpi(0), &at(320)),
            "no density is medium"
        );
    }
}
