//! The repository's own pipelines.

use super::project::{Ended, program, repository};

fn tgp(arguments: &str) -> Ended {
    let store = tempfile::tempdir().unwrap();
    let mut command = program();
    command.current_dir(repository()).args(arguments.split_whitespace());
    if arguments.starts_with("run") || arguments.starts_with("show") {
        command.arg("--store").arg(store.path());
    }
    Ended::of(command.output().unwrap())
}

fn pipelines() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![repository().join("pipelines")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "tgp") {
                found.push(path.strip_prefix(repository()).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_pipeline_is_sound_laid_out_and_holds_its_tests() {
    let files = pipelines();
    assert!(files.len() >= 2, "{files:?}");
    let all = files.join(" ");
    tgp(&format!("check {all}")).complete();
    tgp(&format!("fmt --check {all}")).complete();
    let tested = tgp(&format!("test {all}")).complete();
    assert!(!tested.out.contains("no tests"), "{}", tested.out);
}

#[test]
fn the_quickstart_tells_its_models_apart() {
    let ended = tgp("run pipelines/quickstart.tgp").complete();
    assert!(ended.out.contains("steady") && ended.out.contains("brittle"), "{}", ended.out);
}

/// 3,680 questions with the answers that UnifiedQA gave, where the data is at hand beside the
/// repository; the figures were worked out from the same file by other means.
#[test]
fn bbq_reproduces_the_published_answers() {
    let data = repository().join("../shared/data/bbq_age.jsonl");
    let replies = repository().join("../shared/data/bbq_age_unifiedqa_replies.jsonl");
    if !data.exists() {
        return;
    }
    let given = |format: &str| {
        let run = format!(
            "run pipelines/fairness/bbq.tgp --json --set data={} --set replies={} --set format={format}",
            data.display(),
            replies.display()
        );
        let ended = tgp(&run);
        let events = ended.events();
        let measure = events.iter().find(|event| event["event"] == "measure" && event["node"] == "accuracy");
        measure.unwrap_or_else(|| panic!("{}", ended.messages))["view"].to_string()
    };
    let race = given("race");
    assert!(race.contains("0.546739") && race.contains("0.93478"), "{race}");
    let arc = given("arc");
    assert!(arc.contains("0.33877") && arc.contains("0.89619"), "{arc}");
}
