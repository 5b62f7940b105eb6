//! The recorded replies that a program's `replay` bindings name.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::check::program::{BindingKind, Format, Program};
use crate::data::read;
use crate::data::types::{Field, Type};
use crate::data::value::Value;
use crate::digest::Digest;
use crate::eval::effects::Asked;
use crate::eval::recording::{Recording, Recordings};
use crate::world::World;

use super::endpoints::{binding_of, bindings};
use super::error::RunError;
use super::source::Sources;

/// The digest of each recorded file, without reading those that are as they were.
pub fn digests(program: &Program, sources: &Sources) -> Result<BTreeMap<Asked, Digest>, RunError> {
    let mut digests = BTreeMap::new();
    for (asked, path, _, _) in replays(program) {
        digests.insert(asked, sources.content(&sources.path(&path))?);
    }
    Ok(digests)
}

/// Reads all recordings of a program.
pub fn load(program: &Program, folder: &Path, world: &dyn World) -> Result<Recordings, RunError> {
    let mut recordings = Recordings::default();
    for (asked, path, key, reply) in replays(program) {
        recordings.insert(asked, recording(&folder.join(&*path), &key, &reply, world)?);
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
    path: &Path,
    key: &[Arc<str>],
    reply: &Arc<str>,
    world: &dyn World,
) -> Result<Recording, RunError> {
    let unreadable = |problem: &dyn std::fmt::Display| RunError::Source {
        path: path.display().to_string(),
        problem: problem.to_string(),
    };
    let format = match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Format::Csv,
        Some("tsv") => Format::Tsv,
        Some("json") => Format::Json,
        _ => Format::Jsonl,
    };
    // A number may be recorded as a number or as text; either finds its row.
    let scalar = if matches!(format, Format::Csv | Format::Tsv) { Type::Text } else { Type::Json };
    let mut fields: Vec<Field> =
        key.iter().map(|name| Field { name: name.clone(), kind: scalar.clone() }).collect();
    fields.push(Field { name: reply.clone(), kind: scalar.optional() });
    let reader = world.open(path).map_err(|error| unreadable(&error))?;
    let cut = read::cut(format, reader).map_err(|error| unreadable(&error))?;
    let header = cut.header().cloned();
    if let Some(header) = &header {
        header.check(&fields).map_err(|error| unreadable(&error))?;
    }
    let mut recording = Recording::default();
    for run in cut {
        let run = run.map_err(|error| unreadable(&error))?;
        for record in read::parse(format, &fields, header.as_ref(), &run) {
            let mut values = record.map_err(|broken| RunError::BrokenRecord {
                path: path.display().to_string(),
                line: broken.line,
                problem: broken.message,
            })?;
            let Some(Value::Text(text)) = values.pop().map(plain) else { continue };
            let key: Vec<Value> = values.into_iter().map(plain).collect();
            if let Some(other) = recording.insert(&key, text.clone())
                && other != text
            {
                return Err(RunError::RepeatedRecording {
                    path: path.display().to_string(),
                    key: format!("{key:?}"),
                });
            }
        }
    }
    Ok(recording)
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
