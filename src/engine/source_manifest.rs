//! The manifest of an app's sources, read as text XML.

use crate::limits::Limits;
use crate::report::source::{SourceElement, SourceManifest};
use crate::xml::{Attribute, Document, attrs};

/// Reads a manifest in a repository; `path` is what annotations name.
///
/// # Errors
/// It is no whole manifest in text form, or the path leads out of the repository.
pub fn source_manifest(
    path: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<SourceManifest, String> {
    let document = Document::parse(bytes, path, limits).map_err(|e| e.to_string())?;
    if let Some(incident) = document.incidents.first() {
        return Err(incident.detail.clone());
    }
    if !document.is_text {
        return Err("expected XML as text, found a compiled file".into());
    }
    let mut elements = Vec::new();
    let mut open = vec![&document.root];
    while let Some(element) = open.pop() {
        elements.push(SourceElement {
            element: element.name.to_string(),
            name: element.attr(attrs::NAME).and_then(Attribute::to_text),
            line: element.line,
        });
        open.extend(element.children.iter().rev());
    }
    SourceManifest::new(path, elements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::v1::Finding;

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

    fn read(path: &str, text: &str) -> Result<SourceManifest, String> {
        source_manifest(path, text.as_bytes(), &Limits::default())
    }

    fn finding(subject: &str) -> Finding {
        let text = serde_json::json!({
            "id": "F-1", "rule": "r", "severity": "low", "confidence": "firm", "clauses": [],
            "title": {}, "message": {}, "remedy": {}, "subject": subject, "evidence": [],
        });
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn findings_stand_at_the_element_that_they_are_about() {
        let source = read("./app/src/main/AndroidManifest.xml", TEXT).unwrap();
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
            assert!(read(path, TEXT).is_err(), "{path}");
        }
        for text in [
            "",
            "<resources/>",
            "<manifest",
            "<manifest a=>",
            "<manifest></x>",
        ] {
            assert!(read("x.xml", text).is_err(), "{text}");
        }
    }
}
