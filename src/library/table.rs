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
    native!("attack.cut_in_two", draws::cut_in_two),
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
    native!("prelude.abs", numbers::abs),
    native!("prelude.after", texts::after),
    native_of_missing!("prelude.as_json", json::as_json),
    native!("prelude.assistant", conversations::assistant),
    native!("prelude.before", texts::before),
    native!("prelude.ceiling", numbers::ceiling),
    native!("prelude.chance", draws::chance),
    native!("prelude.choose", draws::choose),
    native!("prelude.concatenate", lists::concatenate),
    native!("prelude.contains", texts::contains),
    native!("prelude.conversation", conversations::conversation),
    native!("prelude.cosine", similarity::cosine),
    native!("prelude.day", dates::day),
    native!("prelude.days_between", dates::days_between),
    native!("prelude.distinct", lists::distinct),
    native!("prelude.ends_with", texts::ends_with),
    native!("prelude.exp", numbers::exp),
    native!("prelude.first", lists::first),
    native!("prelude.flatten", lists::flatten),
    native!("prelude.floor", numbers::floor),
    native_of_missing!("prelude.index_of", lists::index_of),
    native!("prelude.is_empty", lists::is_empty),
    native!("prelude.join_text", texts::join_text),
    native!("prelude.json_list", json::json_list),
    native!("prelude.json_number", json::json_number),
    native!("prelude.json_part", json::json_part),
    native!("prelude.json_text", json::json_text),
    native!("prelude.label_in", answers::label_in),
    native!("prelude.larger", numbers::larger),
    native!("prelude.largest", numbers::largest),
    native!("prelude.last", lists::last),
    native!("prelude.length", lists::length),
    native!("prelude.lettered", answers::lettered),
    native!("prelude.lines", texts::lines),
    native!("prelude.log", numbers::log),
    native!("prelude.lower", texts::lower),
    native!("prelude.mean", numbers::mean),
    native!("prelude.month", dates::month),
    native!("prelude.most_common", lists::most_common),
    native!("prelude.pick", draws::pick),
    native!("prelude.power", numbers::power),
    native!("prelude.present", lists::present),
    native!("prelude.random_float", draws::random_float),
    native!("prelude.random_int", draws::random_int),
    native!("prelude.range", lists::range),
    native!("prelude.read_json", json::read_json),
    native!("prelude.replace", texts::replace),
    native_of_missing!("prelude.required", presence::required),
    native!("prelude.reverse", lists::reverse),
    native!("prelude.round", numbers::round),
    native!("prelude.said_by", conversations::said_by),
    native!("prelude.sentences", texts::sentences),
    native!("prelude.shuffle", draws::shuffle),
    native!("prelude.skip", lists::skip),
    native!("prelude.smaller", numbers::smaller),
    native!("prelude.smallest", numbers::smallest),
    native!("prelude.sort", lists::sort),
    native!("prelude.split", texts::split),
    native!("prelude.sqrt", numbers::sqrt),
    native!("prelude.starts_with", texts::starts_with),
    native!("prelude.sum", numbers::sum),
    native!("prelude.system", conversations::system),
    native!("prelude.take", lists::take),
    native!("prelude.to_date", dates::to_date),
    native!("prelude.to_float", texts::to_float),
    native!("prelude.to_int", texts::to_int),
    native_of_missing!("prelude.to_json", json::to_json),
    native!("prelude.trim", texts::trim),
    native!("prelude.truncate", texts::truncate),
    native!("prelude.upper", texts::upper),
    native!("prelude.user", conversations::user),
    native!("prelude.word_list", texts::word_list),
    native!("prelude.words", texts::words),
    native!("prelude.year", dates::year),
    native!("text.base64", encodings::base64),
    native!("text.binary", encodings::binary),
    native!("text.code_points", encodings::code_points),
    native!("text.edit_similarity", similarity::edit_similarity),
    native!("text.first_number", answers::first_number),
    native!("text.hex", encodings::hex),
    native!("text.in_words", encodings::in_words),
    native!("text.leetspeak", encodings::leetspeak),
    native!("text.letter", answers::letter),
    native!("text.letter_choice", answers::letter_choice),
    native!("text.morse", encodings::morse),
    native!("text.normalize", answers::normalize),
    native!("text.reversed", encodings::reversed),
    native!("text.rot13", encodings::rot13),
    native!("text.run_overlap", similarity::run_overlap),
    native!("text.same_answer", answers::same_answer),
    native!("text.truncate_bytes", texts::truncate_bytes),
    native!("text.truncate_words", texts::truncate_words),
    native!("text.url", encodings::url),
    native!("text.whole_words", texts::whole_words),
    native!("text.word_overlap", similarity::word_overlap),
    native!("text.yes_no", answers::yes_no),
];
