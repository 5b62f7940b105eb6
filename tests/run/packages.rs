//! Packages on the command line: added, pinned, copied, and used by a program.

use super::project::{Ended, Project};

const PROGRAM: &str = r#"pipeline p @ 1.0.0

use acme.rubrics @ ^1.2 { cried }

curate items {
  rows [{ text = "LOUD" }, { text = "soft" }]
}

generate judged from items {
  let loud = cried(text)
}

judge verdicts from answers {
  verdict right: bool = loud == (reply == upper(reply))
}

models targets: chat

query answers from judged to targets {
  user text
}

measure accuracy from verdicts {
  metric right = rate(right) better higher
  missing excluded
}

test "the package's word is taken" {
  bind targets = [scripted("echo") { _ => prompt }]
  expect accuracy.right == 1
}
"#;

fn library(version: &str) -> String {
    format!("library acme.rubrics @ {version}\n\nfn cried(x: text) -> bool = x == upper(x)\n")
}

fn config(version: &str) -> String {
    format!("[package]\nname = \"acme.rubrics\"\nversion = \"{version}\"\n")
}

fn project() -> Project {
    Project::new()
        .with("main/p.tgp", PROGRAM)
        .with("rubrics/tgp.toml", &config("1.2.0"))
        .with("rubrics/rubrics.tgp", &library("1.2.0"))
}

fn refused(ended: &Ended, code: i32, message: &str) {
    assert_eq!(ended.code, code, "{}{}", ended.out, ended.messages);
    // Told over several lines, framed.
    let told: Vec<&str> = ended.messages.split(|c: char| c.is_whitespace() || c == '│').collect();
    let told = told.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    assert!(told.contains(message), "{told}");
}

#[test]
fn a_package_is_added_pinned_and_used() {
    let project = project();
    let unknown = project.tgp_in("main", "test p.tgp");
    refused(&unknown, 1, "no dependency of that name");
    refused(&unknown, 1, "tgp add acme.rubrics --path FOLDER");
    refused(&project.tgp_in("main", "lock"), 1, "there is no tgp.toml here or above");
    refused(&project.tgp_in("main", "add acme.rubrics"), 1, "nothing says where `acme.rubrics` is");

    // A path is meant from where the command is given.
    project.write("main/tgp.toml", b"# ours\n");
    project.write("main/deep/er/x", b"");
    let added =
        project.tgp_in("main/deep/er", "add acme.rubrics --path ../../../rubrics --version ^1").complete();
    assert!(added.out.contains("Added `acme.rubrics`, pinned at 1.2.0"), "{}", added.out);
    let stated = std::fs::read_to_string(project.path("main/tgp.toml")).unwrap();
    assert_eq!(
        stated,
        "# ours\n\n[dependencies]\n\"acme.rubrics\" = { path = \"../rubrics\", version = \"^1\" }\n"
    );
    project.tgp_in("main", "test p.tgp").complete();
    project.tgp_in("main/deep", "lock --check").complete();
}

#[test]
fn a_package_changes_by_a_new_version_only() {
    let project = project();
    project.tgp_in("main", "add acme.rubrics --path ../rubrics").complete();
    project.edit("rubrics/rubrics.tgp", "x == upper(x)", "x != lower(x)");
    let same = "has changed and still calls itself 1.2.0";
    refused(&project.tgp_in("main", "check p.tgp"), 1, same);
    refused(&project.tgp_in("main", "lock"), 1, same);

    project.write("rubrics/tgp.toml", config("1.3.0").as_bytes());
    let moved = "`acme.rubrics` is at version 1.3.0 by now, and tgp.lock pins 1.2.0; run `tgp lock`";
    refused(&project.tgp_in("main", "check p.tgp"), 1, moved);
    refused(&project.tgp_in("main", "lock --check"), 1, "`acme.rubrics` goes from 1.2.0 to 1.3.0");
    let locked = project.tgp_in("main", "lock").complete();
    assert_eq!(locked.out, "`acme.rubrics` goes from 1.2.0 to 1.3.0\n");
    project.tgp_in("main", "test p.tgp").complete();

    project.write("rubrics/tgp.toml", config("2.0.0").as_bytes());
    project.tgp_in("main", "lock").complete();
    refused(
        &project.tgp_in("main", "check p.tgp"),
        1,
        "^1.2 is asked for, and `acme.rubrics` is pinned at 2.0.0",
    );
}

#[test]
fn copies_are_enough() {
    let project = project();
    project.tgp_in("main", "add acme.rubrics --path ../rubrics").complete();
    let copied = project.tgp_in("main", "vendor").complete();
    assert_eq!(copied.out, "acme.rubrics 1.2.0  vendor/acme.rubrics-1.2.0\n");
    std::fs::rename(project.path("rubrics"), project.path("gone")).unwrap();
    project.tgp_in("main", "test p.tgp").complete();
    project.tgp_in("main", "lock --check").complete();
    project.edit("main/vendor/acme.rubrics-1.2.0/rubrics.tgp", "x == upper(x)", "true");
    refused(&project.tgp_in("main", "check p.tgp"), 1, "was edited; run `tgp vendor` to copy it anew");
}
