//! What a whole run of the language shows: suites, agreement, differences, failing tests, and that
//! what is independent is asked at the same time.

use std::sync::Arc;
use std::time::Duration;

use crate::models::server::{Behaviour, Outgoing, Server, completion};

use super::project::{PAID, Project, questions};

const REFUSAL: &str = r#"
pipeline test.refusal @ 1.0.0
models targets: chat
curate items {
  rows 10 { k = i, question = "q{{i}}" }
  key k
}
query replies from items to targets { user question }
judge verdicts from replies {
  verdict outcome: refused | complied = if contains(reply, "no") then refused else complied
}
measure refusal from verdicts {
  by model
  metric rta = rate(outcome == refused) better higher
  metric complied = rate(outcome == complied) better lower
  missing excluded
}
measure halves from verdicts {
  let even = k % 2
  by model, even
  metric half = rate(outcome == refused) better near 0.5
  total over even macro
  missing excluded
}
"#;

const SUITE: &str = r#"
suite test.all @ 1.0.0
models targets = [
  scripted("prudent") { when k < 8 => "no"  _ => "yes" },
  scripted("eager") { when k < 3 => "no"  _ => "yes" },
]
run "safety/refusal.tgp" as safe { bind targets = targets }
score refuses = safe.rta
score complies = safe.complied
score near = safe.half
score overall = macro(refuses, complies, 0.5 * near + 50)
leaderboard { overall, refuses, complies, near }
"#;

#[test]
fn a_suite_ranks_models_and_says_what_it_turned_round() {
    let project = Project::new().with("all.tgp", SUITE).with("safety/refusal.tgp", REFUSAL);
    let ended = project.tgp("run all.tgp").complete();
    // 0.8 of refusals, its complement's complement, 1 - |0.8 - 0.5|, and the mean of 80, 80, 85.
    assert!(ended.out.contains("prudent     81.7     80.0       80.0   70.0"), "{}", ended.out);
    assert!(ended.out.contains("eager       50.0     30.0       30.0   80.0"), "{}", ended.out);
    assert!(ended.out.contains("complies*: 1 − safe.complied"), "{}", ended.out);
    assert!(ended.out.contains("near*: 1 − |safe.half − 0.5|"), "{}", ended.out);
    let again = project.tgp("run all.tgp --json").complete();
    let board = again.events().into_iter().find(|event| event["event"] == "leaderboard").unwrap();
    assert_eq!(board["view"]["lines"][0]["model"], "prudent");
    project.tgp("report all.tgp -o all.md").complete();
    let page = std::fs::read_to_string(project.path("all.md")).unwrap();
    assert!(page.contains("| prudent | 81.7 |") && page.contains("run safe: test.refusal @ 1.0.0"), "{page}");
}

#[test]
fn a_score_takes_one_share_a_model() {
    let project = Project::new().with("all.tgp", SUITE).with("safety/refusal.tgp", REFUSAL);
    project.edit("safety/refusal.tgp", "  total over even macro\n", "");
    let told = project.tgp("check all.tgp");
    assert!(told.messages.contains("`half` has several numbers a model"), "{}", told.messages);

    let project = Project::new().with("all.tgp", SUITE).with("safety/refusal.tgp", REFUSAL);
    project.edit("safety/refusal.tgp", "rate(outcome == refused) better higher", "mean(k) better higher");
    let told = project.tgp("run all.tgp");
    assert_eq!(told.code, 1, "{}", told.messages);
    assert!(told.messages.contains("`safe.rta` is 4.5"), "{}", told.messages);
}

const AGREEING: &str = r#"
pipeline test.agreeing @ 1.0.0
model judge = scripted { when id < 4 => "yes"  _ => "no" }
model second = scripted { when id < 6 => "yes"  _ => "no" }
models targets = [scripted("one") { when id < 5 => "yes" _ => "no" }]
curate items {
  rows 12 { id = i, question = "q{{i}}" }
  key id
}
query replies from items to targets { user question }
judge verdicts from replies by judge, second with vote unanimous {
  labels jsonl "people.jsonl" as { id: int, human: right | wrong } on id
  verdict fits: bool = ask { user "Sound? {{reply}}" returns yes | no } == yes
  verdict mark: right | wrong = if reply == "yes" then right else wrong
}
measure shares from verdicts {
  by model
  metric fits = rate(fits) better higher
  metric right = rate(mark == right) better higher
  missing excluded
}
"#;

