//! The tables of a run, read back by the reader of the `parquet` crate; `tests/batch/tables.py` reads the same files
//! with pyarrow, pandas and DuckDB.

use super::inputs::{Input, folder, inputs, outcome};
use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::printer::print_schema;
use permscope::engine::batch::outcome::{Row, Status};
use permscope::engine::batch::tables::Tables;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

fn write(folder: &Path, inputs: &[Input]) {
    let mut tables = Tables::create(folder).unwrap();
    for (number, (outcome, rows)) in (0..).zip(inputs) {
        let rows = rows.as_ref();
        tables
            .add(&Row {
                number,
                outcome,
                rows,
            })
            .unwrap();
    }
    tables.finish().unwrap();
}

fn open(folder: &Path, table: &str) -> SerializedFileReader<fs::File> {
    let path = folder.join(format!("{table}.parquet"));
    SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap()
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => json!(flag),
        Field::Long(number) => json!(number),
        Field::Str(text) => json!(text),
        Field::ListInternal(list) => list.elements().iter().map(value).collect(),
        other => panic!("no column is {other:?}"),
    }
}

/// The lines of a table, as lists of values.
fn lines(folder: &Path, table: &str) -> Vec<Value> {
    let reader = open(folder, table);
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        row.unwrap()
            .get_column_iter()
            .map(|(_, f)| value(f))
            .collect()
    })
    .collect()
}

/// One column of a table.
fn column(folder: &Path, table: &str, name: &str) -> Vec<Value> {
    let reader = open(folder, table);
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| {
        let row = row.unwrap();
        let (_, field) = row.get_column_iter().find(|(n, _)| *n == name).unwrap();
        value(field)
    })
    .collect()
}

#[test]
fn every_input_is_a_line_of_apps() {
    let folder = folder("tables-apps");
    write(&folder, &inputs());
    let lines = lines(&folder, "apps");
    assert_eq!(lines.len(), 10);
    assert_eq!(
        lines[0],
        json!([
            0,
            "shop.apk",
            "audited",
            4_294_967_296_i64,
            "ab".repeat(32),
            null,
            "com.example.shop",
            "商城",
            "1.10",
            110,
            21,
            34,
            true,
            [],
            [],
            null,
            2,
            "示例商城",
            "示例（北京）科技有限公司",
            "某应用商店",
            "1.10.0",
            null,
            ["online-shopping"],
            "consumer",
            2,
            1,
            1,
            0,
            1,
            1,
            ["exact-alarm", "idle-sdk", "not-needed-permission"],
            "reports/ab.json",
            "cd".repeat(32),
            "facts/ab.json"
        ])
    );
    assert_eq!(
        lines[1],
        json!([
            1,
            "packed.apk",
            "incomplete",
            10,
            "ef".repeat(32),
            null,
            "com.example.packed",
            null,
            null,
            null,
            0,
            0,
            false,
            ["classes.dex: cut off", "native code"],
            ["code partial", "packer"],
            null,
            null,
            null,
            null,
            null,
            null,
            "not in the catalogue",
            [],
            "supply",
            0,
            1,
            0,
            0,
            0,
            0,
            [],
            null,
            null,
            null
        ])
    );
    // Where nothing was judged, numbers and lists of what was found are nothing, not 0 and not empty.
    let unjudged = |number: u64, input: &str, status: &str, size: u64, killer: Option<&str>| {
        json!([
            number,
            input,
            status,
            size,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            [],
            null,
            killer,
            null,
            null,
            null,
            null,
            null,
            null,
            [],
            "consumer",
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null
        ])
    };
    assert_eq!(lines[2], unjudged(2, "page.apk", "unreadable", 0, None));
    assert_eq!(
        lines[3],
        unjudged(3, "crash.apk", "crashed", 7, Some("signal 11"))
    );
    assert_eq!(lines[4], unjudged(4, "slow.apk", "timeout", 0, None));
    assert_eq!(lines[5], unjudged(5, "big.apk", "over_budget", 0, None));
    assert_eq!(lines[6], unjudged(6, "empty.apk", "empty", 0, None));
    assert_eq!(lines[7], unjudged(7, "gone.apk", "missing", 0, None));
    // Names stand as they are; what is too large for a number is the largest; a version code has a sign.
    assert_eq!(
        lines[8],
        json!([
            8,
            "-\r\n\".apk",
            "audited",
            i64::MAX,
            "12".repeat(32),
            null,
            "a\"b,c\u{0}d\u{202e}e",
            "长".repeat(1_000_000),
            "=1+1",
            -1,
            u32::MAX,
            0,
            true,
            [],
            [],
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            [],
            "consumer",
            0,
            0,
            0,
            0,
            0,
            0,
            [],
            null,
            null,
            null
        ])
    );
    assert_eq!(column(&folder, "apps", "same_as")[9], json!("shop.apk"));
}

