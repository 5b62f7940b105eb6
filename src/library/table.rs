//! All natives by name.

use crate::text::{
    case, emoji, homoglyph, inner_letter, insertion, number_words, punctuation, spacing, stretch, typo,
    word_order,
};

use super::call::{Native, lifted};
use super::perturbations::perturb;
use super::{
    answers, conversations, dates, draws, encodings, json, lists, numbers, presence, similarity, texts,
};

/// A native whose result is missing where an argument is.
macro_rules! native {
    ($name:literal, $run:path) => {
        Native { name: $name, version: 1, run: |call| lifted(call, $run) }
    };
}

/// A native that takes what is missing as it takes anything else.
macro_rules! native_of_missing {
    ($name:literal, $run:path) => {
        Native { name: $name, version: 1, run: $run }
    };
}

macro_rules! perturbation {
    ($name:literal, $apply:path) => {
        Native { name: $name, version: 1, run: |call| lifted(call, |call| perturb(call, $apply)) }
    };
}

/// Sorted by name. A change of what one gives for the same arguments counts its version up.
pub(super) static NATIVES: &[Native] = &[
    native!("encode.base64", encodings::base64),
    native!("encode.binary", encodings::binary),
    native!("encode.code_points", encodings::code_points),
    native!("encode.hex", encodings::hex),
    native!("encode.in_words", encodings::in_words),
    native!("encode.leetspeak", encodings::leetspeak),
    native!("encode.morse", encodings::morse),
    native!("encode.reversed", encodings::reversed),
    native!("encode.rot13", encodings::rot13),
    native!("encode.url", encodings::url),
    perturbation!("perturb.capital_letter", inner_letter::capital_letter),
    perturbation!("perturb.distract", insertion::distract),
    perturbation!("perturb.emoji", emoji::emoji),
    perturbation!("perturb.extra_punctuation", punctuation::extra_punctuation),
    perturbation!("perturb.extra_spaces", spacing::extra_spaces),
    perturbation!("perturb.homoglyph", homoglyph::homoglyph),
    perturbation!("perturb.lower_case", case::lower_case),
    perturbation!("perturb.missing_letter", inner_letter::missing_letter),
    perturbation!("perturb.missing_punctuation", punctuation::missing_punctuation),
    perturbation!("perturb.missing_spaces", spacing::missing_spaces),
    perturbation!("perturb.missing_words", word_order::missing_words),
    perturbation!("perturb.number_words", number_words::number_words),
    perturbation!("perturb.random_case", case::random_case),
    perturbation!("perturb.repeated_letter", inner_letter::repeated_letter),
    perturbation!("perturb.repeated_words", word_order::repeated_words),
    perturbation!("perturb.separators", spacing::separators),
    perturbation!("perturb.social_tags", insertion::social_tags),
    perturbation!("perturb.spaced_upper_case", case::spaced_upper_case),
    perturbation!("perturb.split_words", inner_letter::split_words),
    perturbation!("perturb.stretch", stretch::stretch),
    perturbation!("perturb.swap_letters", inner_letter::swap_letters),
    perturbation!("perturb.swap_words", word_order::swap_words),
    perturbation!("perturb.typo", typo::typo),
    perturbation!("perturb.upper_case", case::upper_case),
    perturbation!("perturb.url_insert", insertion::url_insert),
    native!("pieces.cut_in_two", draws::cut_in_two),
    native!("pieces.run_overlap", similarity::run_overlap),
    native!("pieces.sentences", texts::sentences),
    native!("pieces.truncate_bytes", texts::truncate_bytes),
    native!("pieces.truncate_words", texts::truncate_words),
    native!("pieces.whole_words", texts::whole_words),
    native!("pieces.word_list", texts::word_list),
    native!("prelude.abs", numbers::abs),
    native_of_missing!("prelude.as_json", json::as_json),
    native!("prelude.assistant", conversations::assistant),
    native!("prelude.at", lists::at),
    native!("prelude.ceiling", numbers::ceiling),
    native!("prelude.chance", draws::chance),
    native!("prelude.characters", texts::characters),
    native!("prelude.choose", draws::choose),
    native!("prelude.choose_some", draws::choose_some),
    native!("prelude.concatenate", lists::concatenate),
    native!("prelude.contains", texts::contains),
    native!("prelude.conversation", conversations::conversation),
    native!("prelude.cosine", similarity::cosine),
    native!("prelude.day", dates::day),
    native!("prelude.days_between", dates::days_between),
    native!("prelude.ends_with", texts::ends_with),
    native!("prelude.first", lists::first),
    native!("prelude.floor", numbers::floor),
    native!("prelude.join_text", texts::join_text),
    native!("prelude.json_bool", json::json_bool),
    native!("prelude.json_list", json::json_list),
    native!("prelude.json_number", json::json_number),
    native!("prelude.json_part", json::json_part),
    native!("prelude.json_text", json::json_text),
    native!("prelude.larger", numbers::larger),
    native!("prelude.last", lists::last),
    native!("prelude.length", lists::length),
    native!("prelude.letter", answers::letter),
    native!("prelude.lettered", answers::lettered),
    native!("prelude.lines", texts::lines),
    native!("prelude.log", numbers::log),
    native!("prelude.lower", texts::lower),
    native!("prelude.matches", texts::matches),
    native!("prelude.max_of", numbers::max_of),
    native!("prelude.mean_of", numbers::mean_of),
    native!("prelude.min_of", numbers::min_of),
    native!("prelude.month", dates::month),
    native!("prelude.numbered", answers::numbered),
    native!("prelude.parse_json", json::parse_json),
    native!("prelude.plus_days", dates::plus_days),
    native!("prelude.present", lists::present),
    native!("prelude.random_int", draws::random_int),
    native!("prelude.range", lists::range),
    native!("prelude.replace", texts::replace),
    native_of_missing!("prelude.required", presence::required),
    native!("prelude.reverse", lists::reverse),
    native!("prelude.round", numbers::round),
    native!("prelude.round_to", numbers::round_to),
    native!("prelude.shuffle", draws::shuffle),
    native!("prelude.shuffled", draws::shuffled),
    native!("prelude.similarity", similarity::similarity),
    native!("prelude.smaller", numbers::smaller),
    native!("prelude.split", texts::split),
    native!("prelude.sqrt", numbers::sqrt),
    native!("prelude.starts_with", texts::starts_with),
    native!("prelude.sum_of", numbers::sum_of),
    native!("prelude.system", conversations::system),
    native!("prelude.take_first", lists::take_first),
    native!("prelude.to_date", dates::to_date),
    native!("prelude.to_float", texts::to_float),
    native!("prelude.to_int", texts::to_int),
    native_of_missing!("prelude.to_json", json::to_json),
    native!("prelude.to_text", texts::to_text),
    native!("prelude.trim", texts::trim),
    native!("prelude.truncate", texts::truncate),
    native!("prelude.turn_count", conversations::turn_count),
    native!("prelude.turn_texts", conversations::turn_texts),
    native!("prelude.unique", lists::unique),
    native!("prelude.upper", texts::upper),
    native!("prelude.user", conversations::user),
    native!("prelude.user_with_image", conversations::user_with_image),
    native!("prelude.word_f1", similarity::word_f1),
    native!("prelude.word_overlap", similarity::word_overlap),
    native!("prelude.words", texts::words),
    native!("prelude.year", dates::year),
    native!("prelude.zip", lists::zip),
    native!("text.between", texts::between),
    native!("text.first_number", answers::first_number),
    native!("text.label_in", answers::label_in),
    native!("text.last_number", answers::last_number),
    native!("text.letter_choice", answers::letter_choice),
    native!("text.normalised", answers::normalised),
    native!("text.same_answer", answers::same_answer),
    native!("text.yes_no", answers::yes_no),
];
