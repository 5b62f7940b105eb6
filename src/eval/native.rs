//! Functions that are built into the program: those that take functions or ask models are here,
//! the others are looked up in the library.

use std::sync::Arc;

use crate::check::program::{Expr, Local, ModelRef, NativeArgument, NativeCall, ROW_FAILURE};
use crate::data::order::order_values;
use crate::data::row::{NO_FAILURE, Reason};
use crate::data::value::Value;
use crate::library;
use crate::models::reply::Content;
use crate::models::request::Request;

use super::ask::{answer, failed};
use super::halt::{Evaluated, Halt};
use super::operator::truth;
use super::scope::Scope;
use super::script::{keep, plant};

/// The natives that are evaluated here and not in the library.
pub const HERE: &[&str] = &[
    "prelude.all",
    "prelude.any",
    "prelude.classify",
    "prelude.count_where",
    "prelude.embed",
    "prelude.filter",
    "prelude.find",
    "prelude.flat_map",
    "prelude.map",
    "prelude.map_numbered",
    "prelude.position",
    "prelude.sort_by",
    ROW_FAILURE,
    "row.id",
    "row.plant",
];

pub fn call(scope: &mut Scope<'_>, call: &NativeCall) -> Evaluated {
    match (&*call.name, call.arguments.as_slice()) {
        ("row.id", _) => Ok(Value::Id(scope.id)),
        (ROW_FAILURE, _) => Ok(Value::text(scope.failure.map_or(NO_FAILURE, Reason::word))),
        ("row.plant", [NativeArgument::Value(text)]) => planted(scope, text),
        ("prelude.embed", [NativeArgument::Value(text), NativeArgument::Model(model)]) => {
            embed(scope, text, *model)
        }
        ("prelude.classify", [NativeArgument::Value(text), NativeArgument::Model(model)]) => {
            classify(scope, text, *model)
        }
        (name, [NativeArgument::Value(list), NativeArgument::Lambda { parameters, body }]) => {
            let list = match scope.eval(list)? {
                Value::List(items) => items,
                _ => return Ok(Value::Missing),
            };
            over_list(scope, name, &list, parameters, body)
        }
        _ => library_call(scope, call),
    }
}

/// The functions that take a list and a function of its elements.
fn over_list(
    scope: &mut Scope<'_>,
    name: &str,
    items: &Arc<[Value]>,
    parameters: &[Local],
    body: &Expr,
) -> Evaluated {
    let mut results = Vec::with_capacity(items.len());
    let mut waiting = false;
    for (place, item) in items.iter().enumerate() {
        if let Some(parameter) = parameters.first() {
            scope.set(*parameter, item.clone());
        }
        if let Some(parameter) = parameters.get(1) {
            scope.set(*parameter, Value::Int(place as i64));
        }
        match scope.at(place as u32, |scope| scope.eval(body)) {
            Ok(value) => results.push(value),
            Err(Halt::Waiting) => waiting = true,
            Err(halt) => return Err(halt),
        }
    }
    if waiting {
        return Err(Halt::Waiting);
    }
    let chosen =
        || items.iter().zip(&results).filter(|(_, result)| truth(result)).map(|(item, _)| item.clone());
    Ok(match name {
        "prelude.map" | "prelude.map_numbered" => Value::List(results.into()),
        "prelude.filter" => Value::list(chosen()),
        "prelude.find" => {
            let place = results.iter().position(truth);
            place.and_then(|place| items.get(place)).cloned().unwrap_or(Value::Missing)
        }
        "prelude.count_where" => Value::Int(chosen().count() as i64),
        "prelude.any" | "prelude.all" => {
            let settles = Value::Bool(name == "prelude.any");
            if results.contains(&settles) {
                settles
            } else if results.iter().any(Value::is_missing) {
                Value::Missing
            } else {
                Value::Bool(name == "prelude.all")
            }
        }
        "prelude.position" => {
            results.iter().position(truth).map_or(Value::Missing, |place| Value::Int(place as i64))
        }
        "prelude.flat_map" => Value::list(results.iter().flat_map(|result| match result {
            Value::List(items) => items.to_vec(),
            other => vec![other.clone()],
        })),
        "prelude.sort_by" => {
            let mut order: Vec<usize> = (0..items.len()).collect();
            order.sort_by(|a, b| order_values(&results[*a], &results[*b]));
            Value::list(order.into_iter().map(|place| items[place].clone()))
        }
        _ => Value::Missing,
    })
}