#[test]
fn permissions_sdks_and_findings_have_a_line_each() {
    let folder = folder("tables-rows");
    write(&folder, &inputs());
    let sha256 = "ab".repeat(32);
    let permissions = |number: u64| {
        [
            json!([
                number,
                sha256,
                "com.example.shop",
                "android.permission.CAMERA",
                "相机",
                "camera",
                "requested",
                "android.permission-group.CAMERA",
                "dangerous",
                "not-needed",
                "beyond_function",
                "used_by_sdk",
                ["umeng/analytics"],
                "umeng/analytics"
            ]),
            json!([
                number,
                sha256,
                "com.example.shop",
                "com.example.OWN",
                null,
                null,
                "implied",
                null,
                null,
                "not-judged",
                "not_judged",
                "not_assessable",
                [],
                null
            ]),
        ]
    };
    assert_eq!(
        lines(&folder, "permissions"),
        [permissions(0), permissions(9)].concat()
    );
    let sdk = |number: u64| {
        json!([
            number,
            sha256,
            "com.example.shop",
            "umeng/analytics",
            "友盟统计",
            "Umeng Analytics",
            "友盟",
            null,
            "CN",
            ["统计", "推送"],
            ["analytics", null],
            "strong",
            "auto_started"
        ])
    };
    let bare = json!([
        1,
        "ef".repeat(32),
        "com.example.packed",
        "x/y",
        null,
        null,
        null,
        null,
        null,
        [],
        [],
        "referenced",
        null
    ]);
    assert_eq!(lines(&folder, "sdks"), [sdk(0), bare, sdk(9)]);
    let findings = lines(&folder, "findings");
    assert_eq!(findings.len(), 6);
    assert_eq!(
        findings[0],
        json!([
            0,
            sha256,
            "com.example.shop",
            "F-not-needed-permission-android.permission.CAMERA",
            "not-needed-permission",
            "high",
            "firm",
            "申请与所声明功能无关的权限",
            "title",
            "发现",
            "found",
            "android.permission.CAMERA",
            ["CN-PIPL-6", "CN-NEC14-4"],
            2
        ])
    );
    assert_eq!(
        findings[2],
        json!([
            0,
            sha256,
            "com.example.shop",
            "F-exact-alarm-",
            "exact-alarm",
            "info",
            "firm",
            "可设置精确闹钟",
            "title",
            "发现",
            "found",
            "",
            [],
            2
        ])
    );
}

/// The forms of LogicalTypes.md in parquet-format: strings are annotated, lists have three levels.
#[test]
fn the_schema_is_one_that_other_readers_know() {
    let folder = folder("tables-schema");
    write(&folder, &[]);
    let schema = |table: &str| {
        let mut text = Vec::new();
        let reader = open(&folder, table);
        print_schema(&mut text, reader.metadata().file_metadata().schema());
        String::from_utf8(text).unwrap()
    };
    assert_eq!(
        schema("sdks"),
        "message sdks {
  REQUIRED INT64 number;
  OPTIONAL BYTE_ARRAY sha256 (STRING);
  OPTIONAL BYTE_ARRAY package (STRING);
  REQUIRED BYTE_ARRAY id (STRING);
  OPTIONAL BYTE_ARRAY name_zh (STRING);
  OPTIONAL BYTE_ARRAY name_en (STRING);
  OPTIONAL BYTE_ARRAY vendor_zh (STRING);
  OPTIONAL BYTE_ARRAY vendor_en (STRING);
  OPTIONAL BYTE_ARRAY country (STRING);
  OPTIONAL group purpose_zh (LIST) {
    REPEATED group list {
      OPTIONAL BYTE_ARRAY element (STRING);
    }
  }
  OPTIONAL group purpose_en (LIST) {
    REPEATED group list {
      OPTIONAL BYTE_ARRAY element (STRING);
    }
  }
  REQUIRED BYTE_ARRAY grade (STRING);
  OPTIONAL BYTE_ARRAY stage (STRING);
}
"
    );
    assert!(schema("apps").contains("  OPTIONAL BOOLEAN complete;\n"));
}

