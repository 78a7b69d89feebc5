//! stub
/// stub
#[derive(Clone,Debug,Default,PartialEq,Eq,serde::Serialize,serde::Deserialize)] pub struct NativeLib {}
