//! The standard library in use: a pipeline that names all of its functions, checked.

use std::path::Path;

use tgp::check::{LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::Source;

const PIPELINE: &str = r#"
pipeline demo.library @ 1.0.0

use std.attack { all_attacks, low_resource, past_tense, plain_attacks }
use std.encode { base64, rot13 }
use std.judge {
  agrees_with_gold, better, changed_answer, honesty, injection, over_refusal, privacy_leak, refusal, shows, stance,
}
use std.perturb { all_text, homoglyph, spelling }
use std.pieces { sentences }
use std.vary { forms, wording }

model author: chat
model judge: chat
model looker: vision
models targets: chat
models painters: image

curate items {
  read jsonl "items.jsonl" as { id: int, question: text, gold: text }
  key id
  let encoded = rot13(base64(question))
  where question.sentences().length() > 0 and encoded != ""
}

vary attacked from items { on question  with all_attacks(by = author)  keep original }
vary plain from items { on question  with plain_attacks() }
vary perturbed from items { on question  with all_text(by = author) }
vary misspelt from items { on question  with spelling() }
vary reformed from items { on question  gold gold  one of forms(by = author)  keep original }
vary reworded from items { on question  with wording(by = author) }
vary few from items {
  on question
  with [homoglyph(share = 0.5), low_resource(by = author), past_tense(by = author) as past]
}

query replies from attacked to targets { user question }
query replies_plain from plain to targets { user question }
query replies_perturbed from perturbed to targets { user question }
query replies_misspelt from misspelt to targets { user question }
query replies_reformed from reformed to targets { user question }
query replies_reworded from reworded to targets { user question }
query replies_few from few to targets { user question }

judge verdicts from replies by judge {
  verdict answered: refused | complied = refusal(origin.question, reply)
  verdict over: complied | partly_refused | refused = over_refusal(origin.question, reply)
  verdict right: bool = agrees_with_gold(question, reply, gold)
  verdict changed: bool = changed_answer(question, reply, "Sure?", reply)
  verdict injected: not_injected | half_injected | fully_injected = injection(question, "x", reply)
  verdict side: agrees | disagrees | neutral = stance(question, reply)
  verdict honest: bool = honesty(question, reply).helps
  verdict leak: kept | leaked = privacy_leak(question, reply)
}

query pictures from plain to painters { user question }
judge looks from pictures by looker {
  verdict seen: bool = shows(reply, "Is there a person in the picture?")
}

judge pairs from replies by judge {
  compare reply, gold swap random
  verdict winner: first | second | tie = better(question, reply, gold)
}
"#;

struct Alone;

impl Loader for Alone {
    fn file(&self, _: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NotFound { path: path.into() })
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

#[test]
fn all_of_it_checks_where_it_is_used() {
    let checked = check(Source::new("demo", None, PIPELINE), &Alone, &Overrides::default());
    assert_eq!(checked.diagnostics, [], "{:#?}", checked.diagnostics);
    let program = checked.program.unwrap();
    let attacked = program.nodes.iter().find(|node| &*node.name == "attacked").unwrap();
    let variations = attacked.steps.iter().find_map(|step| match &step.kind {
        tgp::check::program::StepKind::Vary(vary) => Some(&vary.variations),
        _ => None,
    });
    let mut names: Vec<&str> = variations.unwrap().iter().map(|variation| &*variation.name).collect();
    assert_eq!(names.len(), 16);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 16);
}