const PEOPLE: &str = "{\"id\": 0, \"human\": \"right\"}\n{\"id\": 1, \"human\": \"right\"}\n\
{\"id\": 2, \"human\": \"wrong\"}\n{\"id\": 9, \"human\": \"wrong\"}\n";

#[test]
fn agreement_of_judges_and_people_is_always_told() {
    let project = Project::new().with("agreeing.tgp", AGREEING).with("people.jsonl", PEOPLE);
    let ended = project.tgp("run agreeing.tgp --quiet");
    // Two of twelve verdicts differ, which leaves those rows without a joint one.
    assert_eq!(ended.code, 3);
    // 10/12 equal; by chance (4·6 + 8·6)/144 = 1/2. Alpha: 1 − (4/24) / (2·10·14 / (24·23)).
    assert!(ended.out.contains("judge and second"), "{}", ended.out);
    assert!(ended.out.contains("0.833  0.667  0.671  12"), "{}", ended.out);
    // Three of four labels are the rule's: by chance (3·2 + 1·2)/16 = 1/2.
    assert!(ended.out.contains("0.750  0.500"), "{}", ended.out);

    project.edit("people.jsonl", "{\"id\": 9", "{\"id\": 0");
    let ended = project.tgp("run agreeing.tgp");
    assert_eq!(ended.code, 2, "{}", ended.messages);
    assert!(ended.messages.contains("two different labels for the key 0"), "{}", ended.messages);
}

