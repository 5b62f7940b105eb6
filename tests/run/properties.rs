//! What must hold of every pipeline, tried on pipelines and data made at random.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tgp::check::Overrides;
use tgp::check::program::NodeId;
use tgp::session::{Opened, Opening, results};
use tgp::store::{MemoryStore, Store};
use tgp::world::{Machine, World};

/// A pipeline with its data, by what may differ from one version of it to the next.
#[derive(Clone, Debug)]
struct Version {
    rows: BTreeSet<u8>,
    /// Decides the order in which the rows stand in the file.
    order: u64,
    least: u8,
    sample: u8,
    variations: BTreeSet<u8>,
    one_of: bool,
    models: BTreeSet<u8>,
    rule: u8,
    samples: u8,
}

fn version() -> impl Strategy<Value = Version> {
    let knobs = (0..4u8, 1..6u8, any::<bool>(), 0..3u8, 1..3u8);
    let sets = (
        proptest::collection::btree_set(0..60u8, 12..40),
        proptest::collection::btree_set(0..4u8, 1..4),
        proptest::collection::btree_set(0..3u8, 1..3),
    );
    (sets, knobs, any::<u64>()).prop_map(|((rows, variations, models), knobs, order)| {
        let (least, sample, one_of, rule, samples) = knobs;
        Version { rows, order, least, sample, variations, one_of, models, rule, samples }
    })
}

/// One change of a version.
fn edited(version: &Version, edit: u8, value: u8) -> Version {
    let mut next = version.clone();
    match edit % 10 {
        0 => next.least = value % 4,
        1 => next.sample = 1 + value % 5,
        2 => next.one_of = !next.one_of,
        3 => next.rule = value % 3,
        4 => next.samples = 1 + value % 2,
        5 => next.order = next.order.wrapping_mul(31).wrapping_add(u64::from(value)),
        6 => {
            next.rows.insert(value % 60);
        }
        7 if next.rows.len() > 12 => {
            let gone = next.rows.iter().nth(value as usize % next.rows.len()).copied();
            gone.map(|gone| next.rows.remove(&gone));
        }
        8 => {
            next.variations.insert(value % 4);
        }
        _ => {
            next.models.insert(value % 3);
        }
    }
    next
}

const VARIATIONS: [&str; 4] =
    ["typo(share = 0.4)", "swap_words(share = 0.4)", "(x => \"Please: {{x}}\") as polite", "polite_once"];

const POLITE: &str = "fn polite_once(x: text) -> text = choose([\"Kindly\", \"Please\"]) + \": \" + x\n\n";

impl Version {
    fn text(&self) -> String {
        let models = self.models.iter().map(|model| {
            format!(
                "  scripted(\"m{model}\") {{ 0.{} => gold  0.1 => blocked  when words(prompt) > 6 => \"{{{{sample}}}}\"  _ => \"no\" }},\n",
                model + 3
            )
        });
        let variations: Vec<&str> = self.variations.iter().map(|at| VARIATIONS[usize::from(*at)]).collect();
        let rule = ["reply == gold", "reply != \"no\"", "words(reply) > 0 and reply == gold"];
        format!(
            r#"pipeline made.at_random @ 1.0.0

{needs}models targets = [
{models}]

{polite}curate facts {{
  read jsonl "facts.jsonl" as {{ id: int, topic: text, question: text, gold: text }}
  key id
  where id % 4 >= {least} or id % 2 == 0
}}

curate hints {{
  rows 9 {{ topic = "t{{{{i % 3}}}}", hint = "h{{{{i}}}}" }}
  key hint
}}

generate cases from facts {{
  sample up to {sample} per topic
  join hints on topic random
  let tone = choose(["plain", "warm", "curt"])
  let question_asked = "{{{{question}}}} {{{{tone}}}} {{{{hint}}}}"
}}

vary forms from cases {{
  on question_asked
  {how} [{variations}]
  keep original
}}

query answers from forms to targets {{
  user question_asked
  samples {samples}
}}

judge verdicts from answers {{
  verdict right: bool = {rule}
}}

generate summed from verdicts {{
  group facts {{ n = count(), rights = count(right) }}
  let share = rights / n
}}

measure accuracy from verdicts {{
  by model, variant
  metric right = rate(right) better higher
  metric long = mean(words(reply)) better near 1
  total over variant macro
  total over model, variant pooled
  interval 95% by facts
  missing excluded
}}

measure steady from summed {{
  metric share = mean(share) better higher
  interval 95% bootstrap
  missing excluded
}}
"#,
            needs = self.needs(),
            polite = if self.variations.contains(&3) { POLITE } else { "" },
            models = models.collect::<String>(),
            least = self.least,
            sample = self.sample,
            how = if self.one_of { "one of" } else { "with" },
            variations = variations.join(", "),
            samples = self.samples,
            rule = rule[usize::from(self.rule)],
        )
    }

