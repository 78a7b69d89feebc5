//! The classes a DEX file refers to and does not define.

use super::bits::Bits;
use super::{Budget, Faults};
use crate::dex::Dex;

/// The descriptors (MUTF-8) of the classes that `dex` refers to and does not
/// define itself, sorted, each once. An array counts as its element class.
///
/// They are the platform's, or those of another DEX file or split of the app.
pub fn undefined_types<'a>(
    dex: &Dex<'a>,
    budget: &mut Budget,
    faults: &mut Faults,
) -> Vec<&'a [u8]> {
    budget.begin(dex);
    let mut defined = Bits::new(dex.type_count(), false);
    dex.class_defs()
        .for_each(|class| defined.insert(class.class));
    let (mut own, mut named) = (Vec::new(), Vec::new());
    let mut bytes = 0usize;
    for index in 0..dex.type_count() {
        let descriptor = match dex.type_descriptor_bytes(index) {
            Ok(descriptor) => descriptor,
            Err(error) => {
                faults.add(error);
                continue;
            }
        };
        // Each descriptor lies in the file once, so together they are no larger than it.
        bytes = bytes.saturating_add(descriptor.len());
        if bytes > dex.len() || !budget.take_text(descriptor.len()) {
            faults.cut_short = true;
            break;
        }
        let dimensions = descriptor.iter().take_while(|&&b| b == b'[').count();
        let element = descriptor.get(dimensions..).unwrap_or_default();
        if element.first() != Some(&b'L') {
            continue;
        }
        if defined.contains(index) {
            own.push(element);
        } else {
            named.push(element);
        }
    }
    own.sort_unstable();
    named.sort_unstable();
    named.dedup();
    named.retain(|element| own.binary_search(element).is_err());
    named
}
