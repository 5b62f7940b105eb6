//! The recorded replies that a program's `replay` bindings name.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::check::program::{BindingKind, Format, Program};
use crate::data::json::render;
use crate::data::read;
use crate::data::types::{Field, Type};
use crate::data::value::Value;
use crate::digest::Digest;
use crate::eval::effects::Asked;
use crate::eval::recording::{Recording, Recordings};

use super::endpoints::{binding_of, bindings};
use super::error::RunError;
use super::source::{self, Sources};

/// The digest of each recorded file, without reading those that are as they were.
pub fn digests(program: &Program, sources: &Sources) -> Result<BTreeMap<Asked, Digest>, RunError> {
    let mut digests = BTreeMap::new();
    for (asked, path, _, _) in replays(program) {
        digests.insert(asked, sources.hash(&path)?);
    }
    Ok(digests)
}

/// Reads all recordings of a program.
pub fn load(program: &Program, sources: &Sources) -> Result<Recordings, RunError> {
    let mut recordings = Recordings::default();
    for (asked, path, key, reply) in replays(program) {
        recordings.insert(asked, recording(&path, &key, &reply, sources)?);
    }
    Ok(recordings)
}

type Replay = (Asked, Arc<str>, Vec<Arc<str>>, Arc<str>);

fn replays(program: &Program) -> impl Iterator<Item = Replay> + '_ {
    bindings(program).filter_map(|asked| match &binding_of(program, asked)?.kind {
        BindingKind::Replay { path, key, reply } => Some((asked, path.clone(), key.clone(), reply.clone())),
        _ => None,
    })
}

fn recording(
    path: &str,
    key: &[Arc<str>],
    reply: &Arc<str>,
    sources: &Sources,
) -> Result<Recording, RunError> {
    let format = format(path);
    // A number may be recorded as a number or as text; either finds its row.
    let scalar = if matches!(format, Format::Csv | Format::Tsv) { Type::Text } else { Type::Json };
    let mut fields: Vec<Field> =
        key.iter().map(|name| Field { name: name.clone(), kind: scalar.clone() }).collect();
    fields.push(Field { name: reply.clone(), kind: scalar.optional() });
    let mut recording = Recording::default();
    sources.runs(path, format, &fields, |name, header, run| {
        for record in read::parse(format, &fields, header, &run) {
            let mut values = record.map_err(|broken| RunError::BrokenRecord {
                path: name.to_owned(),
                place: source::place(format, &broken),
                problem: broken.message,
                excerpt: broken.excerpt,
                help: None,
            })?;
            let Some(Value::Text(text)) = values.pop().map(plain) else { continue };
            let key: Vec<Value> = values.into_iter().map(plain).collect();
            if let Some(other) = recording.insert(&key, text.clone())
                && other != text
            {
                let key = key.iter().map(|value| render(value, &Type::Text)).collect::<Vec<_>>().join(", ");
                return Err(RunError::RepeatedRecording { path: name.to_owned(), key });
            }
        }
        Ok(())
    })?;
    Ok(recording)
}

/// The format of a recording, by its name: what it is packed with does not count.
fn format(path: &str) -> Format {
    let path = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
    match path.rsplit_once('.') {
        Some((_, "csv")) => Format::Csv,
        Some((_, "tsv")) => Format::Tsv,
        Some((_, "json")) => Format::Json,
        Some((_, "parquet")) => Format::Parquet,
        Some((_, "yaml" | "yml")) => Format::Yaml,
        _ if path.starts_with("hf://") => Format::Parquet,
        _ => Format::Jsonl,
    }
}

/// A scalar of JSON as the value it stands for; what is recorded as null is no reply.
fn plain(value: Value) -> Value {
    let Value::Json(json) = &value else { return value };
    match &**json {
        serde_json::Value::String(text) => Value::text(text.as_str()),
        serde_json::Value::Null => Value::Missing,
        other => Value::text(other.to_string()),
    }
}