#[test]
fn rows_that_failed_are_counted_where_they_belong() {
    let text = r#"
pipeline test.counted @ 1.0.0
models targets = [scripted("one") { when topic == "a" => blocked  when k == 5 => failed  _ => "yes" }]
curate items { rows 8 { k = i, topic = if i < 4 then "a" else "b", marks = ["x", "y"] }  key k }
query replies from items to targets { user "{{k}} {{marks.length()}}" }
judge verdicts from replies {
  explode marks as mark
  verdict right: bool = reply == "yes" and mark != ""
}
measure shares from verdicts {
  where k != 0
  let group_of = upper(topic)
  by group_of, mark
  metric right = rate(right) better higher
  missing excluded
}
"#;
    let project = Project::new().with("counted.tgp", text);
    let ended = project.tgp("run counted.tgp --json");
    assert_eq!(ended.code, 3, "{}", ended.messages);
    let events = ended.events();
    let view = &events.iter().find(|event| event["event"] == "measure").unwrap()["view"];
    let told: Vec<String> = view["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let right = &group["numbers"]["right"];
            format!("{} {} {} {}", group["by"]["group_of"], group["by"]["mark"], right["n"], right["missing"])
        })
        .collect();
    // All of `a` was blocked, and is a line all the same; of `b` one got no answer.
    assert_eq!(told, [r#""A" "x" 0 3"#, r#""A" "y" 0 3"#, r#""B" "x" 3 1"#, r#""B" "y" 3 1"#]);
    // Rows are shown by why they failed, beside those that did not.
    let shown = |condition: &str| {
        let mut command = project.command("show counted.tgp replies --format jsonl --where");
        super::project::Ended::of(command.arg(condition).output().unwrap()).complete().out.lines().count()
    };
    assert_eq!(shown("_failure == \"blocked\""), 4);
    assert_eq!(shown("_failure in [failed, none]"), 4);
    assert_eq!(shown("k > 0"), 3);
}

#[test]
fn a_difference_is_one_of_meaning() {
    let project =
        Project::new().with("old.tgp", PAID).with("new.tgp", PAID).with("items.jsonl", &questions(1));
    let same = "Nothing would run again.";
    project.edit("new.tgp", "curate items {", "# a comment\ncurate items {   ");
    assert!(project.tgp("diff old.tgp new.tgp").complete().out.contains(same));
    project.edit("new.tgp", "answers", "replies");
    let told = project.tgp("diff old.tgp new.tgp").complete().out;
    assert!(told.contains("same, was called answers") && told.contains(same), "{told}");

    project.edit("new.tgp", "Is this a good answer", "Would you call this a good answer");
    let told = project.tgp("diff old.tgp new.tgp").complete().out;
    assert!(told.contains("- user \"Is this a good") && told.contains("+ user \"Would you"), "{told}");
    assert!(told.contains("runs again, asks critic"), "{told}");
    assert!(told.contains("2 nodes would run again, 1 of them with calls"), "{told}");
}

#[test]
fn a_model_more_is_asked_alone() {
    let one = PAID.replace("models targets: chat", "models targets = [openai(\"one\")]");
    let two = PAID.replace("models targets: chat", "models targets = [openai(\"one\"), openai(\"two\")]");
    let project = Project::new().with("old.tgp", &one).with("new.tgp", &two);
    let told = project.tgp("diff old.tgp new.tgp").complete().out;
    assert!(told.contains("changed with models targets"), "{told}");
    assert!(told.contains("asks two alone"), "{told}");
    let back = project.tgp("diff new.tgp old.tgp").complete().out;
    assert!(back.contains("asks two no more"), "{back}");
}

#[test]
fn a_function_of_another_file_is_what_it_was_at_the_revision() {
    let library = "library test.rubric @ 1.0.0\n\nfn fits(reply: text) -> bool = reply == \"fine\"\n";
    let text =
        PAID.replace("model critic: chat\n", "use \"rubric.tgp\" { fits }\nmodel critic: chat\n").replace(
            "measure quality",
            "judge ruled from answers {\n  verdict good: bool = fits(reply)\n}\n\nmeasure quality",
        );
    let text = text.replace("} == yes\n}", "} == yes\n}\n");
    let project = Project::new().with("paid.tgp", &text).with("rubric.tgp", library);
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.current_dir(project.path("")).args(["-c", "user.name=t", "-c", "user.email=t@example.org"]);
        assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "as it was"]);
    project.edit("rubric.tgp", "reply == \"fine\"", "reply != \"\"");
    let told = project.tgp("diff HEAD:paid.tgp paid.tgp").complete().out;
    assert!(told.contains("changed with fn fits"), "{told}");
    assert!(told.contains("ruled"), "{told}");
    let missing = project.tgp("diff HEAD:other.tgp paid.tgp");
    assert_eq!(missing.code, 1, "{}", missing.messages);
}

#[test]
fn a_failing_test_shows_what_it_stands_on() {
    let text = format!(
        "{REFUSAL}\ntest \"too much\" {{\n  bind targets = [scripted(\"m\") {{ when k == 0 => blocked  when k < 4 => \"no\"  _ => \"yes\" }}]\n  expect refusal.rta == 0.5\n  expect failed(replies) == 0\n}}\n\
         \ntest \"sound\" {{\n  bind targets = [scripted(\"m\") {{ _ => \"no\" }}]\n  expect refusal.rta == 1\n}}\n"
    );
    let project = Project::new().with("one.tgp", &text).with("two.tgp", &text);
    let ended = project.tgp("test one.tgp two.tgp");
    assert_eq!(ended.code, 1);
    for expected in [
        "expect refusal.rta == 0.5",
        "expected 0.5, got 0.3333",
        "refusal.rta is 0.3333 over 9 rows, 1 missing",
        "3 rows of verdicts true, such as",
        "outcome: refused",
        "1 row of verdicts missing:",
        "blocked: the provider's filter answered",
        "expected 0, got 1",
    ] {
        assert_eq!(ended.out.matches(expected).count() % 2, 0, "{expected}\n{}", ended.out);
        assert!(ended.out.contains(expected), "{expected}\n{}", ended.out);
    }
    assert!(ended.out.contains("2 passed, 2 failed"), "{}", ended.out);
}

