//! `--batch`: handed in, left, come back to, taken in.

use std::process::Child;
use std::sync::Arc;
use std::time::Duration;

use crate::models::server::Server;

use super::batch_provider::{BatchProvider, Ending, Speaks, Starting};
use super::project::{Ended, PAID, Project, interrupt, questions};
use super::watched::Watcher;

const BOTH: [Speaks; 2] = [Speaks::OpenAi, Speaks::Anthropic];

/// The pipeline with twenty questions, and the models that answer it.
struct Batched {
    provider: Arc<BatchProvider>,
    server: Server,
    project: Project,
    bind: &'static str,
}

impl Batched {
    fn new(speaks: Speaks) -> Batched {
        Batched::of(speaks, PAID)
    }

    fn of(speaks: Speaks, pipeline: &str) -> Batched {
        let provider = BatchProvider::new(speaks);
        let server = provider.server();
        let project = Project::new().with("paid.tgp", pipeline).with("items.jsonl", &questions(20));
        let (project, bind) = match speaks {
            Speaks::OpenAi => {
                (project.on(&server), "--bind targets=openai/gpt-4o --bind critic=openai/gpt-4.1")
            }
            Speaks::Anthropic => {
                let toml = format!("[endpoints.anthropic]\nbase_url = \"{}\"\n", server.root());
                let bind = "--bind targets=anthropic/claude-sonnet-4 --bind critic=anthropic/claude-opus-4-1";
                (project.with("tgp.toml", &toml), bind)
            }
        };
        Batched { provider, server, project, bind }
    }

    fn run(&self, options: &str) -> Ended {
        self.project.tgp(&format!("run paid.tgp --json {options} {}", self.bind))
    }

    fn start(&self) -> Child {
        self.project.start_heard(&format!("run paid.tgp --batch {}", self.bind))
    }

    /// The notes of batches that are out, as text.
    fn notes(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.project.path(".tgp/pending")) else { return Vec::new() };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let whole = paths.filter(|path| path.extension().is_some_and(|it| it == "zst"));
        whole
            .filter_map(|path| {
                let text = zstd::decode_all(&*std::fs::read(path).ok()?).ok()?;
                String::from_utf8(text).ok()
            })
            .collect()
    }

    /// Hands a batch in, and is killed while it is out.
    fn killed(&self) {
        self.provider.work_on();
        let running = self.start();
        until("a batch", || self.notes().iter().any(|note| note.contains("batch_0")));
        kill(running);
    }

    fn change_notes(&self, change: impl Fn(String) -> String) {
        for entry in std::fs::read_dir(self.project.path(".tgp/pending")).unwrap() {
            let path = entry.unwrap().path();
            let text = zstd::decode_all(&*std::fs::read(&path).unwrap()).unwrap();
            let changed = change(String::from_utf8(text).unwrap());
            std::fs::write(path, zstd::encode_all(changed.as_bytes(), 1).unwrap()).unwrap();
        }
    }

    /// Makes the notes look as if their batches had been handed in long ago.
    fn age_notes(&self) {
        self.change_notes(|text| {
            let mut note: serde_json::Value = serde_json::from_str(&text).unwrap();
            note["at"] = 1_700_000_000.into();
            note.to_string()
        });
    }
}

/// Waits for something to become so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited half a minute for {what}");
}

fn kill(mut running: Child) {
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn a_run_in_batches_gives_what_a_live_run_gives_at_half_the_price() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.reverse();
        let ran = batched.run("--batch").complete();
        assert_eq!(batched.provider.batches(), 2, "one for the answers, one for the verdicts");
        assert_eq!(batched.provider.single(), 0);
        assert_eq!((ran.node("answers", "calls"), ran.node("verdicts", "calls")), (20.into(), 20.into()));
        assert_eq!((ran.node("answers", "rows"), ran.node("answers", "failed")), (20.into(), 0.into()));
        // That the rows are gone through several times saves nothing.
        let end = |ran: &Ended, field: &str| {
            ran.events().into_iter().find(|event| event["event"] == "end").unwrap()[field].clone()
        };
        assert_eq!((end(&ran, "calls"), end(&ran, "saved_calls")), (40.into(), 0.into()));
        // 12 tokens in and 3 out: at $2.50 and $10 a million, or at $3 and $15; halved.
        let price = match speaks {
            Speaks::OpenAi => 30,
            Speaks::Anthropic => 41,
        };
        let paid = ran.node("answers", "microdollars").as_u64().unwrap();
        assert!((20 * price..=20 * (price + 1)).contains(&paid), "{paid}");
        assert!(ran.messages.contains("handed in as batch batch_0"), "{}", ran.messages);
        assert!(batched.notes().is_empty());

        // The replies have the keys of live calls, and the other way round.
        let live = batched.run("--refresh answers").complete();
        assert_eq!(live.node("answers", "recorded"), 20);
        assert_eq!(end(&live, "saved_calls"), 40);
        assert_eq!(batched.provider.single(), 0);
        let fresh = Batched::new(speaks);
        let live = fresh.run("").complete();
        assert_eq!(fresh.provider.single(), 40);
        let after = fresh.run("--batch --refresh answers --refresh verdicts").complete();
        assert_eq!(fresh.provider.batches(), 0);
        let measured = |ran: &Ended| {
            ran.events().into_iter().find(|event| event["event"] == "measure").unwrap()["view"].to_string()
        };
        assert_eq!(measured(&ran), measured(&live));
        assert_eq!(measured(&after), measured(&live));
    }
}

