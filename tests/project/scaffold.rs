//! A new project runs at once.

use std::process::Command;

use super::*;

#[test]
fn a_new_project_checks_tests_and_runs_offline() {
    let folder = Folder::of(&[]);
    let tgp = |at: &Path, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tgp"))
            .args(arguments)
            .current_dir(at)
            .env_remove("OPENAI_API_KEY")
            .output()
            .unwrap();
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {told}");
        told
    };
    tgp(folder.0.path(), &["new", "My-Facts"]);
    let project = folder.at("My-Facts");
    assert_eq!(folder.read("My-Facts/.gitignore").lines().last(), Some(".tgp/"));
    tgp(&project, &["check", "my_facts.tgp"]);
    tgp(&project, &["fmt", "--check", "my_facts.tgp"]);
    tgp(&project, &["test", "my_facts.tgp"]);
    let told = tgp(&project, &["run", "my_facts.tgp"]);
    assert!(told.contains("steady") && told.contains("brittle"), "{told}");
}
