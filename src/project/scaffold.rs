//! The files of a new project: one that runs at once, offline.

use std::path::PathBuf;

const CONFIG: &str = include_str!("scaffold/tgp.toml");
const IGNORE: &str = include_str!("scaffold/gitignore");
const PIPELINE: &str = include_str!("scaffold/pipeline.tgp");
const FACTS: &str = include_str!("scaffold/facts.jsonl");

/// Where the templates have the pipeline's name.
const NAME: &str = "PIPELINE_NAME";

/// The files of a project of that name, by their paths in its folder; the pipeline's is the one
/// that ends in `.tgp`. Any name will do; what a pipeline can't be called by is left out of it.
pub fn scaffold(name: &str) -> Vec<(PathBuf, String)> {
    let name = pipeline_name(name);
    [
        (format!("{name}.tgp"), PIPELINE.replace(NAME, &name)),
        ("data/facts.jsonl".to_owned(), FACTS.to_owned()),
        ("tgp.toml".to_owned(), CONFIG.replace(NAME, &name)),
        (".gitignore".to_owned(), IGNORE.to_owned()),
    ]
    .map(|(path, text)| (PathBuf::from(path), text))
    .into()
}

/// `My-Benchmark` as a word of the language: `my_benchmark`.
fn pipeline_name(name: &str) -> String {
    let words = name.to_lowercase();
    let words: Vec<&str> =
        words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.join("_") {
        name if name.is_empty() => "benchmark".to_owned(),
        name if name.starts_with(|c: char| c.is_ascii_digit()) || is_taken(&name) => {
            format!("benchmark_{name}")
        }
        name => name,
    }
}

/// Whether the name means something else where it would stand.
fn is_taken(name: &str) -> bool {
    let header = format!("pipeline {name} @ 0.1.0\n");
    name == "std"
        || !crate::syntax::parse::parse(crate::diagnostics::source::SourceId(0), &header).1.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::source::SourceId;
    use crate::project::config::Config;

    #[test]
    fn any_name_makes_a_pipeline_that_parses() {
        for name in
            ["safety", "My Benchmark-2", "2026", "", "..", "pipeline", "std", "model", "if", "Überprüfung"]
        {
            let files = scaffold(name);
            let (path, text) = &files[0];
            let problems = crate::syntax::parse::parse(SourceId(0), text).1;
            assert!(problems.is_empty(), "{name}: {path:?} {problems:#?}");
            assert!(!text.contains(NAME));
        }
        assert_eq!(scaffold("My Benchmark-2")[0].0, PathBuf::from("my_benchmark_2.tgp"));
        assert_eq!(scaffold("2026")[0].0, PathBuf::from("benchmark_2026.tgp"));
    }

    #[test]
    fn the_configuration_is_sound_as_it_stands_and_with_its_examples() {
        let files = scaffold("x");
        let (_, config) = files.iter().find(|(path, _)| path.ends_with("tgp.toml")).unwrap();
        let plain = Config::parse(SourceId(0), config).unwrap();
        assert!(plain.models.is_empty());
        // An example is a comment without a space after its mark.
        let example = |line: &str| match line.strip_prefix('#') {
            Some(code) if !code.starts_with(' ') => code.to_owned(),
            _ => line.to_owned(),
        };
        let whole: Vec<String> = config.lines().map(example).collect();
        let whole = Config::parse(SourceId(0), &whole.join("\n")).unwrap();
        assert!(!whole.models.is_empty() && !whole.endpoints.is_empty() && !whole.dependencies.is_empty());
    }
}
