//! Natives over dates.

use crate::data::value::Value;

use super::call::{Answer, Call};

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