/// A picture for a test: it shows the text.
fn planted(scope: &mut Scope<'_>, text: &Expr) -> Evaluated {
    let Value::Text(text) = scope.eval(text)? else { return Ok(Value::Missing) };
    keep(scope, &plant(&text)).ok_or_else(|| Halt::undefined("the planted picture can't be kept"))
}

fn library_call(scope: &mut Scope<'_>, call: &NativeCall) -> Evaluated {
    let Some(native) = library::find(&call.name) else {
        return Err(Halt::undefined(format!("`{}` is not built into this version", call.name)));
    };
    let mut arguments = Vec::with_capacity(call.arguments.len());
    let mut waiting = false;
    for argument in &call.arguments {
        match argument {
            NativeArgument::Value(value) => match scope.eval(value) {
                Ok(value) => arguments.push(value),
                Err(Halt::Waiting) => waiting = true,
                Err(halt) => return Err(halt),
            },
            NativeArgument::Lambda { .. } | NativeArgument::Model(_) => arguments.push(Value::Missing),
        }
    }
    if waiting {
        return Err(Halt::Waiting);
    }
    // A missing argument makes the result missing, but where the parameter is optional itself.
    let lifted =
        arguments.iter().zip(&call.kinds).any(|(value, kind)| value.is_missing() && !kind.is_optional());
    if lifted {
        return Ok(Value::Missing);
    }
    let mut stream = call.random.map(|number| scope.stream(&call.name, number));
    let mut invocation = library::Call { arguments: &arguments, kinds: &call.kinds, stream: stream.as_mut() };
    (native.run)(&mut invocation).map_err(|undefined| Halt::undefined(undefined.0))
}

fn embed(scope: &mut Scope<'_>, text: &Expr, model: ModelRef) -> Evaluated {
    let Value::Text(text) = scope.eval(text)? else { return Ok(Value::Missing) };
    let Some(asked) = scope.asked(model) else { return Ok(Value::Missing) };
    match answer(scope, asked, 0, |_| Ok(Request::Embed(vec![text])))? {
        Ok(answered) => Ok(match &answered.reply.content {
            Content::Vectors(vectors) => {
                let first = vectors.first().map(Vec::as_slice).unwrap_or_default();
                Value::list(first.iter().copied().map(Value::Float))
            }
            _ => Value::Missing,
        }),
        Err(failure) => Err(failed(&failure)),
    }
}

fn classify(scope: &mut Scope<'_>, text: &Expr, model: ModelRef) -> Evaluated {
    let Value::Text(text) = scope.eval(text)? else { return Ok(Value::Missing) };
    let Some(asked) = scope.asked(model) else { return Ok(Value::Missing) };
    match answer(scope, asked, 0, |_| Ok(Request::Classify(text)))? {
        Ok(answered) => Ok(match &answered.reply.content {
            Content::Scores(scores) => {
                let scores =
                    scores.iter().map(|(name, score)| (name.to_string(), serde_json::Value::from(*score)));
                Value::Json(Arc::new(serde_json::Value::Object(scores.collect())))
            }
            _ => Value::Missing,
        }),
        Err(failure) => Err(failed(&failure)),
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the standard library's own files")]
mod tests {
    use std::path::Path;

    use super::HERE;
    use crate::library;

    /// What the standard library declares native, as `module.function`.
    fn declared() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files
            .flat_map(|file| {
                let module = file.file_stem().unwrap().to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&file).unwrap();
                let names =
                    text.lines().filter_map(|line| line.split_once("native fn ")?.1.split('(').next());
                names.map(|name| format!("{module}.{name}")).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn whatever_is_declared_native_is_built_in() {
        let declared = declared();
        assert!(declared.len() > 100);
        let lacking: Vec<&String> = declared
            .iter()
            .filter(|name| library::find(name).is_none() && !HERE.contains(&name.as_str()))
            .collect();
        assert_eq!(lacking, Vec::<&String>::new());
    }
}
