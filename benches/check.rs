//! How long checking takes, by the number of nodes: `cargo bench --bench check`. A file of 100 nodes
//! should take less than 10 ms, one of 1,000 less than 50 ms.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program that measures"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use tgp::check::{LoadProblem, Loader, Overrides, check};
use tgp::diagnostics::source::Source;

struct NoFiles;

impl Loader for NoFiles {
    fn file(&self, _: Option<&Path>, path: &str) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NotFound { path: path.into() })
    }

    fn package(&self, _: &str, _: Option<&str>) -> Result<Source, LoadProblem> {
        Err(LoadProblem::NoPackage)
    }
}

/// A file of pipelines side by side, each of six nodes and of every kind, with a test for one in ten.
fn file(nodes: usize) -> String {
    let mut text = String::from(
        "pipeline some.size @ 1.0.0\n\nuse std.perturb { typo }\nuse std.text { same_answer }\nuse std.judge { agrees_with_gold }\n\n\
         param least: int = 1\n\nmodel author: chat\nmodel grader: chat\nmodels targets: chat\n",
    );
    for at in 0..nodes / 6 {
        write!(
            text,
            r#"
curate facts{at} {{
  rows [{{ country = "France", capital = "Paris" }}, {{ country = "Japan", capital = "Tokyo" }}]
  key country
}}

generate questions{at} from facts{at} {{
  let hint = ask author "Say in a word where {{{{country}}}} lies."
  let question = "What is the capital of {{{{country}}}}? It lies in {{{{hint}}}}."
  where words(question) > least
}}

vary asked{at} from questions{at} {{
  on question
  with [typo]
  keep original
}}

query answers{at} from asked{at} to targets {{
  system "Answer with a name alone."
  user question
  temperature 0
}}

judge verdicts{at} from answers{at} by grader {{
  verdict correct: bool = if same_answer(reply, capital) then true else agrees_with_gold(origin.question, reply, capital)
  when blocked -> false
}}

measure accuracy{at} from verdicts{at} {{
  by model, variant
  metric accuracy = rate(correct) better higher
  total over variant macro
  interval 95% by facts{at}
  missing excluded
}}
"#
        )
        .unwrap();
    }
    text
}

/// The shortest of several turns: what the machine can do when nothing else wants it.
fn shortest(turns: usize, mut run: impl FnMut()) -> Duration {
    let turn = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..turns).map(turn).min().unwrap()
}

fn main() {
    for nodes in [6, 102, 1002] {
        let text = file(nodes);
        let checked = || check(Source::new("some.tgp", None, text.as_str()), &NoFiles, &Overrides::default());
        assert!(checked().diagnostics.is_empty(), "{:?}", checked().diagnostics);
        let parsing = shortest(20, || {
            drop(tgp::syntax::parse::parse(tgp::diagnostics::source::SourceId(0), &text));
        });
        let checking = shortest(20, || drop(checked()));
        println!(
            "{nodes:>5} nodes, {:>6} bytes: {:>7.2} ms, of which reading {:>7.2} ms",
            text.len(),
            checking.as_secs_f64() * 1e3,
            parsing.as_secs_f64() * 1e3
        );
    }
}
