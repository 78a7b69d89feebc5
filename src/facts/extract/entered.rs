//! How a method is entered: by instructions, or without one that names it.

use crate::code::{Hierarchy, NameId};
use crate::dex::{Dex, EncodedMethod};
use crate::facts::uses::Entered;

/// Access flags of the methods of one class, and which of them are annotated.
#[derive(Default)]
pub(super) struct Flags {
    loaded: Option<(u32, u32)>,
    methods: Vec<EncodedMethod>,
    annotated: Vec<u32>,
}

/// `ACC_PRIVATE`, `ACC_STATIC`
const PRIVATE: u32 = 0x2;
const STATIC: u32 = 0x8;

pub(super) fn entered(
    name: &str,
    flags: Option<u32>,
    is_annotated: bool,
    is_called: bool,
    may_override: impl Fn() -> bool,
) -> Entered {
    let flags = flags.unwrap_or_default();
    let is_direct = flags & (PRIVATE | STATIC) != 0;
    // A layout may name a method with a view for a parameter (`android:onClick`).
    let is_handler = name.ends_with("(Landroid/view/View;)V") && flags & PRIVATE == 0;
    if name.starts_with('<') || is_annotated || is_handler || (!is_direct && may_override()) {
        Entered::Outside
    } else if is_called {
        Entered::Called
    } else {
        Entered::Nowhere
    }
}

/// Whether a class has anything above it that the app does not define, apart from `java.lang.Object`.
pub(super) fn overrides(hierarchy: &Hierarchy, class: NameId) -> bool {
    let outside = hierarchy.outside(class);
    outside
        .into_iter()
        .any(|above| hierarchy.name(above) != "Ljava/lang/Object;")
}

impl Flags {
    pub(super) fn load(&mut self, dex: &Dex<'_>, file: u32, class_def: u32) {
        if self.loaded == Some((file, class_def)) {
            return;
        }
        self.loaded = Some((file, class_def));
        self.methods.clear();
        self.annotated.clear();
        let Ok(class) = dex.class_def(class_def) else {
            return;
        };
        if let Ok(Some(data)) = dex.class_data(&class)
            && let Ok(methods) = data.methods()
        {
            self.methods.extend(methods.map_while(Result::ok));
        }
        self.annotated = dex.visibly_annotated_methods(&class).unwrap_or_default();
    }

    pub(super) fn of(&self, method: u32) -> Option<u32> {
        let found = self.methods.iter().find(|m| m.method == method);
        found.map(|m| m.access_flags)
    }

    /// Whether an annotation is visible on it at run time.
    pub(super) fn is_annotated(&self, method: u32) -> bool {
        self.annotated.contains(&method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_into_a_method() {
        let no = || false;
        let yes = || true;
        let private = Some(PRIVATE);
        assert_eq!(
            entered("run()V", Some(1), false, false, yes),
            Entered::Outside
        );
        assert_eq!(
            entered("run()V", Some(1), false, false, no),
            Entered::Nowhere
        );
        assert_eq!(
            entered("run()V", private, false, false, yes),
            Entered::Nowhere
        );
        assert_eq!(
            entered("run()V", private, false, true, yes),
            Entered::Called
        );
        assert_eq!(
            entered("run()V", Some(1), true, false, no),
            Entered::Outside
        );
        assert_eq!(
            entered("<init>()V", Some(1), false, false, no),
            Entered::Outside
        );
        let handler = "click(Landroid/view/View;)V";
        assert_eq!(
            entered(handler, Some(1), false, false, no),
            Entered::Outside
        );
        assert_eq!(
            entered(handler, private, false, false, no),
            Entered::Nowhere
        );
    }
}
