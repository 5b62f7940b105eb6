//! Answers that nobody gave, in the form of true ones, so that what follows from an answer can be
//! counted before any is paid for. They are never kept.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::eval::script::plant;
use crate::models::forecast::{Forecast, TYPICAL_OUTPUT};
use crate::models::reply::{Content, Hit, Page};
use crate::models::request::Request;

/// Tokens of a text within an answer that has a form.
const TEXT_WITHIN: u64 = 32;
/// Tokens of a page, and of what a search says of one.
const PAGE: u64 = 1_000;
const HIT: u64 = 40;
/// Elements of a list whose length nothing bounds.
const ELEMENTS: u64 = 3;
/// Bytes of a token.
const TOKEN: usize = 4;

/// What a request might be answered with. The mark is the call's own: two calls are not answered
/// alike, or what follows from their answers would be counted once.
pub fn stand_in(request: &Request, forecast: &Forecast, mark: &str) -> Content {
    match request {
        Request::Chat(chat) => Content::Text(match &chat.schema {
            Some(schema) => instance(schema, mark).to_string().into(),
            None => words(forecast.output, mark),
        }),
        Request::Paint(paint) => {
            let picture = |at: u32| plant(&format!("{} {mark} {at}", paint.prompt));
            Content::Pictures((0..paint.count.max(1)).map(picture).collect())
        }
        Request::Embed(texts) => Content::Vectors(vec![vec![1.0]; texts.len()]),
        Request::Classify(_) => Content::Scores(Vec::new()),
        Request::Search(search) if search.images => {
            let picture = |at: u32| plant(&format!("{} {mark} {at}", search.query));
            Content::Pictures((0..search.top).map(picture).collect())
        }
        Request::Search(search) => {
            Content::Hits((0..search.top).map(|at| hit(&format!("{mark}{at}"))).collect())
        }
        Request::Fetch(address) => {
            Content::Page(Page { url: address.clone(), title: Arc::default(), text: words(PAGE, mark) })
        }
    }
}

/// Tokens of a reply where none like it has come: by the form that is asked for.
pub fn typical_output(request: &Request) -> u64 {
    match request {
        Request::Chat(chat) => match &chat.schema {
            Some(schema) => (instance(schema, "").to_string().len() as u64).div_ceil(TOKEN as u64),
            None => TYPICAL_OUTPUT,
        },
        _ => 0,
    }
}

fn hit(mark: &str) -> Hit {
    Hit { url: format!("https://example.org/{mark}").into(), title: mark.into(), text: words(HIT, mark) }
}

/// A text of about so many tokens.
fn words(tokens: u64, mark: &str) -> Arc<str> {
    let rest = (tokens as usize * TOKEN).saturating_sub(mark.len());
    format!("{}{mark}", "and ".repeat(rest / 4)).into()
}

/// A value that follows a schema of the kind that `data::json` writes.
fn instance(schema: &Value, mark: &str) -> Value {
    if let Some(label) = schema.get("enum").and_then(|labels| labels.get(0)) {
        return label.clone();
    }
    if let Some(first) = schema.get("anyOf").and_then(|any| any.get(0)) {
        return instance(first, mark);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => 1.into(),
        Some("number") => 1.0.into(),
        Some("boolean") => true.into(),
        Some("string") if schema.get("format").is_some() => "2000-01-01".into(),
        Some("string") => words(TEXT_WITHIN, mark).as_ref().into(),
        Some("array") => {
            let count = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(ELEMENTS);
            let item = |at: u64| {
                schema.get("items").map_or(Value::Null, |item| instance(item, &format!("{mark} {at}")))
            };
            Value::Array((0..count).map(item).collect())
        }
        Some("object") => {
            let fields = schema.get("properties").and_then(Value::as_object);
            let fields =
                fields.into_iter().flatten().map(|(name, schema)| (name.clone(), instance(schema, mark)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::program::Returns;
    use crate::data::types::{Field, Type};
    use crate::eval::answer::{read, schema};

    #[test]
    fn a_stand_in_is_of_the_type_asked_for() {
        let labels = Type::Closed(["yes".into(), "no".into()].into());
        let field = |name: &str, kind: Type| Field { name: name.into(), kind };
        let record = Type::Record(
            [field("score", Type::Int), field("why", Type::Text.optional()), field("is", labels.clone())]
                .into(),
        );
        for returns in [labels, Type::Float, Type::Bool, Type::list(record.clone()), record, Type::Text] {
            let returns = Returns { kind: returns, most: Some(5), reason_first: false };
            let request = Request::Chat(crate::models::request::ChatRequest {
                schema: schema(&returns).map(Arc::new),
                ..Default::default()
            });
            let forecast = Forecast { output: 20, ..Forecast::default() };
            let Content::Text(text) = stand_in(&request, &forecast, "3f9a") else { panic!("no text") };
            assert!(read(&text, &returns).is_ok(), "{returns:?}: {text}");
        }
    }

    #[test]
    fn two_calls_are_not_answered_alike() {
        let request = Request::Chat(Default::default());
        let forecast = Forecast { output: 20, ..Forecast::default() };
        let text = |mark: &str| match stand_in(&request, &forecast, mark) {
            Content::Text(text) => text,
            other => panic!("no text: {other:?}"),
        };
        assert_ne!(text("3f9a"), text("77b0"));
        assert_eq!(text("3f9a").len(), 20 * TOKEN);
    }
}
