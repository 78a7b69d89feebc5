//! Suggestions for the declared function, where none was given.
//!
//! They come from what the app says of itself (label, description, category),
//! never from its permissions: otherwise an app that asks for everything would
//! be suggested a function that needs everything.

use crate::facts::Facts;
use crate::signatures::SignatureDb;
use crate::signatures::schema::Function;

/// A function that the app's own words suggest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Id of the function.
    pub function: String,
    /// The words that suggest it.
    pub because: Vec<String>,
}

/// How many suggestions are offered at most.
const MOST: usize = 3;

/// Functions of `android:appCategory` values that name one kind of app (developer guide, `appCategory`).
const APP_CATEGORIES: [(&str, &str); 4] = [
    ("game", "online-game"),
    ("maps", "map-navigation"),
    ("news", "news"),
    ("image", "photo-beauty"),
];

/// At most three functions, best first.
pub fn suggest(facts: &Facts, db: &SignatureDb) -> Vec<Suggestion> {
    let application = &facts.manifest.application;
    let mut labels: Vec<&str> = application.labels.values().map(String::as_str).collect();
    labels.extend(application.label.as_deref());
    let description = application.description.as_deref().unwrap_or_default();
    let mut scored: Vec<(usize, &Function, Vec<String>)> = Vec::new();
    for function in db.data.functions.iter().filter(|f| f.number > 0) {
        let mut score = 0;
        let mut because = Vec::new();
        for keyword in &function.keywords {
            let in_label = labels.iter().any(|label| says(label, keyword));
            if in_label || says(description, keyword) {
                // A longer word says more, and a label more than a description.
                score += keyword.chars().count() * if in_label { 3 } else { 1 };
                because.push(keyword.to_string());
            }
        }
        let category = application.app_category.as_deref();
        if APP_CATEGORIES
            .iter()
            .any(|&(name, id)| Some(name) == category && id == function.id)
        {
            score += 6;
            because.push(format!("appCategory={}", category.unwrap_or_default()));
        }
        if score > 0 {
            scored.push((score, function, because));
        }
    }
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    scored
        .into_iter()
        .take(MOST)
        .map(|(_, function, because)| Suggestion {
            function: function.id.to_string(),
            because,
        })
        .collect()
}

/// Whether `text` contains `keyword`: anywhere for Chinese, as a whole word for Latin letters.
fn says(text: &str, keyword: &str) -> bool {
    if keyword.is_ascii() {
        let keyword = keyword.to_ascii_lowercase();
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == keyword)
    } else {
        text.contains(keyword)
    }
}

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn latin_words_match_whole_and_chinese_anywhere() {
        assert!(says("My Show Tickets", "show"));
        assert!(!says("Showcase", "show"));
        assert!(says("小明外卖配送", "外卖"));
    }
}
