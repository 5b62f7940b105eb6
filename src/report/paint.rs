//! Weight and colour on a terminal.

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    /// Names and headings.
    Bold,
    /// What is there to be looked up rather than read.
    Dim,
    /// What must not be overlooked.
    Marked,
    /// What stood there before.
    Gone,
    /// What stands there now.
    Come,
}

/// Text with a look; plain where colour may not be used.
pub fn painted(text: &str, look: Look, colour: bool) -> String {
    let code = match look {
        _ if !colour || text.is_empty() => return text.to_owned(),
        Look::Plain => return text.to_owned(),
        Look::Bold => "1",
        Look::Dim => "2",
        Look::Marked => "33",
        Look::Gone => "31",
        Look::Come => "32",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
