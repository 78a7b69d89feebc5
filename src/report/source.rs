//! The app's manifest as its developers wrote it, in their repository: where annotations of a build can stand.
//!
//! An APK has no lines and is no file of a repository, so that code scanning and pull requests show nothing of it.

use super::v1::Finding;

/// An element of the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceElement {
    /// Its name.
    pub element: String,
    /// Value of its `android:name`.
    pub name: Option<String>,
    /// The line where it begins, from 1.
    pub line: u32,
}

/// Elements whose names are names of classes.
const COMPONENTS: [&str; 6] = [
    "application",
    "activity",
    "activity-alias",
    "service",
    "receiver",
    "provider",
];

/// Where the elements of a manifest are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceManifest {
    /// Its path in the repository, with `/`.
    pub path: String,
    elements: Vec<SourceElement>,
}

impl SourceManifest {
    /// A manifest with its elements in the order of the file, `<manifest>` first.
    ///
    /// # Errors
    /// The path leads out of the repository, or it is no manifest.
    pub fn new(path: &str, elements: Vec<SourceElement>) -> Result<Self, String> {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        let is_outside = |part: &str| matches!(part, "" | "." | "..") || part.contains(':');
        if path.split('/').any(is_outside) {
            return Err("has to be a path below the top of the repository".into());
        }
        if elements
            .first()
            .is_none_or(|first| first.element != "manifest")
        {
            return Err("expected <manifest>".into());
        }
        Ok(Self {
            path: path.to_owned(),
            elements,
        })
    }

    /// The line that a finding is about: that of the element whose name it has, of `<application>` where it is about
    /// that, else of `<manifest>`: what libraries bring is written nowhere here.
    pub fn line(&self, finding: &Finding) -> u32 {
        let is_about = |element: &str, named: &str| {
            // `.Main` and `Main` are below the package, which the build may name elsewhere.
            let is_short = named.starts_with('.') || !named.contains('.');
            let end = named.trim_start_matches('.');
            let can_be_short = COMPONENTS.contains(&element) && is_short && !end.is_empty();
            finding.subject.split(' ').any(|word| {
                let rest = word.strip_suffix(end);
                word == named || (can_be_short && rest.is_some_and(|rest| rest.ends_with('.')))
            })
        };
        let named = self.elements.iter().filter(|of| {
            let name = of.name.as_deref();
            name.is_some_and(|name| is_about(&of.element, name))
        });
        let whole = self.elements.iter();
        let whole = whole.filter(|of| of.element == finding.subject);
        let first = self.elements.first();
        let found = named.chain(whole).next().or(first);
        found.map_or(1, |of| of.line)
    }
}
