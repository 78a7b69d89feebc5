//! A catalogue: the table that says of each app who made it, where it is from and what its function is.
//!
//! Offices keep such tables in spreadsheets, so it is a CSV file as these write it: UTF-8 with or without a mark,
//! UTF-16 ("Unicode text") or GB18030; comma, semicolon or tab; Chinese or English headers in any order.

use crate::audit::Edition;
use crate::encoding::{decode, table};
use std::collections::BTreeMap;
use std::fmt;

/// Rows that are read. The largest stores have some millions of apps.
const MOST_ROWS: usize = 10_000_000;

/// One row. A cell that is empty, or a column that is not there, is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Line of the file, from 1.
    pub line: u64,
    /// Name of the file, without its folder.
    pub file: String,
    /// Package name.
    pub package: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Name of the app.
    pub name: String,
    /// Who operates or developed it.
    pub developer: String,
    /// Where it is from: a store, a site.
    pub store: String,
    /// Version name.
    pub version: String,
    /// Declared functions, as they are written.
    pub functions: Vec<String>,
    /// Whom the app serves.
    pub edition: Option<Edition>,
}

/// The rows and how to find them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rows: Vec<Row>,
    by_sha256: BTreeMap<String, Vec<usize>>,
    by_file: BTreeMap<String, Vec<usize>>,
    by_package: BTreeMap<String, Vec<usize>>,
}

/// What is wrong with a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// Line of the file, from 1; 0 where it is the whole.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.what),
            line => write!(f, "line {line}: {}", self.what),
        }
    }
}

impl std::error::Error for CatalogueError {}

/// Which row an app has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<'c> {
    /// This one.
    Row(&'c Row),
    /// None.
    Nothing,
    /// Several, on these lines, that say different things.
    Several(Vec<u64>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    File,
    Package,
    Sha256,
    Name,
    Developer,
    Store,
    Version,
    Function,
    Edition,
}

/// Headers, written in small letters and without spaces, `_` and `-`.
const HEADERS: [(Column, &[&str]); 9] = [
    (
        Column::File,
        &[
            "file",
            "filename",
            "apk",
            "apkfile",
            "文件",
            "文件名",
            "文件名称",
            "安装包",
            "安装包名称",
            "安装包文件名",
        ],
    ),
    (
        Column::Package,
        &[
            "package",
            "packagename",
            "applicationid",
            "包名",
            "应用包名",
            "软件包名",
        ],
    ),
    (
        Column::Sha256,
        &[
            "sha256",
            "文件sha256",
            "sha256值",
            "安装包sha256",
            "哈希值",
            "文件哈希",
        ],
    ),
    (
        Column::Name,
        &[
            "name",
            "app",
            "appname",
            "应用名称",
            "应用名",
            "app名称",
            "名称",
            "软件名称",
        ],
    ),
    (
        Column::Developer,
        &[
            "developer",
            "operator",
            "开发者",
            "应用开发者",
            "开发者名称",
            "运营者",
            "运营单位",
            "运营者名称",
            "企业名称",
            "开发单位",
        ],
    ),
    (
        Column::Store,
        &[
            "store",
            "market",
            "source",
            "来源",
            "应用来源",
            "应用商店",
            "商店",
            "分发平台",
            "下载渠道",
        ],
    ),
    (
        Column::Version,
        &[
            "version",
            "versionname",
            "版本",
            "版本号",
            "应用版本",
            "版本名称",
        ],
    ),
    (
        Column::Function,
        &[
            "function",
            "declaredfunction",
            "type",
            "category",
            "功能",
            "基本功能",
            "功能类型",
            "所声明功能",
            "应用类型",
            "app类型",
            "应用类别",
            "类别",
            "分类",
        ],
    ),
    (
        Column::Edition,
        &["edition", "side", "版端", "使用端", "服务对象", "用户端"],
    ),
];

/// What a cell of the edition says.
const EDITIONS: [(Edition, &[&str]); 2] = [
    (
        Edition::Consumer,
        &[
            "consumer",
            "c",
            "c端",
            "消费者",
            "消费者端",
            "用户",
            "用户端",
            "普通用户",
        ],
    ),
    (
        Edition::Supply,
        &[
            "supply",
            "b",
            "b端",
            "商户",
            "商户端",
            "商家",
            "商家端",
            "骑手",
            "骑手端",
            "司机",
            "司机端",
            "服务提供者",
            "供给端",
        ],
    ),
];

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// The text is in none of the encodings, no header is known, or a row is broken or says what no column can.
    pub fn read(bytes: &[u8]) -> Result<Self, CatalogueError> {
        let text = decode(bytes).map_err(|what| problem(0, what))?;
        let mut lines = Lines::new(&text);
        let mut reader = table(&text);
        let mut columns: Option<Vec<Option<Column>>> = None;
        let mut catalogue = Self::default();
        let mut record = csv::StringRecord::new();
        loop {
            let read = reader.read_record(&mut record).map_err(|error| {
                let line = error.position().map_or(0, |at| lines.of(at.byte()));
                problem(line, error.to_string())
            })?;
            if !read {
                break;
            }
            let line = record.position().map_or(0, |at| lines.of(at.byte()));
            match &columns {
                None => columns = Some(header(&record, line)?),
                Some(columns) => {
                    if record.iter().all(str::is_empty) {
                        continue;
                    }
                    if catalogue.rows.len() >= MOST_ROWS {
                        return Err(problem(line, format!("more than {MOST_ROWS} rows")));
                    }
                    catalogue.add(row(&record, columns, line)?);
                }
            }
        }
        if columns.is_none() {
            return Err(problem(0, "an empty catalogue".to_owned()));
        }
        Ok(catalogue)
    }

    fn add(&mut self, row: Row) {
        let number = self.rows.len();
        for (index, key) in [
            (&mut self.by_sha256, &row.sha256),
            (&mut self.by_file, &row.file),
            (&mut self.by_package, &row.package),
        ] {
            if !key.is_empty() {
                index.entry(key.clone()).or_default().push(number);
            }
        }
        self.rows.push(row);
    }

    /// All rows, in the order of the file.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of an app: by the digest of its file, else by the file's name, else by its package. A row without its
    /// digest that names another digest, file or package is of another app.
    pub fn find(&self, file: &str, package: &str, sha256: &str) -> Found<'_> {
        let fits = |row: &Row| {
            let same = |cell: &str, of: &str| cell.is_empty() || of.is_empty() || cell == of;
            row.sha256 == sha256 && !sha256.is_empty()
                || same(&row.sha256, sha256) && same(&row.file, file) && same(&row.package, package)
        };
        for (index, key) in [
            (&self.by_sha256, sha256),
            (&self.by_file, file),
            (&self.by_package, package),
        ] {
            let numbers = index.get(key).into_iter().flatten();
            let rows = numbers.filter_map(|&number| self.rows.get(number));
            let rows: Vec<&Row> = rows.filter(|row| fits(row)).collect();
            let Some((first, others)) = rows.split_first() else {
                continue;
            };
            let says = |row: &Row| Row {
                line: 0,
                ..row.clone()
            };
            return if others.iter().all(|other| says(other) == says(first)) {
                Found::Row(first)
            } else {
                Found::Several(rows.iter().map(|row| row.line).collect())
            };
        }
        Found::Nothing
    }
}

