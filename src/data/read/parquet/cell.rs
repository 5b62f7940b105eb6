//! A cell of a Parquet file as JSON: what the file says of its column goes over how it is stored.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::civil::{Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::record::{Field, Row};
use parquet::schema::types::Type as Column;
use serde_json::{Map, Value as Json};

use crate::data::types::{self, Type};
use crate::digest::Digest;

use super::super::images::media_type;

/// Keeps a picture that stands in a cell, and gives its digest.
pub type KeepPicture = Box<dyn FnMut(&[u8]) -> io::Result<Digest> + Send>;

/// Makes JSON of rows. What is wanted of a column decides where its values could be said in more than
/// one way.
pub(super) struct Cells<'k> {
    pub(super) keep: &'k mut KeepPicture,
}

impl Cells<'_> {
    /// A row, or a record within one; `columns` are those of the file.
    ///
    /// Errors: a picture could not be kept.
    pub(super) fn record(
        &mut self,
        row: &Row,
        columns: &Column,
        wanted: Option<&[types::Field]>,
    ) -> io::Result<Json> {
        let columns = if columns.is_group() { columns.get_fields() } else { &[] };
        let mut members = Map::new();
        for (name, field) in row.get_column_iter() {
            let column = columns.iter().find(|column| column.name() == name);
            let wanted = wanted.and_then(|fields| fields.iter().find(|field| &*field.name == name));
            let value = self.value(field, column.map(|column| &**column), wanted.map(|field| &field.kind))?;
            members.insert(name.clone(), value);
        }
        Ok(Json::Object(members))
    }

    fn value(&mut self, field: &Field, column: Option<&Column>, wanted: Option<&Type>) -> io::Result<Json> {
        let wanted = wanted.map(Type::present);
        Ok(match field {
            Field::Null => Json::Null,
            Field::Bytes(bytes) if wanted == Some(&Type::Image) => self.picture(Some(bytes.data()))?,
            Field::Group(row) => match (wanted, bytes_of(row)) {
                (Some(Type::Image), Some(bytes)) => self.picture(bytes)?,
                (Some(Type::Record(fields)), _) => self.group(row, column, Some(fields))?,
                _ => self.group(row, column, None)?,
            },
            Field::ListInternal(list) => {
                let element = column.and_then(element);
                let wanted = match wanted {
                    Some(Type::List(of)) => Some(&**of),
                    _ => None,
                };
                let items = list.elements().iter().map(|item| self.value(item, element, wanted));
                Json::Array(items.collect::<io::Result<_>>()?)
            }
            Field::MapInternal(map) => {
                let [keys, values] = column.map(entries).unwrap_or_default();
                let mut members = Map::new();
                for (key, member) in map.entries() {
                    let name = match self.value(key, keys, None)? {
                        Json::String(text) => text,
                        other => other.to_string(),
                    };
                    let wanted = match wanted {
                        Some(Type::Record(fields)) => fields.iter().find(|field| *field.name == *name),
                        _ => None,
                    };
                    members.insert(name, self.value(member, values, wanted.map(|field| &field.kind))?);
                }
                members.into()
            }
            leaf => scalar(leaf, column, wanted),
        })
    }

    fn group(
        &mut self,
        row: &Row,
        column: Option<&Column>,
        wanted: Option<&[types::Field]>,
    ) -> io::Result<Json> {
        match column {
            Some(column) => self.record(row, column, wanted),
            None => {
                let nothing = Column::group_type_builder("record").build().map_err(io::Error::other)?;
                self.record(row, &nothing, wanted)
            }
        }
    }

    /// A picture as what it is known by, its bytes kept; what is none comes as a text that says so.
    fn picture(&mut self, bytes: Option<&[u8]>) -> io::Result<Json> {
        let Some(bytes) = bytes else { return Ok(Json::from("the path of a picture without its bytes")) };
        let Some(media_type) = media_type(bytes) else {
            return Ok(Json::from("bytes that are no png, jpeg, gif or webp"));
        };
        let digest = (self.keep)(bytes)?;
        Ok(serde_json::json!({ "digest": digest.hex(), "media_type": media_type }))
    }
}

/// The bytes of a file that stands in a record as `{ bytes, path }`, where it is one: Hugging Face
/// keeps pictures so.
fn bytes_of(row: &Row) -> Option<Option<&[u8]>> {
    let (_, bytes) = row.get_column_iter().find(|(name, _)| *name == "bytes")?;
    match bytes {
        Field::Bytes(bytes) => Some(Some(bytes.data())),
        Field::Null => Some(None),
        _ => None,
    }
}

/// The column of a list's elements. See the rules for compatibility at
/// <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists>.
fn element(list: &Column) -> Option<&Column> {
    if list.is_primitive() || !is_list(list) {
        // A field that may stand there several times.
        return Some(list);
    }
    let repeated = list.get_fields().first()?;
    if repeated.is_primitive() {
        return Some(repeated);
    }
    let is_element = repeated.get_fields().len() > 1
        || repeated.name() == "array"
        || repeated.name() == format!("{}_tuple", list.name());
    if is_element && !is_list(repeated) {
        return Some(repeated);
    }
    repeated.get_fields().first().map(|element| &**element)
}

fn is_list(column: &Column) -> bool {
    let info = column.get_basic_info();
    info.converted_type() == ConvertedType::LIST || info.logical_type_ref() == Some(&LogicalType::List)
}

