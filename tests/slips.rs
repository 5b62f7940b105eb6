//! One-edit slips in the project's sound files: a letter of a name changed, dropped or doubled; a
//! bracket, quote or keyword lost; a type swapped; a clause removed. Whatever changes the meaning of a
//! file or breaks it should be refused, at the line of the slip. `docs/slips.md` has the figures of
//! all of them, made by `cargo run --release --example slips`; here a fixed choice is tried.

pub(crate) mod meaning;
mod slip;
pub(crate) mod sound;
pub(crate) mod token;
mod verdict;

use std::collections::BTreeMap;

use slip::{Slip, SlipKind, slips};
use sound::{Sound, sound_files};
use verdict::{Verdict, verdict};

/// How many slips are tried of each kind. `SLIPS=1000` tries more.
fn wanted() -> usize {
    std::env::var("SLIPS").ok().and_then(|count| count.parse().ok()).unwrap_or(25)
}

/// Slips of each kind, evenly over all files.
fn chosen(files: &[Sound]) -> BTreeMap<SlipKind, Vec<(&Sound, Slip)>> {
    let mut all: BTreeMap<SlipKind, Vec<(&Sound, Slip)>> = BTreeMap::new();
    for file in files {
        for slip in slips(&file.text) {
            all.entry(slip.kind).or_default().push((file, slip));
        }
    }
    for some in all.values_mut() {
        let every = some.len().div_ceil(wanted());
        let mut turn = 0;
        some.retain(|_| {
            turn += 1;
            turn % every == 0
        });
    }
    all
}

/// Of those that matter, the least share in a hundred that must be refused at its line. What is left
/// of the last two is listed with its reason in `docs/slips.md`: a type of data that only the data
/// could contradict, a clause that may be left out.
fn least(kind: SlipKind) -> usize {
    match kind {
        SlipKind::LetterChanged | SlipKind::LetterDropped | SlipKind::LetterDoubled => 95,
        SlipKind::BracketLost | SlipKind::QuoteLost => 97,
        SlipKind::KeywordLost => 92,
        SlipKind::TypeSwapped => 70,
        SlipKind::ClauseRemoved => 40,
    }
}

#[test]
fn a_slip_is_refused_at_its_line() {
    let files = sound_files();
    assert!(files.len() > 25, "only {} sound files", files.len());
    let mut meanings: BTreeMap<String, String> = BTreeMap::new();
    for (kind, some) in chosen(&files) {
        let (mut matter, mut refused) = (0, 0);
        let mut others = Vec::new();
        for (file, slip) in some {
            let sound =
                meanings.entry(file.name()).or_insert_with(|| meaning::numbers(file, &file.text).unwrap());
            match verdict(file, sound, &slip) {
                Verdict::Harmless => continue,
                Verdict::Told | Verdict::Shown => refused += 1,
                other => others.push(format!("{}: {slip:?} {other:?}", file.name())),
            }
            matter += 1;
        }
        assert!(matter > 0, "no slip of {kind:?} matters");
        let share = refused * 100 / matter;
        assert!(share >= least(kind), "{kind:?}: {refused} of {matter}\n{}", others.join("\n"));
    }
}

/// Two slips in one file hide nothing of each other, wherever they are, unless they meet in one step or
/// one of them takes away what the other would be told by.
#[test]
fn two_slips_are_both_told() {
    let text = |name: &str, bracket: &str, word: &str| {
        format!(
            "pipeline two.slips @ 1.0.0\n\nmodels targets: chat\n\ncurate facts {{\n  rows [{{ q = \"a\", gold = \"b\" }}]\n  \
             where words({name}) > 0\n  let shout = upper(q{bracket}\n  let loud = lower(gold)\n}}\n\n\
             query replies from facts to targets {{\n  {word} \"{{{{shout}}}} {{{{loud}}}}\"\n}}\n\n\
             judge verdicts from replies {{\n  verdict right: bool = reply == gold\n}}\n\n\
             measure accuracy from verdicts {{\n  by model\n  metric right = rate(right) better higher\n  missing excluded\n}}\n"
        )
    };
    let codes = |text: String| -> Vec<&'static str> {
        let file = Sound { path: "two.tgp".into(), text: text.clone() };
        file.check(&text, None).diagnostics.iter().map(|told| told.code).collect()
    };
    assert_eq!(codes(text("q", ")", "user")), Vec::<&str>::new());
    assert_eq!(codes(text("qq", ")", "user")), ["unknown-column"]);
    assert_eq!(codes(text("qq", "", "user")), ["unknown-column", "unclosed-bracket"]);
    assert_eq!(codes(text("qq", ")", "usre")), ["unknown-column", "unknown-step"]);
    assert_eq!(codes(text("qq", "", "usre")), ["unknown-column", "unclosed-bracket", "unknown-step"]);
}

/// A slip in one item, and one that breaks the writing of another: both are told.
#[test]
fn a_broken_item_hides_no_other() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/safety/jailbreak.tgp");
    let text = std::fs::read_to_string(&path).unwrap();
    let file = Sound { path, text: text.clone() };
    let edits = [
        ("  key group, topic\n", "  key grup, topic\n", "unknown-column"),
        ("  keep original\n", "  keep orignal\n", "unknown-column"),
        ("  when blocked -> refused\n", "  when blocked -> (refused\n", "unclosed-bracket"),
        ("  title \"Jailbreak\"\n", "  title \"Jailbreak\n", "unclosed-string"),
        ("by = author)\n  keep", "by = athor)\n  keep", "unknown-model"),
        ("  missing excluded\n}\n\nreport", "}\n\nreport", "missing-policy"),
    ];
    for (at, (was, is, code)) in edits.iter().enumerate() {
        assert!(text.contains(was), "{was}");
        for (other_was, other_is, other) in &edits[at + 1..] {
            // What these two say stands on neighbouring lines of one node.
            if was.contains("keep") && other_was.contains("keep") {
                continue;
            }
            let slipped = text.replacen(was, is, 1).replacen(other_was, other_is, 1);
            let told = file.check(&slipped, None).diagnostics;
            for code in [code, other] {
                assert!(
                    told.iter().any(|told| told.code == *code),
                    "{is:?} and {other_is:?}: no {code} in {told:#?}"
                );
            }
        }
    }
}