#[test]
fn a_batch_survives_the_program() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.killed();

        // A live run must not pay for what a batch is paid for.
        let live = batched.run("");
        assert_eq!(live.code, 3, "{}", live.messages);
        assert_eq!(batched.provider.single(), 0);
        assert!(live.messages.contains("20 calls are in batches"), "{}", live.messages);
        assert!(live.messages.contains("run again with --batch"), "{}", live.messages);
        let plan = batched.project.tgp(&format!("plan paid.tgp --json {}", batched.bind)).complete();
        assert!(plan.messages.contains("20 calls in batches"), "{}", plan.messages);
        assert_eq!(plan.events()[1]["calls"], 0);
        assert_eq!(plan.events()[2]["calls"], 20);

        batched.provider.finish();
        let ran = batched.run("--batch").complete();
        assert_eq!(batched.provider.batched(), 40, "each call once");
        assert_eq!((ran.node("answers", "calls"), ran.node("verdicts", "failed")), (20.into(), 0.into()));
        assert!(ran.messages.contains("taken in from batch batch_0"), "{}", ran.messages);
        assert!(batched.notes().is_empty());
    }
}

#[test]
fn what_is_new_is_handed_in_while_an_older_batch_is_out() {
    let batched = Batched::new(Speaks::OpenAi);
    batched.killed();
    batched.project.write("items.jsonl", questions(25).as_bytes());
    let running = batched.start();
    until("another batch", || batched.provider.batches() == 2);
    assert_eq!(batched.provider.batched(), 25);
    kill(running);
    batched.provider.finish();
    let ran = batched.run("--batch").complete();
    assert_eq!(ran.node("verdicts", "rows"), 25);
    assert_eq!(batched.provider.batched(), 50);
}

#[test]
fn an_interrupted_run_says_how_the_batches_are_taken_in() {
    let batched = Batched::new(Speaks::OpenAi);
    batched.provider.work_on();
    let running = batched.start();
    until("a question after the batch", || batched.provider.polls() > 0);
    let Ended { code, messages, .. } = interrupt(running);
    assert!(messages.contains("Batches that were handed in go on at their provider"), "{messages}");
    assert!(messages.contains("20 calls are in batches"), "{messages}");
    assert_eq!(code, 3, "{messages}");
    batched.provider.finish();
    batched.run("--batch").complete();
    assert_eq!(batched.provider.batched(), 40);
}

#[test]
fn a_batch_that_was_taken_unheard_is_found_and_taken_in() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.start_as(Starting::TakenUnheard);
        let ran = batched.run("--batch").complete();
        assert_eq!(batched.provider.batched(), 40, "each call once: {}", ran.messages);
        assert!(
            ran.messages.contains("did not confirm that it took a batch of 20 calls"),
            "{}",
            ran.messages
        );
        assert!(ran.messages.contains("did take the batch of 20 calls"), "{}", ran.messages);
        assert_eq!(ran.node("verdicts", "failed"), 0);
        assert!(batched.notes().is_empty());
    }
}

#[test]
fn a_batch_whose_program_died_before_it_heard_is_found_by_the_next() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.killed();
        // As the note stood before the provider's answer came.
        batched.change_notes(|note| note.replace("\"id\":\"batch_0\"", "\"id\":null"));
        batched.provider.finish();
        let ran = batched.run("--batch").complete();
        assert_eq!(batched.provider.batched(), 40, "{}", ran.messages);
        assert!(ran.messages.contains("that it had not confirmed, as batch_0"), "{}", ran.messages);
    }
}

