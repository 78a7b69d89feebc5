//! The app's manifest as its developers wrote it, in their repository: where annotations of a build can stand.
//!
//! An APK has no lines and is no file of a repository, so that code scanning and pull requests show nothing of it.

use super::v1::Finding;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Name of an element, value of its `android:name`, line.
type Named = (String, Option<String>, u32);

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
    elements: Vec<Named>,
}

impl SourceManifest {
    /// Reads a manifest as text.
    ///
    /// # Errors
    /// The path leads out of the repository, or the text is no XML.
    pub fn read(path: &str, text: &str) -> Result<Self, String> {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        let is_outside = |part: &str| matches!(part, "" | "." | "..") || part.contains(':');
        if path.split('/').any(is_outside) {
            return Err("has to be a path below the top of the repository".into());
        }
        let mut reader = Reader::from_str(text);
        let mut elements: Vec<Named> = Vec::new();
        // Lines are counted once, as far as the reader has come.
        let (mut counted, mut line) = (0usize, 1u32);
        loop {
            let begins = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event().map_err(|e| e.to_string())?;
            let passed = text.get(counted..begins).unwrap_or_default();
            let breaks = passed.bytes().filter(|&b| b == b'\n').count();
            line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            counted = begins.max(counted);
            let tag = match event {
                Event::Start(tag) | Event::Empty(tag) => tag,
                Event::Eof => break,
                _ => continue,
            };
            let mut name = None;
            for attribute in tag.attributes() {
                let attribute = attribute.map_err(|e| e.to_string())?;
                if attribute.key.as_ref() == "android:name" {
                    name = Some(attribute.value.into_owned());
                }
            }
            let element = tag.name().as_ref().to_owned();
            elements.push((element, name, line));
        }
        if elements.first().is_none_or(|(name, ..)| name != "manifest") {
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
        let named = self.elements.iter().filter(|(element, name, _)| {
            let name = name.as_deref();
            name.is_some_and(|name| is_about(element, name))
        });
        let whole = self.elements.iter();
        let whole = whole.filter(|(element, ..)| *element == finding.subject);
        let first = self.elements.first();
        let found = named.chain(whole).next().or(first);
        found.map_or(1, |(.., line)| *line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "<?xml version=\"1.0\"?>
<!-- a comment
     of two lines -->
<manifest xmlns:android=\"http://schemas.android.com/apk/res/android\">
    <uses-permission android:name=\"android.permission.CAMERA\" />
    <uses-permission
        android:name=\"android.permission.READ_CONTACTS\"
        android:maxSdkVersion=\"30\" />
    <application
        android:allowBackup=\"true\">
        <service android:name=\".Listener\" /><receiver android:name=\"org.example.Boot\"/>
    </application>
</manifest>
";

    fn finding(subject: &str) -> Finding {
        let text = serde_json::json!({
            "id": "F-1", "rule": "r", "severity": "low", "confidence": "firm", "clauses": [],
            "title": {}, "message": {}, "remedy": {}, "subject": subject, "evidence": [],
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn findings_stand_at_the_element_that_they_are_about() {
        let source = SourceManifest::read("./app/src/main/AndroidManifest.xml", TEXT).unwrap();
        assert_eq!(source.path, "app/src/main/AndroidManifest.xml");
        for (subject, line) in [
            ("android.permission.CAMERA", 5),
            ("umeng/analytics android.permission.READ_CONTACTS", 6),
            ("application", 9),
            ("com.example.Listener", 11),
            ("com.example.OtherListener", 4),
            ("org.example.Boot", 11),
            ("com.org.example.Boot", 4),
            ("android.permission.BRINGS_A_LIBRARY", 4),
            ("", 4),
        ] {
            assert_eq!(source.line(&finding(subject)), line, "{subject}");
        }
    }

    #[test]
    fn what_is_no_manifest_of_the_repository_is_refused() {
        for path in [
            "/etc/x.xml",
            "../x.xml",
            "a/../../x.xml",
            "C:\\x.xml",
            "",
            "a//b",
        ] {
            assert!(SourceManifest::read(path, TEXT).is_err(), "{path}");
        }
        for text in [
            "",
            "<resources/>",
            "<manifest",
            "<manifest a=>",
            "<manifest></x>",
        ] {
            assert!(SourceManifest::read("x.xml", text).is_err(), "{text}");
        }
    }
}
