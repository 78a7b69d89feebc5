//! A list of third-party SDKs as a table: CSV with Chinese or English headers.

use super::document::{CELL, Document, NoText};
use crate::encoding::{decode, table};
use crate::signatures::schema::Text;

/// Rows that are read.
const MOST_ROWS: usize = 100_000;
/// Rows before the header: a title, a date.
const BEFORE_HEADER: usize = 20;

/// Headers of the column with the name, without spaces, in small letters.
const NAME: &[&str] = &[
    "sdk名称",
    "sdk",
    "第三方sdk名称",
    "第三方sdk",
    "sdk/插件名称",
    "产品名称",
    "产品/sdk名称",
    "名称",
    "组件名称",
    "插件名称",
    "sdkname",
    "name",
    "nameofsdk",
    "product",
    "library",
    "third-partysdk",
    "thirdpartysdk",
];
const VENDOR: &[&str] = &[
    "第三方名称",
    "第三方",
    "公司",
    "公司名称",
    "第三方公司",
    "第三方公司名称",
    "第三方主体",
    "所属公司",
    "所属机构",
    "提供方",
    "提供者",
    "运营方",
    "运营主体",
    "开发者",
    "第三方机构名称",
    "合作方",
    "合作方名称",
    "主体名称",
    "vendor",
    "company",
    "provider",
    "operator",
    "thirdparty",
];

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// What stands in the column with the name.
    pub(super) name: String,
    /// Line of the file, from 1.
    pub(super) line: u64,
}

/// A list.
#[derive(Clone, Debug)]
pub struct List {
    /// All rows as a text; a row is a block, a cell a cell.
    pub(super) document: Document,
    /// The rows of the text, in its order.
    pub(super) rows: Vec<Row>,
    /// Where the rows end.
    ends: Vec<usize>,
}

/// A header as it is compared.
pub(super) fn key(cell: &str) -> String {
    let plain = cell
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '\u{feff}' | '*'));
    plain.collect::<String>().to_lowercase()
}

impl List {
    /// Reads a table.
    ///
    /// # Errors
    /// No row names the columns, or the file is no table in a known encoding.
    pub fn read(name: &str, bytes: &[u8], most: u64) -> Result<Self, NoText> {
        let no = |what: String| NoText(format!("{name}: {what}"));
        if u64::try_from(bytes.len()).is_ok_and(|len| len > most) {
            return Err(no("larger than the limit document-bytes".into()));
        }
        if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
            return Err(no("a workbook; save it as CSV first".into()));
        }
        let text = decode(bytes).map_err(no)?;
        let mut reader = table(&text);
        let mut columns = None;
        let mut rows = Vec::new();
        let mut blocks = String::new();
        let mut missing = Vec::new();
        for (number, record) in reader.records().enumerate() {
            let record = record.map_err(|e| no(e.to_string()))?;
            let Some(at) = columns else {
                let keys: Vec<String> = record.iter().map(key).collect();
                columns = keys.iter().position(|k| NAME.contains(&k.as_str()));
                if columns.is_none() && keys.iter().any(|k| VENDOR.contains(&k.as_str())) {
                    columns = keys.iter().position(|k| VENDOR.contains(&k.as_str()));
                }
                if columns.is_none() && number >= BEFORE_HEADER {
                    break;
                }
                continue;
            };
            if record.iter().all(str::is_empty) {
                continue;
            }
            if rows.len() >= MOST_ROWS {
                missing.push(Text {
                    zh: format!("第{MOST_ROWS}行以后的内容").into(),
                    en: format!("rows after the first {MOST_ROWS}").into(),
                });
                break;
            }
            let name = record.get(at).unwrap_or_default();
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row {
                name: name.to_owned(),
                line,
            });
            // The name comes first, so that a row begins where its name does.
            blocks.push_str(&one_line(name));
            for (_, cell) in record.iter().enumerate().filter(|(i, _)| *i != at) {
                blocks.push(CELL);
                blocks.push_str(&one_line(cell));
            }
            blocks.push('\n');
        }
        if columns.is_none() {
            return Err(no(
                "no row names the columns: SDK名称, 第三方名称, name, vendor".into(),
            ));
        }
        let mut document = Document::of_blocks(name, &blocks);
        document.missing = missing;
        let letters = document.letters.iter().enumerate();
        let ends = letters
            .filter(|(_, c)| **c == '\n')
            .map(|(at, _)| at)
            .collect();
        Ok(Self {
            document,
            rows,
            ends,
        })
    }

    /// The row of a letter of the text.
    pub(super) fn row(&self, letter: usize) -> Option<(usize, &Row)> {
        let number = self.ends.partition_point(|&end| end < letter);
        Some((number, self.rows.get(number)?))
    }
}

fn one_line(cell: &str) -> String {
    cell.chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect()
}
