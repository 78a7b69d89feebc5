//! Lookups over whole tables: what lies above a class of the platform, whether a permission is known at all.

use super::SignatureDb;

/// Supertypes followed of one class of the platform. The most that one has is about 30.
const MOST_SUPERTYPES: usize = 256;

/// Packages that the table of supertypes is about.
const PLATFORM: [&str; 5] = ["Landroid/", "Ljava", "Ldalvik/", "Lcom/android/", "Lorg/"];

impl SignatureDb {
    /// A class of the platform and everything above it, nearest first, as far as the data knows; descriptors.
    #[must_use]
    pub fn lineage<'a>(&'a self, class: &'a str) -> Vec<&'a str> {
        let mut found = vec![class];
        if !PLATFORM.iter().any(|start| class.starts_with(start)) {
            return found;
        }
        let Some(table) = self.data.hierarchy.only_group() else {
            return found;
        };
        let mut next = 0_usize;
        while let Some(&name) = found.get(next) {
            next = next.saturating_add(1);
            for above in table.get(name).into_iter().flat_map(|list| list.split(' ')) {
                if !found.contains(&above) && found.len() < MOST_SUPERTYPES {
                    found.push(above);
                }
            }
        }
        found
    }

    /// Whether a member, action or provider of the platform needs a permission (full name) at some level.
    #[must_use]
    pub fn is_in_map(&self, permission: &str) -> bool {
        let short = permission
            .strip_prefix("android.permission.")
            .unwrap_or(permission);
        let ends = |c: char| matches!(c, ' ' | ';' | '\t' | '\n');
        let named = |text: &str| {
            text.match_indices(short).any(|(at, _)| {
                let before = text.get(..at).and_then(|t| t.chars().next_back());
                let after = text.get(at.saturating_add(short.len())..);
                let after = after.and_then(|t| t.chars().next());
                before.is_none_or(ends) && after.is_none_or(ends)
            })
        };
        let tables = [&self.data.members, &self.data.actions, &self.data.providers];
        tables.iter().any(|table| named(&table.text))
    }
}

#[cfg(test)]
mod tests {
    use crate::signatures::SignatureDb;

    #[test]
    fn an_activity_is_a_context() {
        let db = SignatureDb::builtin().unwrap();
        let above = db.lineage("Landroid/app/Activity;");
        assert_eq!(above.first(), Some(&"Landroid/app/Activity;"));
        for name in [
            "Landroid/view/ContextThemeWrapper;",
            "Landroid/content/ContextWrapper;",
            "Landroid/content/Context;",
        ] {
            assert!(above.contains(&name), "{name}");
        }
        assert_eq!(db.lineage("Lcom/a/B;"), ["Lcom/a/B;"]);
    }

    #[test]
    fn permissions_of_the_map() {
        let db = SignatureDb::builtin().unwrap();
        assert!(db.is_in_map("android.permission.VIBRATE"));
        assert!(!db.is_in_map("com.example.permission.VIBRATE"));
    }
}
