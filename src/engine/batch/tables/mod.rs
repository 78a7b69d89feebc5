//! The tables of a run, for DuckDB, pandas, Spark: Parquet files that are written while the run goes on.

mod columns;
mod contents;

use super::draft::Draft;
use super::outcome::Row;
use crate::report::rows::{FindingRow, PermissionRow, SdkRow};
use columns::Column;
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Lines of a row group: enough that a reader's work for each does not count, few enough to be held by four tables.
const MOST_LINES: usize = 20_000;
/// Bytes of lines that are held: labels and names are as long as an app likes.
const MOST_BYTES: usize = 16 << 20;

/// `apps.parquet`, `permissions.parquet`, `sdks.parquet`, `findings.parquet`.
#[derive(Debug)]
pub struct Tables {
    apps: Table<()>,
    permissions: Table<PermissionRow>,
    sdks: Table<SdkRow>,
    findings: Table<FindingRow>,
}

impl Tables {
    /// Begins the files in `folder`, each as `NAME.tmp`.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn create(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            apps: Table::begin(folder, "apps", contents::apps())?,
            permissions: Table::begin(folder, "permissions", contents::permissions())?,
            sdks: Table::begin(folder, "sdks", contents::sdks())?,
            findings: Table::begin(folder, "findings", contents::findings())?,
        })
    }

    /// Adds one input; they come in the order of the list.
    ///
    /// # Errors
    /// A file cannot be written. The tables are of no use then.
    pub fn add(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.apps.add(row, &[()])?;
        self.permissions
            .add(row, contents::items(row, |rows| &rows.permissions))?;
        self.sdks
            .add(row, contents::items(row, |rows| &rows.sdks))?;
        self.findings
            .add(row, contents::items(row, |rows| &rows.findings))
    }

    /// Ends the files and gives them their names.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn finish(self) -> io::Result<()> {
        let whole = [
            self.apps.end()?,
            self.permissions.end()?,
            self.sdks.end()?,
            self.findings.end()?,
        ];
        whole.into_iter().try_for_each(Draft::keep)
    }
}

/// One file.
#[derive(Debug)]
struct Table<I> {
    columns: Vec<Column<I>>,
    /// Lines that are held.
    lines: usize,
    /// About how many bytes they take.
    bytes: usize,
    writer: SerializedFileWriter<File>,
    draft: Draft,
}

impl<I> Table<I> {
    fn begin(folder: &Path, name: &str, columns: Vec<Column<I>>) -> io::Result<Self> {
        let fields: Result<Vec<_>> = columns.iter().map(Column::declared).collect();
        let schema = Type::group_type_builder(name)
            .with_fields(fields?)
            .build()?;
        // No word of the library's version or of the time: the same rows give the same bytes. The form of the first
        // is that of parquet.thrift; readers in Java look for it.
        let properties = WriterProperties::builder()
            .set_created_by(concat!("permscope version ", env!("CARGO_PKG_VERSION")).into())
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(Compression::SNAPPY)
            .build();
        let (draft, file) = Draft::begin(folder, &format!("{name}.parquet"))?;
        let writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
        Ok(Self {
            columns,
            lines: 0,
            bytes: 0,
            writer,
            draft,
        })
    }

    fn add(&mut self, row: &Row<'_>, items: &[I]) -> io::Result<()> {
        for item in items {
            for column in &mut self.columns {
                self.bytes = self.bytes.saturating_add(column.take(row, item));
            }
            self.lines = self.lines.saturating_add(1);
            if self.lines >= MOST_LINES || self.bytes >= MOST_BYTES {
                self.write()?;
            }
        }
        Ok(())
    }

    /// Writes the lines that are held as a row group.
    fn write(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            column.write(&mut writer)?;
            writer.close()?;
        }
        group.close()?;
        self.lines = 0;
        self.bytes = 0;
        Ok(())
    }

    fn end(mut self) -> io::Result<Draft> {
        if self.lines > 0 {
            self.write()?;
        }
        let file = self.writer.into_inner()?;
        file.sync_all()?;
        Ok(self.draft)
    }
}
