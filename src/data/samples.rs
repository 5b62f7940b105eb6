//! Arbitrary values and rows for property tests.

use std::sync::Arc;

use proptest::prelude::*;

use crate::digest::Digest;

use super::row::{Failure, Reason, Row, RowId};
use super::value::{Image, Speaker, Turn, Value};

pub(crate) fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::Bool),
        any::<i64>().prop_map(serde_json::Value::from),
        (-2i64..3).prop_map(serde_json::Value::from),
        any::<u64>().prop_map(serde_json::Value::from),
        (-2i8..3).prop_map(|half| serde_json::Value::from(f64::from(half) / 2.0)),
        "[a-cé\"\\\\ ]{0,3}".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::vec(("[a-c]{0,2}", inner), 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_image() -> impl Strategy<Value = Image> {
    (0u8..3).prop_map(|n| Image { digest: Digest([n; 32]), media_type: "image/png".into() })
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let speaker = prop_oneof![Just(Speaker::System), Just(Speaker::User), Just(Speaker::Assistant)];
    (speaker, "[a-b]{0,2}", prop::collection::vec(any_image(), 0..2))
        .prop_map(|(speaker, text, images)| Turn { speaker, text: text.into(), images })
}

/// Few distinct small values among many arbitrary ones, so that equal pairs turn up.
/// NaN is left out: it does not equal itself.
pub(crate) fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Missing),
        any::<bool>().prop_map(Value::Bool),
        (-2i64..3).prop_map(Value::Int),
        any::<i64>().prop_map(Value::Int),
        (-2i8..3).prop_map(|half| Value::Float(f64::from(half) / 2.0)),
        prop::num::f64::ANY.prop_filter("not NaN", |f| !f.is_nan()).prop_map(Value::Float),
        "[a-c]{0,2}".prop_map(Value::text),
        any::<String>().prop_map(Value::text),
        (-9999i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Value::Date(jiff::civil::date(y, m, d))),
        any_image().prop_map(|image| Value::Image(Arc::new(image))),
        any_json().prop_map(|json| Value::Json(Arc::new(json))),
        prop::collection::vec(any_turn(), 0..3).prop_map(|turns| Value::Turns(turns.into())),
        any::<u128>().prop_map(|id| Value::Id(RowId(id))),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let some = prop::collection::vec(inner, 0..4);
        prop_oneof![
            some.clone().prop_map(|items| Value::List(items.into())),
            some.prop_map(|fields| Value::Record(fields.into())),
        ]
    })
}

pub(crate) fn any_row() -> impl Strategy<Value = Row> {
    let reason = prop_oneof![
        Just(Reason::Blocked),
        Just(Reason::Invalid),
        Just(Reason::Failed),
        Just(Reason::Missing),
        Just(Reason::Unreadable),
        Just(Reason::Undefined),
    ];
    let failure = (reason, any::<String>(), any::<u32>(), any::<String>()).prop_map(
        |(reason, message, attempts, excerpt)| {
            Arc::new(Failure { reason, message: message.into(), attempts, excerpt: excerpt.into() })
        },
    );
    (any::<u128>(), prop::collection::vec(any_value(), 0..4), prop::option::of(failure))
        .prop_map(|(id, values, failure)| Row { id: RowId(id), values, failure })
}