    /// The variations that the file takes from the library.
    fn needs(&self) -> String {
        let taken =
            [(0, "typo"), (1, "swap_words")].into_iter().filter(|(at, _)| self.variations.contains(at));
        let names: Vec<&str> = taken.map(|(_, name)| name).collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("use std.perturb {{ {} }}\n\n", names.join(", "))
        }
    }

    fn data(&self) -> String {
        let mut rows: Vec<u8> = self.rows.iter().copied().collect();
        let mut state = self.order | 1;
        for at in (1..rows.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            rows.swap(at, (state >> 33) as usize % (at + 1));
        }
        let mut text = String::new();
        for id in rows {
            writeln!(
                text,
                r#"{{"id": {id}, "topic": "t{}", "question": "What comes after {id}?", "gold": "{}"}}"#,
                id % 3,
                u32::from(id) + 1
            )
            .unwrap();
        }
        text
    }

    /// The rows of every node, each as text.
    fn run(&self, folder: &Path, store: Arc<dyn Store>) -> BTreeMap<String, BTreeSet<String>> {
        let file = folder.join("made.tgp");
        std::fs::write(&file, self.text()).unwrap();
        std::fs::write(folder.join("facts.jsonl"), self.data()).unwrap();
        let world: Arc<dyn World> = Arc::new(Machine);
        let opened = Opened::new(&file, &Overrides::default(), &world).unwrap();
        assert!(opened.diagnostics.is_empty(), "{:?}\n{}", opened.diagnostics, self.text());
        let run = opened.ready_on(store, &Opening::default(), &world).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let finished = runtime.block_on(run.run(&[])).unwrap();
        let nodes = run.ground.program.nodes.iter().zip(0..).map(|(node, at)| {
            let rows = results::rows(&run, &finished.tables[&run.plan.table_of(NodeId(at))]).unwrap();
            let count = rows.len();
            let told: BTreeSet<String> =
                rows.iter().map(|row| format!("{} {:?} {:?}", row.id, row.values, row.failure)).collect();
            assert_eq!(told.len(), count, "two rows of `{}` are one", node.name);
            (node.name.to_string(), told)
        });
        nodes.collect()
    }

    fn fresh(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.run(tempfile::tempdir().unwrap().path(), Arc::new(MemoryStore::default()))
    }
}

/// A dozen cases each: every one runs whole pipelines.
fn few(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(few(10))]

    #[test]
    fn the_order_of_a_source_changes_nothing(version in version(), order in any::<u64>()) {
        let other = Version { order, ..version.clone() };
        prop_assert_eq!(version.fresh(), other.fresh());
    }

    #[test]
    fn a_model_more_leaves_the_others_as_they_were(version in version(), model in 0..3u8) {
        let mut more = version.clone();
        more.models.insert(model);
        let (few, many) = (version.fresh(), more.fresh());
        for node in ["facts", "cases", "forms"] {
            prop_assert_eq!(&few[node], &many[node]);
        }
        for node in ["answers", "verdicts"] {
            prop_assert!(few[node].is_subset(&many[node]), "{} of {:?}", node, version);
        }
        let own = |tables: &BTreeMap<String, BTreeSet<String>>| -> BTreeSet<String> {
            let rows = tables["accuracy"].iter();
            // The total over the models is theirs together.
            rows.filter(|row| row.contains("\"m")).cloned().collect()
        };
        prop_assert!(own(&few).is_subset(&own(&many)));
    }

    #[test]
    fn a_variation_more_leaves_the_others_as_they_were(version in version(), variation in 0..4u8) {
        let version = Version { one_of: false, ..version };
        let mut more = version.clone();
        more.variations.insert(variation);
        let (few, many) = (version.fresh(), more.fresh());
        for node in ["facts", "cases"] {
            prop_assert_eq!(&few[node], &many[node]);
        }
        for node in ["forms", "answers", "verdicts"] {
            prop_assert!(few[node].is_subset(&many[node]), "{} of {:?}", node, version);
        }
    }

    #[test]
    fn a_row_more_moves_at_most_one_row_of_a_sample(version in version(), row in 0..60u8) {
        let version = Version { least: 0, ..version };
        let mut more = version.clone();
        more.rows.insert(row);
        let (few, many) = (version.fresh(), more.fresh());
        let gone = few["cases"].difference(&many["cases"]).count();
        let come = many["cases"].difference(&few["cases"]).count();
        prop_assert!(gone <= 1 && come <= 1, "{} went and {} came", gone, come);
    }

    #[test]
    fn what_is_kept_gives_what_is_worked_out_anew(
        version in version(),
        edits in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let mut version = version;
        prop_assert_eq!(version.run(folder.path(), store.clone()), version.fresh());
        for (edit, value) in edits {
            version = edited(&version, edit, value);
            prop_assert_eq!(version.run(folder.path(), store.clone()), version.fresh(), "after {}", edit % 10);
        }
    }
}