#[test]
fn a_batch_that_never_arrived_is_handed_in_again_when_that_is_certain() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.start_as(Starting::LostOnTheWay);
        let running = batched.start();
        until("the provider's list", || batched.server.requests() >= 2 && !batched.notes().is_empty());
        std::thread::sleep(Duration::from_millis(200));
        kill(running);
        batched.provider.start_as(Starting::Confirmed);
        // It may yet come up in the list, so nothing is handed in at once.
        let running = batched.start();
        std::thread::sleep(Duration::from_millis(700));
        let messages = interrupt(running).messages;
        assert!(messages.contains("it is looked for until ten minutes after"), "{messages}");
        assert_eq!(batched.provider.batches(), 0);

        batched.age_notes();
        let ran = batched.run("--batch").complete();
        assert!(ran.messages.contains("they can go out again"), "{}", ran.messages);
        assert_eq!(batched.provider.batched(), 40);
    }
}

#[test]
fn what_was_perhaps_handed_in_and_cannot_be_looked_for_is_not_handed_in_again() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.hide_list();
        batched.provider.start_as(Starting::TakenUnheard);
        let unclear = batched.run("--batch");
        assert_eq!(unclear.code, 3, "{}", unclear.messages);
        assert!(unclear.messages.contains("is not known"), "{}", unclear.messages);
        assert!(unclear.messages.contains("remove pending/"), "{}", unclear.messages);
        let again = batched.run("--batch");
        assert_eq!(again.code, 3);
        assert_eq!(batched.provider.batched(), 20, "{}", again.messages);
    }
}

#[test]
fn what_a_batch_brought_no_answer_to_is_named_and_asked_again() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.end_as(|body| match body {
            _ if body.contains("good answer") => Ending::Answered,
            _ if body.contains("What is 3 and") => Ending::Failed(500),
            _ if body.contains("What is 4 and") => Ending::Expired,
            _ if body.contains("What is 5 and") => Ending::Cancelled,
            _ if body.contains("What is 6 and") => Ending::Absent,
            _ => Ending::Answered,
        });
        let ran = batched.run("--batch");
        assert_eq!(ran.code, 3, "{}", ran.messages);
        assert_eq!((ran.node("answers", "calls"), ran.node("answers", "failed")), (16.into(), 4.into()));
        assert_eq!((ran.node("verdicts", "calls"), ran.node("verdicts", "failed")), (16.into(), 4.into()));
        assert!(
            ran.messages.contains("16 replies of") && ran.messages.contains("4 calls brought none"),
            "{}",
            ran.messages
        );
        let shown = batched.project.tgp(&format!("show paid.tgp answers --failures {}", batched.bind));
        let text = shown.out;
        assert!(text.contains("the endpoint failed (500)"), "{text}");
        assert!(text.contains("the batch brought no answer"), "{text}");

        batched.provider.end_as(|_| Ending::Answered);
        let again = batched.run("--batch").complete();
        assert_eq!((again.node("answers", "calls"), again.node("verdicts", "calls")), (4.into(), 4.into()));
        assert_eq!(batched.provider.batched(), 20 + 16 + 4 + 4);
    }
}

#[test]
fn a_provider_that_fails_when_it_is_asked_after_a_batch_is_asked_again() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.fail_next(3);
        batched.run("--batch").complete();
        assert_eq!(batched.provider.batched(), 40);
    }
}

#[test]
fn a_batch_that_is_refused_leaves_its_calls_for_the_next_run() {
    for speaks in BOTH {
        let batched = Batched::new(speaks);
        batched.provider.start_as(Starting::Refused(400));
        let refused = batched.run("--batch");
        assert_eq!(refused.code, 3, "{}", refused.messages);
        assert!(refused.messages.contains("did not take a batch of 20 calls"), "{}", refused.messages);
        assert!(refused.messages.contains("not today"), "{}", refused.messages);
        assert!(batched.notes().is_empty());
        batched.provider.start_as(Starting::Confirmed);
        batched.run("--batch").complete();
        assert_eq!(batched.provider.batched(), 40);
    }
}

#[test]
fn a_batch_that_the_provider_denies_is_not_handed_in_again() {
    let batched = Batched::new(Speaks::OpenAi);
    batched.killed();
    batched.change_notes(|note| note.replace("batch_0", "batch_x"));
    let denied = batched.run("--batch");
    assert_eq!(denied.code, 3, "{}", denied.messages);
    assert!(denied.messages.contains("says nothing of batch batch_x"), "{}", denied.messages);
    assert!(denied.messages.contains("no such batch"), "{}", denied.messages);
    assert_eq!(batched.provider.batches(), 1);
}