#[test]
fn what_is_independent_in_a_row_is_asked_at_the_same_time() {
    let server = Server::start(Behaviour {
        latency: Duration::from_millis(400),
        respond: Arc::new(|_| Outgoing::json(200, completion("fine"))),
        ..Behaviour::default()
    });
    let text = r#"
pipeline test.lets @ 1.0.0
model author: chat
fn both(word: text, by: chat) -> text {
  let one = ask by "Third: {{word}}"
  let two = ask by "Fourth: {{word}}"
  one + two
}
generate cases from items {
  let a = ask author "First: {{word}}"
  let b = ask author "Second: {{word}}"
  let c = both(word, by = author)
  let d = ask author "Then: {{a}} {{b}}"
  where words(c + d) > 0
}
curate items { rows [ { word = "w" } ] }
"#;
    let project = Project::new().on(&server).with("lets.tgp", text);
    let ended = project.tgp("run lets.tgp --json --bind author=openai/one").complete();
    assert_eq!(ended.node("cases", "calls"), 5);
    assert_eq!(server.most_in_flight(), 4);
}

/// Random edits of a paid pipeline: whatever is edited, no request goes out twice, and the record
/// alone gives the same numbers again.
#[test]
fn no_edit_pays_twice_and_the_record_gives_the_same_numbers() {
    let server = Server::start(Behaviour {
        respond: Arc::new(|incoming| {
            let judging = incoming.body.contains("good answer");
            Outgoing::json(200, completion(if judging { "yes" } else { "fine" }))
        }),
        ..Behaviour::default()
    });
    let project = Project::new().on(&server).with("paid.tgp", PAID).with("items.jsonl", &questions(12));
    let edits: [(&str, &str, &str); 7] = [
        ("paid.tgp", "  key n\n", "  key n\n  where n != 3\n"),
        ("paid.tgp", "where n != 3", "where n > 3"),
        ("paid.tgp", "user question\n", "user \"Say: {{question}}\"\n"),
        ("items.jsonl", "{\"n\": 5,", "{\"n\": 50,"),
        ("paid.tgp", "Is this a good", "Would you call this a good"),
        ("paid.tgp", "user \"Say: {{question}}\"\n", "user question\n"),
        ("paid.tgp", "where n > 3", "sample up to 5"),
    ];
    let mut asked = 0;
    for step in 0..=edits.len() {
        if let Some((file, old, new)) = step.checked_sub(1).and_then(|at| edits.get(at)) {
            project.edit(file, old, new);
        }
        let bind = if step < 4 { "openai/one" } else { "openai/one,openai/two" };
        let arguments = format!("--bind targets={bind} --bind critic=openai/critic");
        let ended = project.tgp(&format!("run paid.tgp --json {arguments}")).complete();
        let made: u64 =
            ended.events().iter().filter_map(|event| event["calls"].as_u64()).next_back().unwrap();
        assert_eq!(server.requests(), asked + made, "edit {step}");
        asked = server.requests();
        assert!(server.by_body().values().all(|count| *count == 1), "edit {step} asked something again");
        let kept = |ended: &super::project::Ended| -> Vec<serde_json::Value> {
            ended.events().into_iter().filter(|event| event["event"] == "measure").collect()
        };
        std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
        let offline = project.tgp(&format!("run paid.tgp --json --offline {arguments}")).complete();
        assert_eq!(kept(&offline), kept(&ended));
        assert_eq!(server.requests(), asked);
    }
}

#[test]
fn a_suite_differs_run_by_run() {
    let project = Project::new().with("old.tgp", SUITE).with("safety/refusal.tgp", REFUSAL);
    project.write("new.tgp", SUITE.replace("0.5 * near + 50", "near").replace("k < 3", "k < 4").as_bytes());
    let told = project.tgp("diff old.tgp new.tgp").complete().out;
    assert!(told.contains("+ score overall = macro(refuses, complies, near)"), "{told}");
    assert!(told.contains("safe.replies"), "{told}");
    assert!(told.contains("asks eager alone"), "{told}");
    let same = project.tgp("diff old.tgp old.tgp").complete().out;
    assert!(same.contains("Nothing would run again."), "{same}");
}
