//! What the value of a setting can be, whichever model it is for.

use crate::data::value::Value;

/// What a setting's value has to be, where this is none that any model takes.
pub fn wanted_instead(name: &str, value: &Value) -> Option<&'static str> {
    let number = match value {
        Value::Int(whole) => Some(*whole as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    };
    let (fits, wanted) = match name {
        "temperature" => {
            (number.is_some_and(|it| it.is_finite() && it >= 0.0), "a number that is not below 0")
        }
        "top_p" => (number.is_some_and(|it| (0.0..=1.0).contains(&it)), "a number between 0 and 1"),
        "max_tokens" => (token_limit(value).is_some(), "a whole number between 1 and 4294967295"),
        "seed" => (matches!(value, Value::Int(_)), "a whole number"),
        "stop" => (stop_words(value).is_some(), "one text or several, none of them empty"),
        "reasoning_effort" => {
            (matches!(value, Value::Text(text) if !text.is_empty()), "a text that is not empty")
        }
        "size" => (picture_size(value).is_some(), "a width and a height in pixels, such as \"1024x1024\""),
        _ => (true, ""),
    };
    (!fits).then_some(wanted)
}

/// The most tokens of a reply.
pub fn token_limit(value: &Value) -> Option<u32> {
    match value {
        Value::Int(whole) => u32::try_from(*whole).ok().filter(|limit| *limit > 0),
        _ => None,
    }
}

/// The texts that end a reply; one may stand alone.
pub fn stop_words(value: &Value) -> Option<Vec<std::sync::Arc<str>>> {
    let word = |value: &Value| match value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    match value {
        Value::List(words) => words.iter().map(word).collect(),
        value => word(value).map(|word| vec![word]),
    }
}

/// `1024x768`: width and height in pixels.
pub fn picture_size(value: &Value) -> Option<(u32, u32)> {
    let Value::Text(text) = value else { return None };
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| {
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|side| is_plain && *side > 0)
    };
    Some((side(width)?, side(height)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_whole_numbers_of_pixels() {
        let size = |text: &str| picture_size(&Value::text(text));
        assert_eq!(size("1024x768"), Some((1024, 768)));
        for wrong in
            ["big", "1024", "x", "1024x", "0x768", "-1x2", "+1x2", "1024x768x3", "1024 x 768", "1e3x4"]
        {
            assert_eq!(size(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_no_model_takes_is_told() {
        let refused = |name: &str, value: Value| wanted_instead(name, &value).is_some();
        assert!(refused("temperature", Value::Float(-0.1)) && !refused("temperature", Value::Int(0)));
        assert!(refused("top_p", Value::Float(1.5)) && !refused("top_p", Value::Float(1.0)));
        assert!(refused("max_tokens", Value::Int(0)) && refused("max_tokens", Value::Int(1 << 40)));
        assert!(refused("seed", Value::Missing) && !refused("seed", Value::Int(-3)));
        assert!(refused("stop", Value::text("")) && !refused("stop", Value::list([Value::text("end")])));
        assert!(refused("stop", Value::list([Value::Missing])));
        assert!(refused("reasoning_effort", Value::text("")));
    }
}
