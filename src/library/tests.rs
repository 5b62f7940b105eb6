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
    assert_eq!(declared.difference(&built_in).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(built_in.difference(&declared).collect::<Vec<_>>(), Vec::<&String>::new());
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
    assert_eq!(run("prelude.unique", std::slice::from_ref(&list)), Ok(ints(&[3, 1, 2])));
    assert_eq!(run("prelude.at", &[list.clone(), Value::Int(-2)]), Ok(Value::Int(2)));
    assert_eq!(run("prelude.at", &[list.clone(), Value::Int(-6)]), Ok(Value::Missing));
    assert_eq!(run("prelude.at", &[list.clone(), Value::Int(i64::MIN)]), Ok(Value::Missing));
    assert_eq!(run("prelude.take_first", &[list.clone(), Value::Int(-1)]), Ok(ints(&[])));
    assert_eq!(run("prelude.last", std::slice::from_ref(&list)), Ok(Value::Int(1)));
    assert!(run("prelude.first", &[ints(&[])]).is_err());
    assert_eq!(run("prelude.range", &[Value::Int(-1), Value::Int(2)]), Ok(ints(&[-1, 0, 1])));
    assert_eq!(run("prelude.range", &[Value::Int(2), Value::Int(-1)]), Ok(ints(&[])));
    assert!(run("prelude.range", &[Value::Int(i64::MIN), Value::Int(i64::MAX)]).is_err());
    let pair = |a, b| Value::Record([Value::Int(a), Value::Int(b)].into());
    assert_eq!(run("prelude.zip", &[ints(&[1, 2]), ints(&[3])]), Ok(Value::list([pair(1, 3)])));
}

#[test]
fn numbers_that_an_int_cannot_hold_are_undefined() {
    assert_eq!(run("prelude.round", &[Value::Float(-2.5)]), Ok(Value::Int(-3)));
    assert_eq!(run("prelude.floor", &[Value::Float(-0.5)]), Ok(Value::Int(-1)));
    assert_eq!(run("prelude.ceiling", &[Value::Float(0.5)]), Ok(Value::Int(1)));
    assert_eq!(run("prelude.smaller", &[Value::Float(2.0), Value::Float(1.0)]), Ok(Value::Float(1.0)));
    assert_eq!(run("prelude.larger", &[Value::Float(2.0), Value::Float(1.0)]), Ok(Value::Float(2.0)));
    assert!(run("prelude.round", &[Value::Float(1e19)]).is_err());
    assert!(run("prelude.floor", &[Value::Float(f64::NAN)]).is_err());
    assert_eq!(run("prelude.round_to", &[Value::Float(2.0 / 3.0), Value::Int(2)]), Ok(Value::Float(0.67)));
    assert_eq!(run("prelude.sqrt", &[Value::Float(-1.0)]), Ok(Value::Missing));
    assert_eq!(run("prelude.mean_of", &[ints(&[1, 2])]), Ok(Value::Float(1.5)));
    assert_eq!(run("prelude.mean_of", &[ints(&[])]), Ok(Value::Missing));
    assert_eq!(run("prelude.sum_of", &[ints(&[])]), Ok(Value::Float(0.0)));
}

#[test]
fn texts_and_answers() {
    let two = |name: &str, a: &str, b: &str| run(name, &[Value::text(a), Value::text(b)]).unwrap();
    assert_eq!(two("prelude.split", "a, b", ", "), texts(&["a", "b"]));
    assert_eq!(two("prelude.split", "né", ""), texts(&["n", "é"]));
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
    let label = run("text.label_in", &[Value::text("It is Not_entailment."), labels]);
    assert_eq!(label, Ok(Value::text("not_entailment")));
    for (text, pattern, matches) in [
        ("abc", "a*c", true),
        ("abc", "a?c", true),
        ("abcabd", "*ab?", true),
        ("abc", "b*", false),
        ("", "*", true),
        ("", "?", false),
        ("a", "a**", true),
    ] {
        assert_eq!(two("prelude.matches", text, pattern), Value::Bool(matches), "{text} {pattern}");
    }
    assert_eq!(two("prelude.word_f1", "The cat, sat", "a cat sat down"), Value::Float(0.8));
    assert_eq!(two("prelude.word_f1", "b b", "b"), Value::Float(2.0 / 3.0));
    let between = run("text.between", &[Value::text("x <a>y</a>"), Value::text("<a>"), Value::text("</a>")]);
    assert_eq!(between, Ok(Value::text("y")));
    assert_eq!(run("text.normalised", &[Value::text(" It's  SO! ")]), Ok(Value::text("its so")));
    let vectors = [ints(&[1, 0]), ints(&[1, 1]), ints(&[0, 0]), ints(&[1])];
    let cosine =
        |a: usize, b: usize| run("prelude.cosine", &[vectors[a].clone(), vectors[b].clone()]).unwrap();
    assert!(matches!(cosine(0, 1), Value::Float(it) if (it - 0.5_f64.sqrt()).abs() < 1e-12));
    assert_eq!((cosine(0, 2), cosine(0, 3)), (Value::Missing, Value::Missing));
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
    assert_eq!(run("prelude.choose_some", &[ints(&[1, 2]), Value::Int(9)]), Ok(ints(&[1, 2])));
    let shuffled = |gold: &str| run("prelude.shuffled", &[texts(&["a", "b", "c"]), Value::text(gold)]);
    let Value::Record(order) = shuffled("b").unwrap() else { panic!() };
    let [Value::List(options), gold, Value::Int(place)] = &order[..] else { panic!() };
    assert_eq!((options.len(), &options[*place as usize]), (3, gold));
    assert!(shuffled("d").is_err());
    assert_eq!(run("prelude.chance", &[Value::Float(0.0)]), Ok(Value::Bool(false)));
}

#[test]
fn conversations_and_dates() {
    let said = |speaker: &str, text: &str| run(&format!("prelude.{speaker}"), &[Value::text(text)]).unwrap();
    let parts = Value::list([said("system", "s"), said("user", "u"), said("assistant", "a")]);
    let all = run("prelude.conversation", &[parts]).unwrap();
    assert_eq!(run("prelude.turn_count", std::slice::from_ref(&all)), Ok(Value::Int(3)));
    assert_eq!(run("prelude.turn_texts", &[all]), Ok(texts(&["s", "u", "a"])));
    let date = |text: &str| run("prelude.to_date", &[Value::text(text)]).unwrap();
    let days = run("prelude.days_between", &[date("2024-02-28"), date("2024-03-01")]);
    assert_eq!(days, Ok(Value::Int(2)));
    assert_eq!(date("soon"), Value::Missing);
    let later = |days| run("prelude.plus_days", &[date("2024-02-28"), Value::Int(days)]);
    assert_eq!(later(2), Ok(date("2024-03-01")));
    assert!(later(i64::MAX).is_err());
}
