use std::path::PathBuf;

use semver::{Version, VersionReq};

use super::dependency::Location;
use super::*;
use crate::check::program::BindingKind;
use crate::data::value::Value;

fn parse(text: &str) -> Config {
    Config::parse(SourceId(0), text).unwrap()
}

/// Each complaint as `code: underlined: message`, with its help behind it.
fn complaints(text: &str) -> Vec<String> {
    let problem = Config::parse(SourceId(0), text).unwrap_err();
    let shown = |it: Diagnostic| {
        let span = it.primary.span;
        let help = it.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}: {}{help}", it.code, &text[span.start as usize..span.end as usize], it.message)
    };
    problem.diagnostics.into_iter().map(shown).collect()
}

/// The one complaint.
fn complaint(text: &str) -> String {
    let all = complaints(text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.into_iter().next().unwrap()
}

#[test]
fn an_empty_file_states_nothing() {
    assert_eq!(parse("# nothing yet\n"), Config::default());
}

#[test]
fn every_table_is_read() {
    let config = parse(
        r#"
        [package]
        name = "acme.safety"
        version = "1.2.0"

        [dependencies]
        other.package = { path = "../other" }
        "acme.rubrics" = { git = "https://host/rubrics", tag = "v1.2.0", version = "^1.2" }
        acme.many.parts = { git = "https://host/parts", tag = "v1", folder = "./many" }
        plain.one = "^1.2"

        [models]
        judge = "openai/gpt-4o"
        author = { use = "openai/gpt-4o", temperature = 1 }
        targets = ["openai/gpt-4o", { use = "mistral/large", temperature = 0, stop = ["a"], name = "large" }]

        [endpoints.openai]
        concurrency = 8

        [prices."openai/gpt-4o"]
        input = 2.5
        output = 10
        cached = 1.25

        [run]
        budget = "5usd"
        store = "../store"
        "#,
    );
    let package = Package { name: "acme.safety".to_owned(), version: Version::new(1, 2, 0) };
    assert_eq!(config.package, Some(package));

    let names: Vec<&str> = config.dependencies.keys().map(String::as_str).collect();
    assert_eq!(names, ["acme.many.parts", "acme.rubrics", "other.package", "plain.one"]);
    assert_eq!(config.dependencies["other.package"].location, Some(Location::Folder("../other".into())));
    assert_eq!(config.dependencies["plain.one"].location, None);
    assert_eq!(config.dependencies["plain.one"].requirement, VersionReq::parse("^1.2").unwrap());
    let git = |repository: &str, tag: &str, folder: &str| Location::Git {
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        folder: PathBuf::from(folder),
    };
    let places = |name: &str| config.dependencies[name].location.clone().unwrap();
    assert_eq!(places("acme.rubrics"), git("https://host/rubrics", "v1.2.0", ""));
    assert_eq!(places("acme.many.parts"), git("https://host/parts", "v1", "many"));

    let (name, targets) = &config.models[2];
    assert_eq!(name, "targets");
    let names: Vec<&str> = targets.iter().map(|binding| &*binding.name).collect();
    assert_eq!(names, ["openai/gpt-4o", "large"]);
    let BindingKind::Remote { settings, .. } = &targets[1].kind else { panic!() };
    let settings: Vec<_> = settings.iter().map(|it| (&*it.name, it.value.clone())).collect();
    assert_eq!(settings, [("stop", Value::list([Value::text("a")])), ("temperature", Value::Float(0.0))]);

    assert_eq!(
        config.prices["openai/gpt-4o"],
        Price { input: 2.5, output: 10.0, cached: Some(1.25), ..Price::default() }
    );
    assert_eq!(config.run.budget, Some(5_000_000));
    assert_eq!(config.run.store, Some("../store".into()));
}

#[test]
fn the_command_line_and_the_file_bind_alike() {
    let config = parse("[models]\nx = [{ use = \"openai/m\", seed = 1, temperature = 0 }, \"openai/m\"]");
    let bindings = crate::project::binding::parse_bindings("openai/m?temperature=0&seed=1,openai/m").unwrap();
    assert_eq!(config.models[0].1, bindings);
}

#[test]
fn slips_in_keys_are_told_with_what_was_meant() {
    assert_eq!(
        complaint("[modles]\njudge = \"openai/m\""),
        "unknown-key: modles: `tgp.toml` has no key `modles` (did you mean `models`?)"
    );
    assert_eq!(
        complaint("[package]\nname = \"a\"\nverison = \"1.0.0\"\nversion = \"1.0.0\""),
        "unknown-key: verison: `[package]` has no key `verison` (did you mean `version`?)"
    );
    assert_eq!(
        complaint("[endpoints.openai]\nconcurency = 3"),
        "unknown-key: concurency: `[endpoints.openai]` has no key `concurency` (did you mean `concurrency`?)"
    );
    assert_eq!(
        complaint("[endpoints.openai.gpt-4o]\nconcurrency = 3"),
        "unknown-key: gpt-4o: `gpt-4o` is no part of an endpoint (write [endpoints.\"openai/gpt-4o\"])"
    );
    assert_eq!(
        complaint("[prices.\"openai/m\"]\ninput = 1\noutput = 1\nhorses = 1"),
        "unknown-key: horses: `[prices.\"openai/m\"]` has no key `horses` (there are `input`, `output`, `cached`, `image`, `request`)"
    );
    assert_eq!(
        complaint("[run]\nstor = \"x\""),
        "unknown-key: stor: `[run]` has no key `stor` (did you mean `store`?)"
    );
    assert_eq!(
        complaint("[dependencies]\na = { paht = \"../a\" }"),
        "unknown-key: paht: `[dependencies]` has no key `paht` (did you mean `path`?)"
    );
    assert_eq!(
        complaint("[models]\na = { use = \"openai/m\", temprature = 0 }"),
        "unknown-setting: temprature: a model has no setting `temprature` (did you mean `temperature`?)"
    );
}

#[test]
fn values_of_another_kind_are_told() {
    let limits = "[endpoints.openai]\nconcurrency = 0\nrequests_per_minute = \"many\"\nattempts = 1.5\n\
                  outage_seconds = -1\nidle_timeout_seconds = 0\ntotal_timeout_seconds = 1e300\nbase_url = \"\"\n\
                  identity = 3\n";
    assert_eq!(
        complaints(limits),
        [
            "wrong-value: 0: `concurrency` is a whole number from 1, not `0`",
            "wrong-value: \"many\": `requests_per_minute` is a number above 0, not a text",
            "wrong-value: 1.5: `attempts` is a whole number from 1, not `1.5`",
            "wrong-value: -1: `outage_seconds` is a number not below 0, not `-1`",
            "wrong-value: 0: `idle_timeout_seconds` is a number above 0, not `0`",
            "wrong-value: 1e300: `total_timeout_seconds` is a number of seconds, not `1e300`",
            "wrong-value: \"\": `base_url` is empty",
            "wrong-value: 3: `identity` is a text, not `3`",
        ]
    );
    assert_eq!(complaint("run = true"), "wrong-value: true: `run` is a table, not `true`");
    assert_eq!(
        complaint("[run]\nbudget = \"lots\""),
        "wrong-value: \"lots\": `budget` is an amount of US dollars, such as 5 or \"5usd\", not a text"
    );
    assert_eq!(
        complaint("[prices.\"openai/m\"]\ninput = 1"),
        "missing-key: \"openai/m\": the price of `openai/m` has no `output` \
         (state US dollars for a million tokens, 0 where it costs nothing)"
    );
    assert_eq!(
        complaints("[models]\na = { use = \"openai/m\", seed = 0.5, temperature = \"hot\" }"),
        [
            "wrong-value: 0.5: `seed` is a whole number, not `0.5`",
            "wrong-value: \"hot\": `temperature` is a number, not a text",
        ]
    );
}

#[test]
fn packages_have_names_and_versions() {
    assert_eq!(
        complaint("[package]\nname = \"acme.safety\""),
        "missing-key: [package]: `[package]` has no `version` \
         (a package has a name and a version; leave `[package]` out where others don't use it)"
    );
    let wrong = complaints("[package]\nname = \"Acme/Safety\"\nversion = \"1.2\"");
    assert_eq!(
        wrong,
        [
            "wrong-value: \"Acme/Safety\": `Acme/Safety` is no name for a package (a name is dotted lower-case \
             words, such as `acme.rubrics`, the first one not `std`)",
            "wrong-value: \"1.2\": this is no version: unexpected end of input while parsing minor version number \
             (a version is three numbers, such as 1.2.0)",
        ]
    );
}

#[test]
fn dependencies_say_where_they_are() {
    let dependency = |text: &str| complaint(&format!("[dependencies]\na = {text}"));
    let start = "wrong-dependency: a = ";
    assert_eq!(
        dependency("{ git = \"u\" }"),
        format!(
            "{start}{{ git = \"u\" }}: `a` comes from git without a `tag` (a branch moves, a tag does not: add `tag = \"v1.0.0\"`)"
        )
    );
    assert!(dependency("{ path = \"p\", tag = \"t\" }").contains("`a` has a `path` and something of git"));
    assert!(dependency("{ tag = \"t\" }").contains("`a` has a `tag` or a `folder` and no `git`"));
    assert!(dependency("{}").contains("`a` says neither where it is nor which version"));
    assert!(dependency("{ git = \"--upload-pack=x\", tag = \"t\" }").contains("would be an option to git"));
    assert!(dependency("{ git = \"u\", tag = \"-t\" }").contains("`-t` would be an option to git"));
    assert!(
        dependency("{ git = \"u\", tag = \"t\", folder = \"a/../../b\" }")
            .contains("`../b` is outside of the repository")
    );
    let password = dependency("{ git = \"https://me:hush@host/x\", tag = \"t\" }");
    assert!(password.starts_with("secret-in-config: git: a password does not belong"), "{password}");
    assert!(dependency("3").contains("`a` is a version or a table with `path` or `git`, not `3`"));
    assert!(dependency("\"newest\"").contains("`newest` is no requirement for a version"));
    assert!(complaint("[dependencies]\n\"A\" = \"^1\"").contains("`A` is no name for a package"));
    assert!(complaint("[dependencies]\nstd.text = \"^1\"").contains("`std.text` is no name for a package"));
}

#[test]
fn models_are_named_by_provider() {
    let models = |text: &str| complaint(&format!("[models]\na = {text}"));
    assert_eq!(
        models("\"opnai/m\""),
        "unknown-provider: \"opnai/m\": there is no provider `opnai`; did you mean `openai`?"
    );
    assert!(models("[]").contains("wrong-binding: []: `a` is bound to no model"));
    assert!(models("3").contains("`a` is a model, such as \"openai/gpt-4o\", or a list of models, not `3`"));
    assert!(models("{ seed = 3 }").contains("this model has no `use`"));
    assert!(models("[\"openai/m\", \"openai/m\"]").contains("two models are called `openai/m`"));
    assert!(models("{ use = \"openai/m\", stop = 3 }").contains("`stop` is a list, not `3`"));
    assert_eq!(
        complaint("[endpoints.opnai]\n"),
        "unknown-provider: opnai: there is no provider `opnai`; did you mean `openai`?"
    );
    assert!(complaint("[prices.\"opnai/m\"]\ninput = 0\noutput = 0").starts_with("unknown-provider"));
}

#[test]
fn a_secret_is_refused_and_marked() {
    let text = "[endpoints.openai]\napi_key = \"not-a-real-key\"\n";
    let problem = Config::parse(SourceId(0), text).unwrap_err();
    assert_eq!(problem.diagnostics[0].code, "secret-in-config");
    assert!(problem.diagnostics.iter().all(|it| !format!("{it:?}").contains("not-a-real-key")));
    assert_eq!(&text[problem.secrets[0].clone()], "\"not-a-real-key\"");
}

#[test]
fn a_mistake_of_toml_hides_no_other() {
    let all = complaints("[run]\nbudget = = 3\nstor = \"x\"\n");
    assert!(all.iter().any(|it| it.starts_with("toml-syntax")), "{all:#?}");
    assert!(all.iter().any(|it| it.starts_with("unknown-key: stor")), "{all:#?}");
}
