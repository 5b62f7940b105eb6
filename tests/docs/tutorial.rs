//! Follows a page command by command, in a folder of its own.
//!
//! - `LANGUAGE,file=NAME` is a file to write, `LANGUAGE,append=NAME` what goes to the end of one.
//! - `diff,file=NAME` is an edit of a file: its lines without `-` take the place of those without
//!   `+`, which stand in the file once.
//! - `sh` is commands, which succeed; with `fails`, they do not; with `not-run`, they need keys.
//! - `text,output` is what the commands before it print. A line `…` stands for any lines.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::block::{Fence, fences};

/// Whoever follows a page.
struct Reader {
    page: PathBuf,
    home: tempfile::TempDir,
    /// Where the commands have led.
    folder: PathBuf,
    /// What the last commands printed.
    printed: String,
}

#[test]
#[cfg(unix)]
fn the_tutorial_can_be_followed() {
    follow("docs/tutorial.md");
}

fn follow(page: &str) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_owned();
    let mut reader = Reader { page: page.into(), home, folder, printed: String::new() };
    let fences = fences(Path::new(page), &super::read(page));
    assert!(fences.len() > 5, "{page} has nothing to follow");
    for fence in &fences {
        reader.take(fence);
    }
}

impl Reader {
    fn take(&mut self, fence: &Fence) {
        match (fence.marks[0].as_str(), fence.mark("file"), fence.mark("append")) {
            ("sh", ..) if fence.is("not-run") => {}
            ("sh", ..) => self.run(fence),
            ("diff", Some(file), _) => self.edit(file, fence),
            (_, Some(file), _) => std::fs::write(self.folder.join(file), &fence.text).unwrap(),
            (_, _, Some(file)) => {
                let text = self.file(file) + "\n" + &fence.text;
                std::fs::write(self.folder.join(file), text).unwrap();
            }
            _ if fence.is("output") => self.compare(fence),
            _ => panic!("{}: a block that is neither a file nor commands", self.place(fence)),
        }
    }

    fn place(&self, fence: &Fence) -> String {
        format!("{}:{}", self.page.display(), fence.line)
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    fn run(&mut self, fence: &Fence) {
        let tgp = Path::new(env!("CARGO_BIN_EXE_tgp")).parent().unwrap();
        let path = format!("{}:{}", tgp.display(), std::env::var("PATH").unwrap_or_default());
        let last = self.home.path().join("last");
        let script = format!("exec 2>&1\nset -e\n{}pwd > '{}'\n", fence.text, last.display());
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(script).current_dir(&self.folder).stdin(Stdio::null());
        shell.env_clear().env("PATH", path).env("HOME", self.home.path()).env("COLUMNS", "100");
        let output = shell.output().unwrap();
        self.printed = String::from_utf8(output.stdout).unwrap();
        let fails = fence.is("fails");
        assert_eq!(!output.status.success(), fails, "{}:\n{}", self.place(fence), self.printed);
        if !fails {
            self.folder = std::fs::read_to_string(last).unwrap().trim().into();
        }
    }

    fn edit(&self, name: &str, fence: &Fence) {
        let side = |left_out: char| -> String {
            let lines = fence.text.lines().filter(|line| !line.starts_with(left_out));
            lines.map(|line| format!("{}\n", line.get(1..).unwrap_or(""))).collect()
        };
        let (before, after) = (side('+'), side('-'));
        let text = self.file(name);
        let times = text.matches(&before).count();
        assert_eq!(
            times,
            1,
            "{}: what is replaced stands {times} times in {name}:\n{text}",
            self.place(fence)
        );
        std::fs::write(self.folder.join(name), text.replace(&before, &after)).unwrap();
    }

    fn compare(&self, fence: &Fence) {
        let printed: Vec<&str> = self.printed.trim_end().lines().map(str::trim_end).collect();
        let shown: Vec<&str> = fence.text.lines().map(str::trim_end).collect();
        assert!(is_like(&printed, &shown), "{}: this is printed:\n{}", self.place(fence), self.printed);
    }
}

/// Whether lines are those shown, each `…` standing for any of them.
fn is_like(printed: &[&str], shown: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&"…", rest)) => (0..=printed.len()).any(|skipped| is_like(&printed[skipped..], rest)),
        Some((line, rest)) => printed.first() == Some(line) && is_like(&printed[1..], rest),
    }
}