#[test]
fn limits_hold_for_batches() {
    let batched = Batched::new(Speaks::OpenAi);
    let stopped = batched.run("--batch --max-calls 12");
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    assert_eq!(batched.provider.batched(), 12);
    assert!(stopped.messages.contains("run again with a larger --max-calls"), "{}", stopped.messages);
    assert_eq!((stopped.node("answers", "calls"), stopped.node("answers", "failed")), (12.into(), 8.into()));

    // Three cents a call, and half of that in a batch.
    let dear = "[prices.\"openai/*\"]\ninput = 1000\noutput = 6000\n";
    let paid = PAID.replace("user question\n", "user question\n  max_tokens 3\n");
    let batched = Batched::of(Speaks::OpenAi, &paid);
    batched.project.write("tgp.toml", dear.as_bytes());
    let stopped = batched.run("--batch --only answers --budget 0.20usd");
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    let spent = stopped.node("answers", "microdollars").as_u64().unwrap();
    assert!((150_000..=200_000).contains(&spent), "{spent}");
    assert_eq!(spent, batched.provider.batched() as u64 * 15_000);
    assert!(stopped.messages.contains("The budget of $0.20 is reached"), "{}", stopped.messages);
    let rest = batched.run("--batch --only answers --budget 2usd").complete();
    assert_eq!(rest.node("answers", "failed"), 0);
    assert_eq!(batched.provider.batched(), 20);
}

#[test]
fn a_watcher_tells_of_batches_that_are_out() {
    let batched = Batched::new(Speaks::OpenAi);
    batched.killed();
    let asked = batched.server.requests();
    let watcher = Watcher::start(&batched.project, &format!("paid.tgp {}", batched.bind));
    let told = watcher.until("run again with --batch");
    assert!(told.contains("20 calls are in batches that have not been taken in"), "{told}");
    assert_eq!(batched.server.requests(), asked);
}

/// A call that goes out alone must not wait for the money that a batch has reserved: the batch goes
/// out when the pass is over.
#[test]
fn a_budget_is_shared_by_batches_and_calls_that_go_out_alone() {
    let pipeline = PAID.replace("user question\n", "user question\n  max_tokens 3\n");
    let batched = Batched::of(Speaks::OpenAi, &pipeline);
    let toml = format!(
        "[prices.\"openai/*\"]\ninput = 1000\noutput = 6000\n[prices.\"mistral/*\"]\ninput = 1000\noutput = 6000\n\
         [endpoints.mistral]\nbase_url = \"{}\"\n",
        batched.server.base_url()
    );
    batched.project.write("tgp.toml", toml.as_bytes());
    let bind = "--bind targets=openai/gpt-4o,mistral/mistral-large --bind critic=openai/gpt-4.1";
    let run = |budget: &str| {
        batched.project.tgp(&format!("run paid.tgp --json --batch --only answers --budget {budget} {bind}"))
    };
    let stopped = run("0.50usd");
    assert_eq!(stopped.code, 3, "{}", stopped.messages);
    let spent = stopped.node("answers", "microdollars").as_u64().unwrap();
    assert!((400_000..=500_000).contains(&spent), "{spent}: {}", stopped.messages);
    assert!(stopped.messages.contains("The budget of $0.50 is reached"), "{}", stopped.messages);
    let rest = run("5usd").complete();
    assert_eq!(rest.node("answers", "failed"), 0);
    assert_eq!((batched.provider.batched(), batched.provider.single()), (20, 20));
}

/// What rests on a whole table waits for all its rows. Where some never come it is worked out
/// without them, and what it asks is handed in all the same.
#[test]
fn what_follows_a_whole_table_is_handed_in_though_a_row_is_missing() {
    let pipeline = PAID.replace(
        "judge verdicts from answers",
        "curate some from answers { sample up to 20 }\n\njudge verdicts from some",
    );
    let batched = Batched::of(Speaks::OpenAi, &pipeline);
    batched.provider.end_as(|body| match body.contains("What is 3 and 3?\"") {
        true => Ending::Expired,
        false => Ending::Answered,
    });
    let ran = batched.run("--batch");
    assert_eq!(ran.node("answers", "failed"), 1, "{}", ran.messages);
    let judged = ran.node("verdicts", "calls").as_u64().unwrap();
    assert!(judged >= 9, "{}\n{}", ran.out, ran.messages);
}

#[test]
fn what_takes_no_batches_is_asked_live() {
    let batched = Batched::new(Speaks::OpenAi);
    let toml = format!("[endpoints.vllm]\nbase_url = \"{}\"\n", batched.server.base_url());
    batched.project.write("tgp.toml", toml.as_bytes());
    let bind = "--bind targets=vllm/m --bind critic=vllm/critic";
    batched.project.tgp(&format!("run paid.tgp --batch {bind}")).complete();
    assert_eq!((batched.provider.single(), batched.provider.batches()), (40, 0));
}
