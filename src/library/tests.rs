//! What natives give, and that each is declared.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::data::types::Type;
use crate::data::value::Value;
use crate::diagnostics::source::SourceId;
use crate::digest::Digest;
use crate::random::Stream;
use crate::syntax::parse::parse;
use crate::syntax::tree::{FunctionBody, ItemKind};

use super::*;

static STANDARD: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/stdlib");

fn run(name: &str, arguments: &[Value]) -> Answer {
    run_typed(name, arguments, &[])
}

fn run_typed(name: &str, arguments: &[Value], kinds: &[Type]) -> Answer {
    let mut stream = Stream::new(Digest::of(b"library"));
    (find(name).unwrap().run)(&mut Call { arguments, kinds, stream: Some(&mut stream) })
}

fn texts(items: &[&str]) -> Value {
    Value::list(items.iter().map(|item| Value::text(*item)))
}

fn ints(items: &[i64]) -> Value {
    Value::list(items.iter().map(|item| Value::Int(*item)))
}

/// The natives that the standard library declares, with whether they draw at random.
fn declared() -> BTreeSet<(String, bool)> {
    let mut declared = BTreeSet::new();
    for file in STANDARD.files() {
        let module = file.path().file_stem().unwrap().to_str().unwrap();
        let (tree, diagnostics) = parse(SourceId(0), file.contents_utf8().unwrap());
        assert!(diagnostics.is_empty(), "{module}: {diagnostics:#?}");
        for item in tree.items {
            if let ItemKind::Function(function) = item.kind
                && let FunctionBody::Native { random } = function.body
            {
                declared.insert((format!("{module}.{}", function.name.value), random));
            }
        }
    }
    declared
}