/// The columns of a map's keys and values.
fn entries(map: &Column) -> [Option<&Column>; 2] {
    let fields = match map.is_group().then(|| map.get_fields().first()).flatten() {
        Some(entry) if entry.is_group() => entry.get_fields(),
        _ => &[],
    };
    [fields.first().map(|key| &**key), fields.get(1).map(|value| &**value)]
}

fn scalar(field: &Field, column: Option<&Column>, wanted: Option<&Type>) -> Json {
    let info = column.map(Column::get_basic_info);
    let logical = info.and_then(|info| info.logical_type_ref());
    let is_json = info.is_some_and(|info| info.converted_type() == ConvertedType::JSON)
        || logical == Some(&LogicalType::Json);
    match (field, logical) {
        (Field::Bool(it), _) => Json::from(*it),
        (Field::Byte(it), _) => Json::from(*it),
        (Field::Short(it), _) => Json::from(*it),
        (Field::Int(it), _) => Json::from(*it),
        (Field::Long(it), Some(LogicalType::Timestamp(kind))) => {
            moment(i128::from(*it), kind.unit, kind.is_adjusted_to_u_t_c)
        }
        (Field::Long(it), Some(LogicalType::Time(kind))) => clock(*it, kind.unit),
        (Field::Long(it), _) => Json::from(*it),
        (Field::UByte(it), _) => Json::from(*it),
        (Field::UShort(it), _) => Json::from(*it),
        (Field::UInt(it), _) => Json::from(*it),
        (Field::ULong(it), _) => Json::from(*it),
        (Field::Float16(it), _) => number(it.to_f64()),
        (Field::Float(it), _) => number(f64::from(*it)),
        (Field::Double(it), _) => number(*it),
        (Field::Decimal(_), _) => decimal(&field.to_string(), wanted),
        (Field::Str(text), _) => {
            let parsed = if is_json { serde_json::from_str(text).ok() } else { None };
            parsed.unwrap_or_else(|| Json::from(text.as_str()))
        }
        (Field::Bytes(bytes), Some(LogicalType::Uuid)) => Json::from(uuid(bytes.data())),
        (Field::Bytes(bytes), _) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Json::from(text),
            Err(_) => Json::from(BASE64_STANDARD.encode(bytes.data())),
        },
        (Field::Date(days), _) => date(1970, 1, 1)
            .checked_add(i64::from(*days).days())
            .map_or_else(|_| Json::from(*days), |date| Json::from(date.to_string())),
        (Field::TimeMillis(it), _) => clock(i64::from(*it), TimeUnit::MILLIS),
        (Field::TimeMicros(it), _) => clock(*it, TimeUnit::MICROS),
        (Field::TimestampMillis(it), _) => moment(i128::from(*it), TimeUnit::MILLIS, is_universal(logical)),
        (Field::TimestampMicros(it), _) => moment(i128::from(*it), TimeUnit::MICROS, is_universal(logical)),
        (Field::Null | Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_), _) => Json::Null,
    }
}

/// Whether a moment is one of universal time and not of some place's calendar. Where only the older
/// way of saying what a column is was used, it is.
fn is_universal(logical: Option<&LogicalType>) -> bool {
    match logical {
        Some(LogicalType::Timestamp(kind)) => kind.is_adjusted_to_u_t_c,
        _ => true,
    }
}

fn nanoseconds(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::MILLIS => 1_000_000,
        TimeUnit::MICROS => 1_000,
        TimeUnit::NANOS => 1,
    }
}

/// As RFC 3339 has it, with all digits that are there. What is beyond the calendar stays a number.
fn moment(count: i128, unit: TimeUnit, universal: bool) -> Json {
    match Timestamp::from_nanosecond(count * i128::from(nanoseconds(unit))) {
        Ok(moment) if universal => Json::from(moment.to_string()),
        Ok(moment) => Json::from(TimeZone::UTC.to_datetime(moment).to_string()),
        Err(_) => i64::try_from(count).map_or(Json::Null, Json::from),
    }
}

/// A time of the day; what is none stays a number.
fn clock(count: i64, unit: TimeUnit) -> Json {
    let since = count.checked_mul(nanoseconds(unit)).map(SignedDuration::from_nanos);
    let time = since.and_then(|since| Time::midnight().checked_add(since).ok());
    time.map_or_else(|| Json::from(count), |time| Json::from(time.to_string()))
}

/// JSON has neither word: what is no number is nothing, and what is infinite no number.
fn number(it: f64) -> Json {
    match it {
        it if it.is_nan() => Json::Null,
        it if it.is_infinite() => Json::from(if it > 0.0 { "infinity" } else { "-infinity" }),
        it => Json::from(it),
    }
}

/// So many digits of a decimal a float has for certain.
const SAFE_DIGITS: usize = f64::DIGITS as usize;

/// A decimal to its last digit where text is wanted, an int where that is wanted and it is one, the
/// float next to it where that is wanted. Where anything would do, no digit is lost.
fn decimal(written: &str, wanted: Option<&Type>) -> Json {
    let whole = match written.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => "",
        None => written,
    };
    let float = || written.parse().map_or(Json::Null, |float: f64| Json::from(float));
    match wanted {
        Some(Type::Text) => Json::from(written),
        Some(Type::Int) => match whole.parse::<i64>() {
            Ok(int) => Json::from(int),
            Err(_) => Json::from(written),
        },
        Some(Type::Float) => float(),
        _ if written.bytes().filter(u8::is_ascii_digit).count() <= SAFE_DIGITS => float(),
        _ => Json::from(written),
    }
}

fn uuid(bytes: &[u8]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match hex.len() {
        32 => [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"),
        _ => hex,
    }
}
