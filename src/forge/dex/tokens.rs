//! Words of one line of the class notation.

use crate::forge::{ForgeError, Result};
use std::collections::VecDeque;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Anything that is not special; white space inside parentheses is left out.
    Word(String),
    /// A string literal.
    Text(String),
    /// `,`
    Comma,
    /// `=`
    Equals,
}

/// The words of one line that are not read yet.
pub(super) struct Tokens {
    line: usize,
    left: VecDeque<Token>,
}

impl Tokens {
    /// Splits a line.
    pub(super) fn new(line: usize, text: &str) -> Result<Self> {
        let mut left = VecDeque::new();
        let mut word = String::new();
        let mut depth = 0usize;
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c == '"' && depth == 0 {
                flush(&mut word, &mut left);
                left.push_back(Token::Text(
                    literal(&mut chars)
                        .ok_or_else(|| ForgeError::at(line, "a string is not well-formed"))?,
                ));
                continue;
            }
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match c {
                _ if c.is_whitespace() && depth > 0 => {}
                _ if c.is_whitespace() => flush(&mut word, &mut left),
                ',' | '=' if depth == 0 => {
                    flush(&mut word, &mut left);
                    left.push_back(if c == ',' {
                        Token::Comma
                    } else {
                        Token::Equals
                    });
                }
                _ => word.push(c),
            }
        }
        if depth > 0 {
            return Err(ForgeError::at(line, "a parenthesis is not closed"));
        }
        flush(&mut word, &mut left);
        Ok(Self { line, left })
    }

    /// An error in this line.
    pub(super) fn error(&self, message: impl Into<String>) -> ForgeError {
        ForgeError::at(self.line, message)
    }

    /// The number of the line.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The next word.
    pub(super) fn next(&mut self) -> Option<Token> {
        self.left.pop_front()
    }

    /// The next word without taking it.
    pub(super) fn peek(&self, ahead: usize) -> Option<&Token> {
        self.left.get(ahead)
    }

    /// Takes the next word if it is `word`.
    pub(super) fn accept(&mut self, word: &str) -> bool {
        let same = matches!(self.left.front(), Some(Token::Word(w)) if w == word);
        if same {
            self.left.pop_front();
        }
        same
    }

    /// Takes the next token if it is this one.
    pub(super) fn accept_token(&mut self, token: &Token) -> bool {
        let same = self.left.front() == Some(token);
        if same {
            self.left.pop_front();
        }
        same
    }

    /// The next word, which must be plain; `what` names it in the error.
    pub(super) fn word(&mut self, what: &str) -> Result<String> {
        match self.next() {
            Some(Token::Word(word)) => Ok(word),
            _ => Err(self.error(format!("{what} is missing"))),
        }
    }

    /// Nothing may be left.
    pub(super) fn finish(&self) -> Result<()> {
        match self.left.front() {
            None => Ok(()),
            Some(token) => Err(self.error(format!("unexpected {token:?}"))),
        }
    }
}

fn flush(word: &mut String, left: &mut VecDeque<Token>) {
    if !word.is_empty() {
        left.push_back(Token::Word(std::mem::take(word)));
    }
}

/// The rest of a string literal after its first quote.
fn literal(chars: &mut std::str::Chars<'_>) -> Option<String> {
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(match chars.next()? {
                'n' => '\n',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let hex: String = chars.by_ref().take(4).collect();
                    char::from_u32(u32::from_str_radix(&hex, 16).ok()?)?
                }
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
}
