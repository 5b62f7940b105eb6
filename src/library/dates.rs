//! Natives over dates.

use jiff::ToSpan;

use crate::data::value::Value;

use super::call::{Answer, Call, Undefined};

pub(super) fn to_date(call: &mut Call<'_>) -> Answer {
    Ok(call.text(0)?.trim().parse().map_or(Value::Missing, Value::Date))
}

pub(super) fn year(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.date(0)?.year().into()))
}

pub(super) fn month(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.date(0)?.month().into()))
}

pub(super) fn day(call: &mut Call<'_>) -> Answer {
    Ok(Value::Int(call.date(0)?.day().into()))
}

/// From the first date to the second.
pub(super) fn days_between(call: &mut Call<'_>) -> Answer {
    let (from, to) = (call.date(0)?, call.date(1)?);
    Ok(Value::Int(from.duration_until(to).as_hours() / 24))
}

pub(super) fn plus_days(call: &mut Call<'_>) -> Answer {
    let (date, days) = (call.date(0)?, call.int(1)?);
    let later = 0.days().try_days(days).and_then(|span| date.checked_add(span));
    later.map(Value::Date).map_err(|_| Undefined(format!("{days} days from {date} there is no date")))
}