#[test]
fn what_is_declared_is_built_in_and_what_is_built_in_is_declared() {
    let declared: BTreeSet<String> = declared().into_iter().map(|(name, _)| name).collect();
    let built_in: BTreeSet<String> = NATIVES
        .iter()
        .map(|native| native.name)
        .chain(IN_ENGINE.iter().copied())
        .map(str::to_owned)
        .collect();
    let undeclared = |name: &&String| OF_OPERATORS.contains(&name.as_str());
    assert_eq!(declared.difference(&built_in).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(
        built_in.difference(&declared).filter(|name| !undeclared(name)).collect::<Vec<_>>(),
        Vec::<&String>::new()
    );
    assert!(OF_OPERATORS.iter().all(|name| built_in.contains(*name)));
    assert!(NATIVES.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn those_that_draw_are_declared_random_and_no_others() {
    let arguments = [Value::text("a b c d e f g h"), Value::Float(0.5)];
    for (name, random) in declared() {
        if let Some(native) = find(&name) {
            let mut draws = false;
            for arguments in [
                &arguments[..],
                &[ints(&[1, 2]), Value::Int(1)],
                &[Value::Int(1), Value::Int(9)],
                &[Value::Float(0.5)],
                &[],
            ] {
                let mut call = Call { arguments, kinds: &[], stream: None };
                draws |= (native.run)(&mut call).is_err_and(|undefined| undefined.0.contains("draw from"));
            }
            assert_eq!(draws, random, "{name}");
        }
    }
}

#[test]
fn perturbations_are_those_of_the_text_room() {
    let ours: Vec<(&str, u32)> = NATIVES
        .iter()
        .filter_map(|native| Some((native.name.strip_prefix("perturb.")?, native.version)))
        .collect();
    let theirs: Vec<(&str, u32)> =
        crate::text::perturbation::PERTURBATIONS.iter().map(|one| (one.name, one.version)).collect();
    assert_eq!(ours, theirs);
    for one in &crate::text::perturbation::PERTURBATIONS {
        let text = "In 1999 The good doctor said: never, ever eat raw shellfish in summer.";
        let expected = (one.apply)(text, 0.5, &mut Stream::new(Digest::of(b"library")));
        let given = run(&format!("perturb.{}", one.name), &[Value::text(text), Value::Float(0.5)]);
        assert_eq!(given, Ok(Value::text(expected)), "{}", one.name);
    }
}

#[test]
fn a_missing_argument_makes_the_result_missing() {
    assert_eq!(run("prelude.words", &[Value::Missing]), Ok(Value::Missing));
    assert_eq!(run("prelude.choose", &[Value::Missing]), Ok(Value::Missing));
    assert_eq!(run("perturb.typo", &[Value::Missing, Value::Float(0.2)]), Ok(Value::Missing));
    assert!(run("prelude.required", &[Value::Missing]).is_err());
}

#[test]
fn lists() {
    let list = ints(&[3, 1, 3, 2, 1]);
    assert_eq!(run("prelude.distinct", std::slice::from_ref(&list)), Ok(ints(&[3, 1, 2])));
    assert_eq!(run("prelude.sort", std::slice::from_ref(&list)), Ok(ints(&[1, 1, 2, 3, 3])));
    assert_eq!(run("prelude.most_common", std::slice::from_ref(&list)), Ok(Value::Int(3)));
    assert_eq!(run("prelude.index_of", &[list.clone(), Value::Int(2)]), Ok(Value::Int(3)));
    assert_eq!(run("prelude.index_of", &[list.clone(), Value::Int(9)]), Ok(Value::Missing));
    assert_eq!(run("prelude.take", &[list.clone(), Value::Int(-1)]), Ok(ints(&[])));
    assert_eq!(run("prelude.skip", &[list.clone(), Value::Int(4)]), Ok(ints(&[1])));
    assert_eq!(run("prelude.last", std::slice::from_ref(&list)), Ok(Value::Int(1)));
    assert!(run("prelude.first", &[ints(&[])]).is_err());
    assert_eq!(run("prelude.length", &[Value::text("né")]), Ok(Value::Int(2)));
    assert!(run("prelude.range", &[Value::Int(i64::MAX)]).is_err());
}

#[test]
fn numbers_that_an_int_cannot_hold_are_undefined() {
    assert_eq!(run("prelude.round", &[Value::Float(-2.5)]), Ok(Value::Int(-3)));
    assert!(run("prelude.round", &[Value::Float(1e19)]).is_err());
    assert!(run("prelude.floor", &[Value::Float(f64::NAN)]).is_err());
    assert!(run("prelude.abs", &[Value::Int(i64::MIN)]).is_err());
    assert!(run("prelude.sum", &[ints(&[i64::MAX, 1])]).is_err());
    assert!(run("prelude.sqrt", &[Value::Float(-1.0)]).is_err());
    assert_eq!(run_typed("prelude.sum", &[ints(&[])], &[Type::list(Type::Float)]), Ok(Value::Float(0.0)));
    assert_eq!(run("prelude.mean", &[ints(&[1, 2])]), Ok(Value::Float(1.5)));
    assert_eq!(run("prelude.mean", &[ints(&[])]), Ok(Value::Missing));
}

#[test]
fn texts_and_answers() {
    let parts = run("prelude.split", &[Value::text("a, b"), Value::text(", ")]);
    assert_eq!(parts, Ok(texts(&["a", "b"])));
    assert_eq!(run("prelude.split", &[Value::text("ab"), Value::text("")]), Ok(texts(&["ab"])));
    let replaced = run("prelude.replace", &[Value::text("ab"), Value::text(""), Value::text("x")]);
    assert_eq!(replaced, Ok(Value::text("ab")));
    assert_eq!(run("prelude.to_int", &[Value::text(" 12 ")]), Ok(Value::Int(12)));
    assert_eq!(run("prelude.to_int", &[Value::text("12 cats")]), Ok(Value::Missing));
    let joined = run_typed(
        "prelude.join_text",
        &[Value::list([Value::Float(1.0), Value::Missing, Value::Float(0.5)]), Value::text("; ")],
        &[Type::list(Type::Float.optional()), Type::Text],
    );
    assert_eq!(joined, Ok(Value::text("1; 0.5")));
    let labels = texts(&["entailment", "not_entailment"]);
    let label = run("prelude.label_in", &[Value::text("It is Not_entailment."), labels]);
    assert_eq!(label, Ok(Value::text("not_entailment")));
}

#[test]
fn json_is_taken_apart() {
    let json = |text: &str| Value::Json(Arc::new(serde_json::from_str(text).unwrap()));
    let list = json("[1, {\"a\": null, \"b\": \"x\"}]");
    let part = run("prelude.json_part", &[list.clone(), Value::Int(-1)]).unwrap();
    assert_eq!(part, json("{\"a\": null, \"b\": \"x\"}"));
    assert_eq!(run("prelude.json_part", &[part.clone(), Value::text("a")]), Ok(Value::Missing));
    assert_eq!(run("prelude.json_part", &[part, Value::text("b")]), Ok(json("\"x\"")));
    assert_eq!(run("prelude.json_part", &[list.clone(), Value::Int(-3)]), Ok(Value::Missing));
    assert_eq!(run("prelude.json_part", &[list, Value::Int(i64::MIN)]), Ok(Value::Missing));
    let record = Value::Record([Value::Int(1), Value::Missing].into());
    let kind = Type::record([("b".into(), Type::Int), ("a".into(), Type::Int.optional())]);
    let text = run_typed("prelude.to_json", std::slice::from_ref(&record), std::slice::from_ref(&kind));
    assert_eq!(text, Ok(Value::text("{\"b\":1,\"a\":null}")));
    assert_eq!(run_typed("prelude.as_json", &[record], &[kind]), Ok(json("{\"a\":null,\"b\":1}")));
}

#[test]
fn draws_stay_within_their_bounds() {
    let drawn = |low: i64, high: i64| run("prelude.random_int", &[Value::Int(low), Value::Int(high)]);
    assert_eq!(drawn(5, 5), Ok(Value::Int(5)));
    assert!(drawn(6, 5).is_err());
    assert!(drawn(i64::MIN, i64::MAX).is_ok());
    assert!(matches!(drawn(-3, -1), Ok(Value::Int(-3..=-1))));
    assert!(run("prelude.choose", &[ints(&[])]).is_err());
    assert_eq!(run("prelude.pick", &[ints(&[1, 2]), Value::Int(9)]), Ok(ints(&[1, 2])));
    assert_eq!(run("prelude.chance", &[Value::Float(0.0)]), Ok(Value::Bool(false)));
}

#[test]
fn conversations_and_dates() {
    let said = |speaker: &str, text: &str| run(&format!("prelude.{speaker}"), &[Value::text(text)]).unwrap();
    let parts = Value::list([said("system", "s"), said("user", "u"), said("assistant", "a")]);
    let all = run("prelude.conversation", &[parts]).unwrap();
    assert_eq!(run("prelude.length", std::slice::from_ref(&all)), Ok(Value::Int(3)));
    assert_eq!(run("prelude.said_by", &[all, Value::text("user")]), Ok(texts(&["u"])));
    let date = |text: &str| run("prelude.to_date", &[Value::text(text)]).unwrap();
    let days = run("prelude.days_between", &[date("2024-02-28"), date("2024-03-01")]);
    assert_eq!(days, Ok(Value::Int(2)));
    assert_eq!(date("soon"), Value::Missing);
}
