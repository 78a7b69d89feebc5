use super::*;
use schema::Tier;

fn db() -> SignatureDb {
    SignatureDb::builtin().unwrap()
}

#[test]
fn builtin_data_is_clean() {
    let complaints = check::check(&db());
    let shown: Vec<String> = complaints
        .iter()
        .take(40)
        .map(ToString::to_string)
        .collect();
    assert!(
        complaints.is_empty(),
        "{} complaints\n{}",
        complaints.len(),
        shown.join("\n")
    );
}
