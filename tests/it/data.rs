//! The signature data: well-formed, and every example holds.

use permscope::engine::check_data;
use permscope::signatures::SignatureDb;

#[test]
fn the_data_is_sound_and_its_examples_hold() {
    let db = SignatureDb::builtin().unwrap();
    let complaints: Vec<String> = check_data(&db).iter().map(ToString::to_string).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
