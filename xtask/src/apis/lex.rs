//! Words, strings and signs of a signature file.

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name, a number or a keyword; names keep their dots: `android.os.Parcel`.
    Word(String),
    /// A string or a character, without its quotes and with its escapes resolved where they are simple.
    Text(String),
    /// Any other character.
    Sign(char),
    /// `...`
    Dots,
}

/// A token and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Splits a file; the error is a line and what is wrong with it.
pub fn split(text: &str) -> Result<Vec<Token>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    let mut line = 1;
    while let Some(c) = chars.next() {
        let start = line;
        let kind = match c {
            '\n' => {
                line += 1;
                continue;
            }
            c if c.is_whitespace() => continue,
            '/' if chars.peek() == Some(&'/') => {
                while chars.next_if(|c| *c != '\n').is_some() {}
                continue;
            }
            '"' | '\'' => {
                let mut text = String::new();
                loop {
                    match chars.next() {
                        Some(end) if end == c => break,
                        Some('\\') => {
                            // Only what a permission's name could hold matters; the rest stays as it is.
                            match chars.next() {
                                Some(escaped @ ('"' | '\'' | '\\')) => text.push(escaped),
                                Some(other) => text.extend(['\\', other]),
                                None => {}
                            }
                        }
                        Some('\n') | None => return Err((start, "a string without an end".into())),
                        Some(other) => text.push(other),
                    }
                }
                Kind::Text(text)
            }
            '.' if chars.peek() == Some(&'.') => {
                while chars.next_if_eq(&'.').is_some() {}
                Kind::Dots
            }
            c if in_word(c) => {
                let mut word = String::from(c);
                loop {
                    if let Some(next) = chars.next_if(|c| in_word(*c)) {
                        word.push(next);
                        continue;
                    }
                    // A dot belongs to the name where a name follows it: not in `int...`.
                    let mut ahead = chars.clone();
                    if ahead.next() == Some('.') && ahead.next().is_some_and(in_word) {
                        chars.next();
                        word.push('.');
                        continue;
                    }
                    break;
                }
                Kind::Word(word)
            }
            other => Kind::Sign(other),
        };
        tokens.push(Token { kind, line: start });
    }
    Ok(tokens)
}
