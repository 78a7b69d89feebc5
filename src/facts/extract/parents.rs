//! What the classes of the app extend, and which of their methods stand in place of those above.

use super::plumbing::{is_kept_library, is_kept_parent, vendor};
use super::uses::{Counted, Gatherer};
use crate::code::{NameId, Site as CodeSite};
use crate::dex::ClassDef;
use crate::error::ParseError;
use crate::facts::uses::Manner;

impl Gatherer<'_, '_, '_> {
    /// What the classes of a file extend, and which methods stand in place of those above.
    pub(super) fn parents(&mut self, file: u32) -> Result<(), ParseError> {
        let Some(dex) = self.dex(file) else {
            return Ok(());
        };
        let program = self.joined.program;
        let hierarchy = program.hierarchy();
        for (class_def, class) in (0u32..).zip(dex.class_defs()) {
            if hierarchy.is_shadowed(file, class_def) {
                continue;
            }
            let Some(name) = program.own_class(file, class.class) else {
                continue;
            };
            let (above, _) = hierarchy.supertypes(name);
            let own = vendor(hierarchy.name(name)).to_owned();
            let is_other = |id: NameId| {
                let text = hierarchy.name(id);
                hierarchy.class(id).is_some()
                    && vendor(text) != own
                    && is_kept_library(text)
                    && !text.starts_with("Landroidx/")
                    && !text.starts_with("Landroid/support/")
            };
            let outside: Vec<NameId> = above
                .iter()
                .copied()
                .filter(|&id| hierarchy.class(id).is_none() && is_kept_parent(hierarchy.name(id)))
                .collect();
            let libraries: Vec<NameId> = above.into_iter().filter(|&id| is_other(id)).collect();
            if outside.is_empty() && libraries.is_empty() {
                continue;
            }
            for &parent in &outside {
                let site = CodeSite::of_class(class_def, &class);
                let slot = self.slot((hierarchy.name(parent).to_owned(), Manner::Extends));
                let by = self.number(hierarchy.name(name));
                self.add(slot, by, file, site, None, Vec::new(), Counted::IN_PLACE)?;
            }
            self.overriding(file, class_def, &class, name, &outside, &libraries)?;
        }
        Ok(())
    }

    fn overriding(
        &mut self,
        file: u32,
        class_def: u32,
        class: &ClassDef,
        name: NameId,
        outside: &[NameId],
        libraries: &[NameId],
    ) -> Result<(), ParseError> {
        let Some(dex) = self.dex(file) else {
            return Ok(());
        };
        let program = self.joined.program;
        let Some(data) = dex.class_data(class)? else {
            return Ok(());
        };
        for method in data.methods()? {
            let method = method?;
            if method.is_direct || method.access_flags & SYNTHETIC != 0 || method.code_off == 0 {
                continue;
            }
            let Some(signature) = program.signature(file, method.method) else {
                continue;
            };
            let inherited = libraries
                .iter()
                .filter(|&&parent| program.defines(parent, signature));
            let parents: Vec<NameId> = outside.iter().chain(inherited).copied().collect();
            for parent in parents {
                let what = self.renamed(&dex, method.method, parent)?;
                let site = CodeSite {
                    method: Some(method.method),
                    code_off: method.code_off,
                    offset: u64::from(method.code_off),
                    ..CodeSite::of_class(class_def, class)
                };
                let slot = self.slot((what, Manner::Override));
                let by = self.number(program.hierarchy().name(name));
                self.add(slot, by, file, site, None, Vec::new(), Counted::IN_PLACE)?;
            }
        }
        Ok(())
    }
}

/// `ACC_SYNTHETIC`
const SYNTHETIC: u32 = 0x1000;