/// Line numbers of places that are asked for in their order. The reader's own are those of blank lines before a row.
struct Lines<'t> {
    rest: &'t [u8],
    at: u64,
    line: u64,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            rest: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of the row that begins at `byte`, or behind blank lines there.
    fn of(&mut self, byte: u64) -> u64 {
        while let Some((first, rest)) = self.rest.split_first() {
            if self.at >= byte && !matches!(first, b'\r' | b'\n') {
                break;
            }
            self.line = self.line.saturating_add(u64::from(*first == b'\n'));
            self.at = self.at.saturating_add(1);
            self.rest = rest;
        }
        self.line
    }
}

fn problem(line: u64, what: String) -> CatalogueError {
    CatalogueError { line, what }
}

/// A word without what people write differently.
fn key(text: &str) -> String {
    let plain = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-' | '\u{3000}'));
    plain.collect::<String>().to_lowercase()
}

fn header(record: &csv::StringRecord, line: u64) -> Result<Vec<Option<Column>>, CatalogueError> {
    let mut columns = Vec::new();
    for cell in record {
        let word = key(cell);
        let known = HEADERS
            .iter()
            .find(|(_, words)| words.contains(&word.as_str()));
        let column = known.map(|(column, _)| *column);
        if let Some(column) = column
            && columns.contains(&Some(column))
        {
            return Err(problem(
                line,
                format!("a second column means the same as `{cell}`"),
            ));
        }
        columns.push(column);
    }
    let finds = [Column::File, Column::Package, Column::Sha256];
    if !finds.iter().any(|column| columns.contains(&Some(*column))) {
        let what = "no column for the file name, the package or the SHA-256 (文件名, 包名, SHA256)";
        return Err(problem(line, what.to_owned()));
    }
    Ok(columns)
}

fn row(
    record: &csv::StringRecord,
    columns: &[Option<Column>],
    line: u64,
) -> Result<Row, CatalogueError> {
    let mut row = Row {
        line,
        ..Row::default()
    };
    for (column, cell) in columns.iter().zip(record) {
        let text = || cell.to_owned();
        match column {
            None => {}
            Some(Column::File) => {
                // Catalogues hold whole paths, of whatever system.
                let name = cell.rsplit(['/', '\\']).next().unwrap_or(cell);
                name.clone_into(&mut row.file);
            }
            Some(Column::Package) => row.package = text(),
            Some(Column::Sha256) => row.sha256 = digest(cell, line)?,
            Some(Column::Name) => row.name = text(),
            Some(Column::Developer) => row.developer = text(),
            Some(Column::Store) => row.store = text(),
            Some(Column::Version) => row.version = text(),
            Some(Column::Function) => {
                let several = cell.split([';', '；', '|', '\n']).map(str::trim);
                row.functions = several
                    .filter(|f| !f.is_empty())
                    .map(str::to_owned)
                    .collect();
            }
            Some(Column::Edition) => row.edition = edition(cell, line)?,
        }
    }
    Ok(row)
}

fn digest(cell: &str, line: u64) -> Result<String, CatalogueError> {
    let is_digest = cell.len() == 64 && cell.bytes().all(|byte| byte.is_ascii_hexdigit());
    if cell.is_empty() || is_digest {
        Ok(cell.to_ascii_lowercase())
    } else {
        Err(problem(line, format!("`{cell}` is no SHA-256")))
    }
}

fn edition(cell: &str, line: u64) -> Result<Option<Edition>, CatalogueError> {
    let word = key(cell);
    if word.is_empty() {
        return Ok(None);
    }
    let known = EDITIONS
        .iter()
        .find(|(_, words)| words.contains(&word.as_str()));
    match known {
        Some((edition, _)) => Ok(Some(*edition)),
        None => Err(problem(
            line,
            format!("`{cell}` is neither 消费者端 (consumer) nor 服务提供者 (supply)"),
        )),
    }
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
