//! stub
/// stub
#[derive(Clone,Debug,Default,PartialEq,Eq,serde::Serialize,serde::Deserialize)] pub struct Certificate { 
/// x
pub sha256: String, 
/// x
pub subject: Option<String>, 
/// x
pub not_before: Option<String>, 
/// x
pub not_after: Option<String>, 
/// x
pub debug: bool }
/// stub
#[derive(Clone,Debug,Default,PartialEq,Eq,serde::Serialize,serde::Deserialize)] pub struct SchemeSigner { 
/// x
pub scheme: String,
/// x
pub certificates: Vec<Certificate> }
