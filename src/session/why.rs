//! Why a node runs, in data and in words.

use serde::Serialize;

use crate::report::paragraph::listed;

use super::turnover::Turnover;

/// One reason for which a node runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nothing of it is known.
    New,
    /// Its own text was changed.
    Text {
        /// `prompt`, or the word that the clause begins with; nothing where that is not clear.
        what: Option<String>,
        /// From 1, in the file as it is now.
        line: u32,
        /// Set where it is not the file that runs.
        file: Option<String>,
        was: Vec<String>,
        is: Vec<String>,
    },
    /// A function that it calls was changed.
    Function {
        name: String,
        line: u32,
        file: Option<String>,
        was: Vec<String>,
        is: Vec<String>,
    },
    Parameter {
        name: String,
        was: Option<String>,
        is: String,
    },
    /// A model is bound otherwise.
    Model {
        name: String,
        was: Vec<String>,
        is: Vec<String>,
    },
    /// A query asks these models for the first time, or these no more.
    Targets {
        new: Vec<String>,
        gone: Vec<String>,
    },
    /// What stands behind a model's name differs: its server, its settings or its recorded replies.
    Behind {
        model: String,
    },
    Seed {
        was: i64,
        is: i64,
    },
    Edition {
        was: Option<String>,
        is: Option<String>,
    },
    Limit {
        was: Option<u64>,
        is: Option<u64>,
    },
    /// Rows that come in differ; `of` is a node or, for a source, a file.
    Rows {
        of: String,
        is_file: bool,
        turnover: Option<Turnover>,
    },
    /// What comes in is not known yet.
    Waits {
        on: Vec<String>,
    },
    /// Rows had no answer when it last ran.
    Unanswered {
        rows: u64,
    },
    /// It was asked to work anew.
    Refreshed,
    /// Nothing changed: a file was touched that holds what it held, or its table is no longer kept.
    Nothing,
    /// What is worked out differs though its text does not: the compiled steps.
    Compiled {
        was: String,
        is: String,
    },
}

impl Why {
    /// The reason in one line; `kind` is the node's.
    pub fn told(&self, kind: &str) -> String {
        match self {
            Why::New => "new".to_owned(),
            Why::Text { what, line, file, was, is } => {
                let what = match what.as_deref() {
                    Some("prompt") => format!("{kind} prompt"),
                    Some(word) => format!("`{word}`"),
                    None => "text".to_owned(),
                };
                let how = match (was.is_empty(), is.is_empty()) {
                    (true, _) => "added",
                    (_, true) => "removed",
                    _ => "changed",
                };
                format!("{what} {how} at line {line}{}", within(file))
            }
            Why::Function { name, line, file, .. } => {
                format!("function `{name}` changed at line {line}{}", within(file))
            }
            Why::Parameter { name, was: Some(was), is } => format!("parameter `{name}` was {was}, is {is}"),
            Why::Parameter { name, was: None, is } => format!("parameter `{name}` is new: {is}"),
            Why::Model { name, was, .. } if was.is_empty() => format!("model `{name}` is new"),
            Why::Model { name, was, is } => {
                format!("model `{name}` was {}, is {}", listed(was), listed(is))
            }
            Why::Targets { new, gone } => {
                let each = [(new, "asked for the first time"), (gone, "no longer asked")];
                let each = each.iter().filter(|(models, _)| !models.is_empty());
                each.map(|(models, what)| format!("{} {what}", listed(models))).collect::<Vec<_>>().join("; ")
            }
            Why::Behind { model } => format!("what stands behind `{model}` differs"),
            Why::Seed { was, is } => format!("the seed was {was}, is {is}"),
            Why::Edition { was, is } => {
                let name = |edition: &Option<String>| edition.clone().unwrap_or("none".to_owned());
                format!("edition {} is new; the last was {}", name(is), name(was))
            }
            Why::Limit { was, is } => {
                let rows = |limit: &Option<u64>| limit.map_or("none".to_owned(), |rows| rows.to_string());
                format!("the limit of rows was {}, is {}", rows(was), rows(is))
            }
            Why::Rows { of, is_file, turnover } => {
                let of = if *is_file { of.clone() } else { format!("`{of}`") };
                match turnover {
                    Some(turnover) if !turnover.is_none() => format!("{} in {of}", turnover.told()),
                    Some(_) => format!("the rows of {of} are split otherwise"),
                    None => format!("the rows of {of} differ"),
                }
            }
            Why::Waits { on } => {
                let on: Vec<String> = on.iter().map(|name| format!("`{name}`")).collect();
                format!("waits for {}", listed(&on))
            }
            Why::Unanswered { rows: 1 } => "1 row has no answer yet".to_owned(),
            Why::Unanswered { rows } => format!("{rows} rows have no answer yet"),
            Why::Refreshed => "worked anew, as asked".to_owned(),
            Why::Nothing => "nothing differs; looked through again".to_owned(),
            Why::Compiled { .. } => "works otherwise than before".to_owned(),
        }
    }

    /// What stood there and what stands there now, where that can be shown.
    pub fn lines(&self) -> (Vec<String>, Vec<String>) {
        match self {
            Why::Text { was, is, .. } | Why::Function { was, is, .. } => (was.clone(), is.clone()),
            Why::Compiled { was, is } => {
                let same = was.chars().zip(is.chars()).take_while(|(a, b)| a == b).count();
                let part = |text: &str| {
                    let from = same.saturating_sub(30);
                    let cut: String = text.chars().skip(from).take(200).collect();
                    vec![if from > 0 { format!("…{cut}") } else { cut }]
                };
                (part(was), part(is))
            }
            _ => (Vec::new(), Vec::new()),
        }
    }
}

fn within(file: &Option<String>) -> String {
    file.as_ref().map(|file| format!(" of {file}")).unwrap_or_default()
}
