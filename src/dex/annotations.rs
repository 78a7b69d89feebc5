//! Which methods carry annotations that code can see at run time.
//!
//! AOSP "Dalvik Executable format": "annotations_directory_item",
//! "annotation_set_item", "annotation_item" with its visibilities.

use super::{ClassDef, Dex};
use crate::error::ParseError;

/// `VISIBILITY_RUNTIME`
const RUNTIME: u8 = 1;
/// Annotations looked at of one method. Real methods have below ten.
const MOST: u32 = 64;

impl Dex<'_> {
    /// The `method_ids` indices of the methods of `class` that an annotation is visible on at
    /// run time, in the order of the file.
    ///
    /// # Errors
    /// A directory or set that lies outside the file.
    pub fn visibly_annotated_methods(&self, class: &ClassDef) -> Result<Vec<u32>, ParseError> {
        let mut found = Vec::new();
        if class.annotations_off == 0 {
            return Ok(found);
        }
        let what = "an annotations_directory_item";
        let mut r = self.at(class.annotations_off)?;
        r.u32(what)?;
        let fields = r.u32(what)?;
        let methods = r.u32(what)?;
        r.u32(what)?;
        // Each row has two words.
        let skipped = usize::try_from(fields).unwrap_or(usize::MAX);
        r.skip(skipped.saturating_mul(8), "its field_annotations")?;
        for _ in 0..methods {
            let method = r.u32("a method_annotation")?;
            let set = r.u32("a method_annotation")?;
            if self.is_visible(set)? {
                found.push(method);
            }
        }
        Ok(found)
    }

    fn is_visible(&self, set: u32) -> Result<bool, ParseError> {
        if set == 0 {
            return Ok(false);
        }
        let mut r = self.at(set)?;
        let count = r.u32("an annotation_set_item")?;
        for _ in 0..count.min(MOST) {
            let item = r.u32("an annotation_off_item")?;
            if self.at(item)?.u8("an annotation_item")? == RUNTIME {
                return Ok(true);
            }
        }
        // One that was not looked at may be visible.
        Ok(count > MOST)
    }
}
