//! How things may look where they are shown.

/// What the place that text is shown at can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    pub charset: Charset,
    /// Whether colour and weight may be used.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    Unicode,
    Ascii,
}

impl Style {
    /// For files and pipes: no colour, eighty columns.
    pub const PLAIN: Style = Style { charset: Charset::Unicode, colour: false, width: 80 };
}
