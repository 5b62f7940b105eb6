//! The native half of the standard library.

use crate::data::types::Type;
use crate::data::value::Value;
use crate::random::Stream;

pub struct Native {
    pub name: &'static str,
    pub version: u32,
    pub run: fn(&mut Call<'_>) -> Result<Value, Undefined>,
}
pub struct Call<'a> {
    pub arguments: &'a [Value],
    pub kinds: &'a [Type],
    pub stream: Option<&'a mut Stream>,
}
pub struct Undefined(pub String);
pub fn find(_: &str) -> Option<&'static Native> {
    None
}
