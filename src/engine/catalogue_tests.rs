use super::*;
use encoding_rs::GB18030;

const CHINESE: &str = "序号,应用名称,应用开发者,应用来源,版本,文件名,包名,SHA256,功能类型,服务对象\r\n\
1,甲,甲公司,某商店,1.0,\"D:\\样本\\甲,1.apk\",com.a,,网上购物类；即时通信类,用户端\r\n\
\r\n\
2,乙,乙公司,某商店,2.0,,com.b,AB,地图导航类,\r\n";

fn rows(text: &str) -> Vec<Row> {
    Catalogue::read(text.as_bytes()).unwrap().rows
}

#[test]
fn a_spreadsheet_in_chinese() {
    let text = CHINESE.replace(",AB,", &format!(",{},", "AB".repeat(32)));
    let found = rows(&text);
    assert_eq!(found.len(), 2);
    let first = &found[0];
    assert_eq!(
        (first.line, first.file.as_str(), first.name.as_str()),
        (2, "甲,1.apk", "甲")
    );
    assert_eq!(first.functions, ["网上购物类", "即时通信类"]);
    assert_eq!(first.edition, Some(Edition::Consumer));
    assert_eq!(
        (
            first.developer.as_str(),
            first.store.as_str(),
            first.version.as_str()
        ),
        ("甲公司", "某商店", "1.0")
    );
    assert_eq!(
        (found[1].line, found[1].sha256.as_str()),
        (4, "ab".repeat(32).as_str())
    );
    assert_eq!(found[1].edition, None);
}

/// What Excel and WPS write: the same table in every encoding.
#[test]
fn the_same_in_every_encoding() {
    let text = CHINESE.replace(",AB,", ",,");
    let expected = rows(&text);
    let gb18030 = GB18030.encode(&text).0.into_owned();
    assert!(std::str::from_utf8(&gb18030).is_err());
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(order)
            .collect()
    };
    for bytes in [
        gb18030,
        marked,
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ] {
        assert_eq!(Catalogue::read(&bytes).unwrap().rows, expected);
    }
    // "甲" in GB18030 is BC D7: two bytes, checked with Python's codec.
    assert!(Catalogue::read(b"\xb0\xfc\xc3\xfb,name\ncom.a,\xbc\xd7\n").is_ok());
}

#[test]
fn headers_in_english_and_other_delimiters() {
    for delimiter in [",", ";", "\t"] {
        let text = "Package Name|app_name|Function|extra\ncom.a|A|online-shopping|x\n"
            .replace('|', delimiter);
        let found = rows(&text);
        assert_eq!(
            (found[0].package.as_str(), found[0].name.as_str()),
            ("com.a", "A")
        );
        assert_eq!(found[0].functions, ["online-shopping"]);
    }
}

#[test]
fn the_digest_counts_more_than_the_name_and_that_more_than_the_package() {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let text = format!(
        "file,package,sha256,name\nx.apk,com.x,{a},by digest\nx.apk,com.x,,by file\n,com.x,,by package\n,com.y,,twice\n,com.y,,otherwise\n,com.z,,same\n,com.z,,same\n"
    );
    let catalogue = Catalogue::read(text.as_bytes()).unwrap();
    let name = |file: &str, package: &str, sha256: &str| match catalogue.find(file, package, sha256)
    {
        Found::Row(row) => row.name.clone(),
        Found::Nothing => "nothing".into(),
        Found::Several(lines) => format!("{lines:?}"),
    };
    assert_eq!(name("other.apk", "com.x", &a), "by digest");
    // The first row is of another file with the same name.
    assert_eq!(name("x.apk", "com.x", &b), "by file");
    assert_eq!(name("y.apk", "com.x", &b), "by package");
    assert_eq!(name("y.apk", "com.y", &b), "[5, 6]");
    assert_eq!(name("y.apk", "com.z", &b), "same");
    assert_eq!(name("x.apk", "com.other", &b), "nothing");
    assert_eq!(name("y.apk", "", &b), "nothing");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let error = |bytes: &[u8]| Catalogue::read(bytes).unwrap_err().to_string();
    assert_eq!(error(b""), "an empty catalogue");
    assert!(error(b"name,version\na,1\n").starts_with("line 1: no column"));
    assert!(error(b"file,apk\n").starts_with("line 1: a second column"));
    assert_eq!(
        error(b"file,sha256\na.apk,\nb.apk,zz\n"),
        "line 3: `zz` is no SHA-256"
    );
    assert!(error(b"file,edition\na.apk,both\n").starts_with("line 2: `both` is neither"));
    assert_eq!(
        error(b"file\n\xff\xff\xff\n"),
        "neither UTF-8, UTF-16 nor GB18030"
    );
}
