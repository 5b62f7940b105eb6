//! Makes every slip in every sound file of the project and counts what becomes of it.
//!
//! `cargo run --release --example slips -- [EVERY] [FILE]`: one in EVERY slips (1 without it), of the
//! files whose path holds FILE. Prints each slip that is not told at its line, and a table.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    dead_code,
    reason = "a program for the project's own workshop, that shares its files with the tests"
)]

#[path = "../tests/slips/meaning.rs"]
mod meaning;
#[path = "../tests/slips/slip.rs"]
mod slip;
#[path = "../tests/slips/sound.rs"]
mod sound;
#[path = "../tests/slips/token.rs"]
mod token;
#[path = "../tests/slips/verdict.rs"]
mod verdict;

use std::collections::BTreeMap;

use slip::SlipKind;
use verdict::Verdict;

fn main() {
    let every: usize = std::env::args().nth(1).and_then(|every| every.parse().ok()).unwrap_or(1);
    let only = std::env::args().nth(2).unwrap_or_default();
    // Harmless, told, shown, elsewhere, silent.
    let mut counts: BTreeMap<SlipKind, [usize; 5]> = BTreeMap::new();
    let mut turn = 0_usize;
    for file in sound::sound_files().iter().filter(|file| file.name().contains(&only)) {
        let Some(sound) = meaning::numbers(file, &file.text) else {
            println!("no meaning: {}", file.name());
            continue;
        };
        for slip in slip::slips(&file.text) {
            turn += 1;
            // Not in step with the three slips of each letter.
            if !(turn.wrapping_mul(2_654_435_761) >> 7).is_multiple_of(every) {
                continue;
            }
            let verdict = verdict::verdict(file, &sound, &slip);
            let place = match &verdict {
                Verdict::Harmless => 0,
                Verdict::Told => 1,
                Verdict::Shown => 2,
                Verdict::Elsewhere(_) => 3,
                Verdict::Silent => 4,
            };
            counts.entry(slip.kind).or_default()[place] += 1;
            if matches!(verdict, Verdict::Elsewhere(_) | Verdict::Silent) {
                let line = file.text[..slip.range.start].matches('\n').count() + 1;
                let text = slip.apply(&file.text);
                let was = file.text.lines().nth(line - 1).unwrap_or("").trim();
                let is = text.lines().nth(line - 1).unwrap_or("").trim();
                println!("{:?} {}:{line} {verdict:?}\n    {was}\n    {is}", slip.kind, file.name());
            }
        }
    }
    println!(
        "| slip | made | change or break | told first at its line | its line shown | elsewhere | silent | refused at its line |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut all = [0; 5];
    for kind in SlipKind::ALL {
        let count = counts.get(&kind).copied().unwrap_or_default();
        row(kind.called(), count);
        (0..5).for_each(|at| all[at] += count[at]);
    }
    row("all", all);
}

fn row(called: &str, count: [usize; 5]) {
    let [harmless, told, shown, elsewhere, silent] = count;
    let made: usize = count.iter().sum();
    let matter = made - harmless;
    let share = (told + shown) as f64 / matter.max(1) as f64 * 100.0;
    println!("| {called} | {made} | {matter} | {told} | {shown} | {elsewhere} | {silent} | {share:.2}% |");
}
