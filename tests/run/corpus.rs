//! Every form of the language, executed: files whose tests plant a truth and expect exact numbers.

use std::path::PathBuf;
use std::sync::Arc;

use tgp::check::Overrides;
use tgp::session::Opened;
use tgp::session::trial::try_test;
use tgp::world::{Machine, World};

use super::project::repository;

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(repository().join("tests/corpus/run")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "tgp"));
    files.sort();
    files
}

#[test]
fn every_form_gives_what_was_planted() {
    let world: Arc<dyn World> = Arc::new(Machine);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for file in files() {
        let opened = Opened::new(&file, &Overrides::default(), &world).unwrap();
        assert!(opened.diagnostics.is_empty(), "{}: {:?}", file.display(), opened.diagnostics);
        for test in &opened.sound().unwrap().tests {
            tried += 1;
            let result =
                runtime.block_on(try_test(&file, &test.name, &Overrides::default(), None, &world)).unwrap();
            if let Err(broken) = result.outcome {
                let told = broken.iter().map(|one| format!("  {}\n    {}\n", one.text, one.message));
                wrong.push(format!("{}: {}\n{}", file.display(), test.name, told.collect::<String>()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried >= 40, "only {tried} tests");
}

/// Steps, clauses and aggregates of the reference: each stands in the corpus at least once.
#[test]
fn no_form_is_left_out() {
    let all: String = files().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let forms = [
        "read ",
        "rows [",
        "rows 30 {",
        "key ",
        "where ",
        "let {",
        "let ",
        "keep ",
        "drop ",
        "rename ",
        "explode ",
        "cross ",
        "join right on id\n",
        "join right on id left",
        "join right on id random",
        "union ",
        "group ",
        "sample 4 per ",
        "sample up to ",
        "repeat ",
        "dedup by ",
        "order by ",
        "batch ",
        "unbatch",
        "require ",
        "search ",
        "fetch ",
        "stage ",
        "adds {",
        "returns ",
        "retry ",
        "until ",
        "_repaired",
        "_failure",
        "otherwise drop",
        "otherwise \"",
        "samples ",
        "system ",
        "user ",
        "turns [",
        "image ",
        "temperature ",
        "max_tokens ",
        "on question",
        "with [",
        "one of [",
        "keep original",
        "gold gold",
        "-> variations",
        "variant",
        "origin.",
        "verdict ",
        "when blocked ->",
        "vote majority",
        "vote unanimous",
        "vote mean",
        "both orders",
        "swap random",
        "labels jsonl",
        "_by_judge",
        "better higher",
        "better lower",
        "better near",
        "baseline form ==",
        "baseline(",
        "pooled",
        "macro",
        "wilson",
        "normal",
        "bootstrap",
        "by items",
        "missing excluded",
        "missing zero",
        "missing one",
        "rate(",
        "mean(",
        "sum(",
        "count(",
        "min(",
        "max(",
        "std(",
        "quantile(",
        "ratio(",
        "relative_change(",
        "weighted(",
        "kappa(",
        "alpha(",
        "all(",
        "any(",
        "collect(",
        "first(",
        "bind ",
        "set ",
        "replace ",
        "take ",
        "seeds ",
        "expect ",
        "within ",
        "scripted",
        "replay(",
        "blocked",
        "empty",
        "cut(",
        "failed",
        "seed ",
        "dynamic",
        "use ",
        "param ",
        "model ",
        "models ",
        "type ",
        "fn ",
    ];
    let absent: Vec<&str> = forms.into_iter().filter(|form| !all.contains(form)).collect();
    assert!(absent.is_empty(), "in no file of tests/corpus/run: {absent:?}");
}
