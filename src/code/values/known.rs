//! Platform methods whose effect is known. Source: the API reference of each class.

use crate::code::Budget;
use crate::dex::{Dex, usize_of};

/// What a called method does, as far as values are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Not looked up yet.
    Unlooked,
    /// It may do anything to what it is given.
    Other,
    /// It neither changes nor keeps what it is given, nor gives it back.
    Harmless,
    /// It gives back its first argument.
    Identity,
    /// `StringBuilder.<init>`: the text is that of the argument, if it is one.
    BuilderInit,
    /// `StringBuilder.append` of one value.
    Append,
    /// The text is unknown afterwards; gives back the receiver if it gives back a builder.
    BuilderChange,
    /// Leaves the text alone.
    BuilderKeep,
    /// `toString` of a builder, a string, or an object of any kind.
    ToString,
    /// `String.concat`, `Intrinsics.stringPlus`: the text of two arguments.
    Concat,
    /// `String.valueOf` of one value.
    ValueOf,
    /// `Intent.<init>`
    IntentInit,
    /// Sets one of the three: action 0, data 1, component 2; to its last argument, or to that of the number given.
    IntentSet(u8),
    /// `setType`: there is no data afterwards.
    IntentNoData,
    /// `setDataAndType`: the data is the first of two arguments.
    IntentData,
    /// All is unknown afterwards.
    IntentChange,
    /// Leaves the three alone; gives back the receiver if the flag says so.
    IntentKeep(bool),
}

/// The effects of the methods of one DEX file, looked up when first asked for.
#[derive(Clone, Debug)]
pub(super) struct Known {
    effects: Vec<Effect>,
}

impl Known {
    pub(super) fn new(dex: &Dex<'_>) -> Self {
        Self {
            effects: vec![Effect::Unlooked; usize_of(dex.method_count())],
        }
    }

    pub(super) fn effect(&mut self, dex: &Dex<'_>, method: u32, budget: &mut Budget) -> Effect {
        match self.effects.get_mut(usize_of(method)) {
            Some(effect) => {
                if *effect == Effect::Unlooked {
                    *effect = look_up(dex, method, budget).unwrap_or(Effect::Other);
                }
                *effect
            }
            None => Effect::Other,
        }
    }
}

fn look_up(dex: &Dex<'_>, method: u32, budget: &mut Budget) -> Option<Effect> {
    let id = dex.method(method).ok()?;
    let class = dex.type_descriptor_bytes(id.class).ok()?;
    budget.take_text(class.len());
    if !class.starts_with(b"Ljava/")
        && !class.starts_with(b"Landroid/")
        && !class.starts_with(b"Lkotlin/jvm/internal/")
    {
        return None;
    }
    let name = dex.name_bytes(id.name).ok()?;
    budget.take_text(name.len());
    let proto = dex.proto(id.proto).ok()?;
    let parameters = dex.parameters(&proto).ok()?;
    let parameter = |at: usize| {
        let index = parameters.iter().nth(at)?;
        dex.type_descriptor_bytes(index).ok()
    };
    Some(match class {
        b"Ljava/lang/StringBuilder;" | b"Ljava/lang/StringBuffer;" => {
            builder(name, parameters.len(), parameter(0))
        }
        b"Ljava/lang/String;" => match (name, parameters.len()) {
            (b"concat", 1) => Effect::Concat,
            (b"valueOf" | b"copyValueOf", 1) if parameter(0) != Some(b"[C") => Effect::ValueOf,
            (b"toString" | b"intern", 0) => Effect::ToString,
            // `getChars` and `getBytes` write into arrays.
            _ if name == b"<init>" || name.starts_with(b"get") => Effect::Other,
            _ => Effect::Harmless,
        },
        b"Ljava/lang/Object;" | b"Ljava/lang/CharSequence;" => match name {
            b"toString" => Effect::ToString,
            _ => Effect::Other,
        },
        b"Ljava/util/Objects;" => match name {
            b"requireNonNull" => Effect::Identity,
            _ => Effect::Other,
        },
        b"Lkotlin/jvm/internal/Intrinsics;" => match name {
            b"stringPlus" => Effect::Concat,
            _ if name.starts_with(b"check") => Effect::Harmless,
            _ => Effect::Other,
        },
        b"Landroid/content/Intent;" => intent(name, parameters.len(), parameter(0)),
        b"Landroid/text/TextUtils;" => match name {
            b"isEmpty" | b"equals" | b"join" => Effect::Harmless,
            _ => Effect::Other,
        },
        b"Landroid/content/pm/PackageManager;" | b"Landroid/util/Log;" => Effect::Harmless,
        _ => return None,
    })
}

fn builder(name: &[u8], count: usize, first: Option<&[u8]>) -> Effect {
    match (name, count) {
        (b"<init>", _) => Effect::BuilderInit,
        (b"append", 1) if first != Some(b"[C") => Effect::Append,
        (b"toString", 0) => Effect::ToString,
        (
            b"length" | b"charAt" | b"capacity" | b"indexOf" | b"lastIndexOf" | b"substring"
            | b"subSequence" | b"ensureCapacity" | b"trimToSize" | b"hashCode" | b"equals"
            | b"isEmpty",
            _,
        ) => Effect::BuilderKeep,
        _ => Effect::BuilderChange,
    }
}

/// The methods of `android.content.Intent` that set what is followed; all others leave it alone.
fn intent(name: &[u8], count: usize, first: Option<&[u8]>) -> Effect {
    match (name, count) {
        (b"<init>", _) => Effect::IntentInit,
        (b"setAction", 1) => Effect::IntentSet(0),
        (b"setData" | b"setDataAndNormalize", 1) => Effect::IntentSet(1),
        (b"setType" | b"setTypeAndNormalize", 1) => Effect::IntentNoData,
        (b"setDataAndType" | b"setDataAndTypeAndNormalize", 2) => Effect::IntentData,
        (b"setClass" | b"setClassName", 2) | (b"setComponent", 1) => Effect::IntentSet(2),
        (b"fillIn" | b"readFromParcel" | b"setSelector", _) => Effect::IntentChange,
        _ => {
            let fluent: [&[u8]; 4] = [b"set", b"put", b"add", b"replace"];
            let is_fluent = fluent.iter().any(|verb| name.starts_with(verb));
            let is_setter = name != b"setExtrasClassLoader" && name != b"setClipData";
            Effect::IntentKeep(is_fluent && is_setter && first.is_some())
        }
    }
}