/// `docs/tables.md` has each column of each table, in order, with its type.
#[test]
fn the_documentation_names_every_column() {
    let folder = folder("tables-documented");
    write(&folder, &[]);
    let text = fs::read_to_string(super::common::repo("docs/tables.md")).unwrap();
    for table in ["apps", "permissions", "sdks", "findings"] {
        let (_, rest) = text
            .split_once(&format!("\n## `{table}.parquet`\n"))
            .unwrap();
        let section = rest.split("\n## ").next().unwrap();
        let documented: Vec<(String, String)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
            .map(|(name, rest)| (name.into(), rest.split(" |").next().unwrap().into()))
            .collect();
        let reader = open(&folder, table);
        let fields = reader.metadata().file_metadata().schema().get_fields();
        let declared: Vec<(String, String)> = fields
            .iter()
            .map(|field| {
                use parquet::basic::Type;
                let plain = field.is_primitive().then(|| field.get_physical_type());
                let kind = match plain {
                    Some(Type::BYTE_ARRAY) => "text",
                    Some(Type::INT64) => "number",
                    Some(Type::BOOLEAN) => "yes/no",
                    Some(other) => panic!("{other}"),
                    None => "list",
                };
                let mark = if field.is_optional() { "?" } else { "" };
                (field.name().into(), format!("{kind}{mark}"))
            })
            .collect();
        assert_eq!(documented, declared, "{table}");
    }
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let (one, other) = (folder("tables-one"), folder("tables-other"));
    write(&one, &inputs());
    write(&other, &inputs());
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&one),
        [
            "apps.parquet",
            "findings.parquet",
            "permissions.parquet",
            "sdks.parquet"
        ]
    );
    for name in names(&one) {
        let read = |folder: &Path| fs::read(folder.join(&name)).unwrap();
        assert!(read(&one) == read(&other), "{name:?}");
    }
    let reader = open(&one, "apps");
    let file = reader.metadata().file_metadata();
    let expected = format!("permscope version {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(file.created_by(), Some(expected.as_str()));
    assert_eq!(file.key_value_metadata(), None);
    let group = reader.metadata().row_group(0);
    assert_eq!(group.column(0).compression(), Compression::SNAPPY);
}

/// What is held is written every 20,000 lines or 16 MiB, whichever comes first, and nothing is lost between.
#[test]
fn rows_are_written_while_the_run_goes_on() {
    let many = folder("tables-many");
    let small: Vec<Input> = (0..20_001)
        .map(|n| (outcome(&format!("{n}.apk"), Status::Missing), None))
        .collect();
    write(&many, &small);
    let sizes = |folder: &Path| {
        let groups = open(folder, "apps").metadata().row_groups().to_vec();
        groups.iter().map(|g| g.num_rows()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(&many), [20_000, 1]);
    let names: Vec<Value> = (0..20_001).map(|n| json!(format!("{n}.apk"))).collect();
    assert!(column(&many, "apps", "input") == names);
    // 3,000,000 bytes each: six are more than 16 MiB.
    let long = folder("tables-long");
    let large: Vec<Input> = vec![inputs().remove(8); 7];
    write(&long, &large);
    assert_eq!(sizes(&long), [6, 1]);
    assert_eq!(
        column(&long, "apps", "label")[6],
        json!("长".repeat(1_000_000))
    );
}

/// Files have their names only when they are whole.
#[test]
fn tables_that_are_not_finished_have_no_name() {
    let folder = folder("tables-begun");
    let mut tables = Tables::create(&folder).unwrap();
    let (outcome, rows) = inputs().remove(0);
    let row = Row {
        number: 0,
        outcome: &outcome,
        rows: rows.as_ref(),
    };
    tables.add(&row).unwrap();
    drop(tables);
    assert!(folder.join("apps.parquet.tmp").exists());
    assert!(!folder.join("apps.parquet").exists());
    assert!(Tables::create(&folder.join("not there")).is_err());
}

/// A small folder as a run leaves it, for `tests/batch/tables.py`.
#[test]
fn a_folder_for_other_readers() {
    let folder = folder("tables-run");
    let inputs = inputs();
    write(&folder, &inputs);
    let lines = inputs
        .iter()
        .map(|(outcome, _)| serde_json::to_string(outcome).unwrap() + "\n");
    fs::write(folder.join("outcomes.ndjson"), lines.collect::<String>()).unwrap();
}
