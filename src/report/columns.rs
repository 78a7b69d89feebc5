//! Rows of cells, put under each other for a terminal of a known width.
//!
//! A Chinese character takes two columns (Unicode Standard Annex 11). Text from an app goes through [`printable`]
//! first, so that every character takes the room that is counted here.

use super::plain::printable;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands for the part of a text that there was no room for.
const MORE: &str = "...";
/// Columns between two cells.
const GAP: usize = 2;
/// No cell is made narrower.
const NARROWEST: usize = 8;

/// A cell's text, cut to a width.
pub(super) fn cut(text: &str, width: usize) -> String {
    let text = printable(text);
    if text.width() <= width {
        return text;
    }
    let mut out = String::new();
    let mut left = width.saturating_sub(MORE.width());
    for c in text.chars() {
        match left.checked_sub(c.width().unwrap_or_default()) {
            Some(rest) => left = rest,
            None => break,
        }
        out.push(c);
    }
    out.push_str(MORE);
    out
}

/// Rows as lines that begin with `indent` spaces and are no wider than `width`. Of cells that do not fit, the widest
/// give way first; none becomes so narrow that nothing can be read of it.
pub(super) fn lines(rows: &[Vec<String>], indent: usize, width: usize) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut widths = vec![0usize; count];
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(printable(cell).width());
        }
    }
    let gaps = count.saturating_sub(1).saturating_mul(GAP);
    let room = width.saturating_sub(indent).saturating_sub(gaps);
    let mut over = widths.iter().sum::<usize>().saturating_sub(room);
    while over > 0 {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width) else {
            break;
        };
        if *widest <= NARROWEST {
            break;
        }
        *widest = widest.saturating_sub(1);
        over = over.saturating_sub(1);
    }
    rows.iter().map(|row| line(row, &widths, indent)).collect()
}

fn line(row: &[String], widths: &[usize], indent: usize) -> String {
    let mut out = " ".repeat(indent);
    let mut owed = 0;
    for (cell, width) in row.iter().zip(widths) {
        let text = cut(cell, *width);
        if !text.is_empty() {
            out.push_str(&" ".repeat(owed));
            owed = 0;
        }
        out.push_str(&text);
        let rest = width.saturating_sub(text.width()).saturating_add(GAP);
        owed = owed.saturating_add(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        let row = |cells: &&[&str]| cells.iter().map(|&cell| cell.to_owned()).collect();
        rows.iter().map(row).collect()
    }

    #[test]
    fn chinese_characters_take_two_columns() {
        let table = rows(&[&["读取通讯录", "x"], &["CAMERA", "y"]]);
        assert_eq!(lines(&table, 2, 80), ["  读取通讯录  x", "  CAMERA      y"]);
    }

    #[test]
    fn the_widest_column_gives_way_and_no_line_is_wider_than_asked() {
        let table = rows(&[
            &[
                "高",
                "申请与所声明功能无关的权限",
                "QUERY_ALL_PACKAGES, READ_CALL_LOG",
            ],
            &["中", "短", "A"],
        ]);
        let found = lines(&table, 2, 40);
        assert_eq!(
            found,
            [
                "  高  申请与所声明...   QUERY_ALL_PAC...",
                "  中  短                A",
            ]
        );
        assert!(found.iter().all(|line| line.width() <= 40));
    }

    #[test]
    fn half_a_character_is_none() {
        assert_eq!(cut("中文字符串", 8), "中文...");
        assert_eq!(cut("中文字符串", 9), "中文字...");
        assert_eq!(cut("中文字符串", 10), "中文字符串");
        assert_eq!(cut("a\u{1b}[31m\u{202e}b", 20), "a\u{fffd}[31m\u{fffd}b");
    }

    #[test]
    fn a_terminal_too_narrow_for_anything_gets_something() {
        let table = rows(&[&["一二三四五六七八九十", "abcdefghijklmnop"]]);
        assert_eq!(lines(&table, 2, 0), ["  一二...   abcde..."]);
        assert!(lines(&[], 2, 0).is_empty());
    }
}
