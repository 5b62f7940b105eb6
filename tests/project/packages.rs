//! Packages: found, pinned, copied.

use std::io;
use std::process::Command;
use std::time::Duration;

use semver::VersionReq;
use tgp::check::Overrides;
use tgp::project::add::add;
use tgp::project::config::dependency::{Dependency, Location};
use tgp::project::error::ProjectError;
use tgp::project::lock::{Lock, lock};
use tgp::project::vendor::vendor;
use tgp::session::Opened;
use tgp::world::Stamp;

use super::*;

/// The machine, with a cache folder of the test's own.
struct Cached(PathBuf);

impl World for Cached {
    fn open(&self, path: &Path) -> io::Result<Box<dyn tgp::world::File>> {
        Machine.open(path)
    }
    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        Machine.stamp(path)
    }
    fn is_folder(&self, path: &Path) -> bool {
        Machine.is_folder(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Machine.list(folder)
    }
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        Machine.write(path, bytes)
    }
    fn absolute(&self, path: &Path) -> PathBuf {
        Machine.absolute(path)
    }
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "TGP_CACHE" => Some(self.0.to_string_lossy().into_owned()),
            name => Machine.variable(name),
        }
    }
    fn now(&self) -> Duration {
        Machine.now()
    }
    fn jitter(&self) -> u64 {
        Machine.jitter()
    }
}

impl Folder {
    fn world(&self) -> Arc<dyn World> {
        Arc::new(Cached(self.at("cache")))
    }

    /// The project in `main`.
    fn main(&self) -> Project {
        self.project("main")
    }

    fn lock(&self) -> Result<Vec<String>, ProjectError> {
        lock(&*self.world(), &self.main(), false).map(|locked| locked.differences)
    }

    fn refused(&self) -> String {
        self.lock().unwrap_err().to_string()
    }

    fn add(&self, name: &str, location: Location) -> Result<bool, ProjectError> {
        let dependency = Dependency { requirement: VersionReq::STAR, location: Some(location) };
        add(&*self.world(), &self.main(), name, &dependency).map(|added| added.replaced)
    }

    /// The text of a package as a program in `main` gets it.
    fn load(&self, name: &str, requirement: Option<&str>) -> Result<String, String> {
        let project = self.main();
        let loaded = project.loader(self.world()).package(name, requirement);
        loaded.map(|source| source.text.to_string()).map_err(|problem| problem.to_string())
    }

    /// Runs git in a folder.
    fn git(&self, path: &str, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
            .args(arguments)
            .current_dir(self.at(path))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn repository(&self, path: &str, tag: &str) -> Location {
        self.git(path, &["init", "-q"]);
        self.tag(path, tag);
        Location::Git {
            repository: format!("file://{}", self.at(path).display()),
            tag: tag.to_owned(),
            folder: PathBuf::new(),
        }
    }

    fn tag(&self, path: &str, tag: &str) {
        self.git(path, &["add", "-A"]);
        self.git(path, &["commit", "-q", "-m", tag]);
        self.git(path, &["tag", tag]);
    }
}

fn path(path: &str) -> Location {
    Location::Folder(PathBuf::from(path))
}

/// A project that uses `acme.rubrics` beside it, pinned at 1.2.0.
fn pinned() -> Folder {
    let folder =
        Folder::of(&[("main/tgp.toml", "[dependencies]\nacme.rubrics = { path = \"../rubrics\" }\n")]);
    folder.package("rubrics", "acme.rubrics", "1.2.0", "");
    folder.lock().unwrap();
    folder
}

#[test]
fn adding_keeps_what_is_written_and_pins_what_is_found() {
    let before = "# Mine.\n[run] # of every day\nbudget = 5   # dollars\n\n[dependencies]\n# theirs\nacme.other = { path = \"../other\" }\n";
    let folder = Folder::of(&[("main/tgp.toml", before)]);
    folder.package("rubrics", "acme.rubrics", "1.2.0", "");
    folder.package("other", "acme.other", "2.0.0", "");
    assert!(!folder.add("acme.rubrics", path("../rubrics")).unwrap());
    let added = format!("{before}\"acme.rubrics\" = {{ path = \"../rubrics\" }}\n");
    assert_eq!(folder.read("main/tgp.toml"), added);

    let lock = folder.read("main/tgp.lock");
    let hash = |name: &str| {
        Lock::read(&Machine, &folder.at("main/tgp.lock")).unwrap().unwrap().get(name).unwrap().hash.hex()
    };
    let expected = format!(
        "# Written by tgp: what this project uses, pinned by content. Keep it with the project.\n\
         version = 1\n\n\
         [[package]]\nname = \"acme.other\"\nversion = \"2.0.0\"\npath = \"../other\"\nhash = \"{}\"\n\n\
         [[package]]\nname = \"acme.rubrics\"\nversion = \"1.2.0\"\npath = \"../rubrics\"\nhash = \"{}\"\n",
        hash("acme.other"),
        hash("acme.rubrics"),
    );
    assert_eq!(lock, expected);
    assert_eq!(folder.lock().unwrap(), Vec::<String>::new(), "nothing to do");
    assert_eq!(folder.read("main/tgp.lock"), expected);

    fs::rename(folder.at("other"), folder.at("moved")).unwrap();
    assert!(
        folder.add("acme.other", path("../moved")).unwrap(),
        "an entry of dotted words is replaced in place"
    );
    assert_eq!(folder.read("main/tgp.toml"), added.replace("../other", "../moved"));
}

#[test]
fn adding_makes_a_project_of_a_folder() {
    let folder = Folder::of(&[("main/x.tgp", "")]);
    folder.package("rubrics", "acme.rubrics", "1.2.0", "");
    folder.add("acme.rubrics", path("../rubrics")).unwrap();
    assert_eq!(
        folder.read("main/tgp.toml"),
        "[dependencies]\n\"acme.rubrics\" = { path = \"../rubrics\" }\n"
    );
}

#[test]
fn what_can_not_be_had_is_not_added() {
    let folder =
        Folder::of(&[("main/tgp.toml", "# as it was\n"), ("plain/x.tgp", ""), ("unnamed/tgp.toml", "")]);
    folder.package("rubrics", "acme.rubrics", "1.2.0", "");
    folder.package("broken", "acme.broken", "1.2.0", "[rum]\n");
    let told = |name: &str, at: &str| folder.add(name, path(at)).unwrap_err().to_string();
    let at = |path: &str| folder.at(path).display().to_string();
    assert!(told("Acme", "../rubrics").starts_with("`Acme` is no name for a package; a name is dotted"));
    assert_eq!(told("a", "../plain"), format!("`{}` is no package: it has no tgp.toml", at("plain")));
    let unnamed = format!("`{}` is no package: its tgp.toml has no `[package]`", at("unnamed"));
    assert_eq!(told("a", "../unnamed"), unnamed);
    assert_eq!(told("a", "../rubrics"), "the package at `../rubrics` is called `acme.rubrics`, not `a`");
    let broken = format!("{}: `tgp.toml` has no key `rum`", at("broken/tgp.toml"));
    assert_eq!(told("acme.broken", "../broken"), broken);
    let option = Location::Git { repository: "-x".to_owned(), tag: "t".to_owned(), folder: PathBuf::new() };
    let option = folder.add("a", option).unwrap_err().to_string();
    assert!(option.ends_with("tgp.toml: `-x` would be an option to git"), "{option}");
    assert_eq!(folder.read("main/tgp.toml"), "# as it was\n");
    assert!(!folder.at("main/tgp.lock").exists());
}

#[test]
fn checking_a_lock_writes_nothing() {
    let folder = pinned();
    let check = || lock(&*folder.world(), &folder.main(), true).map(|locked| locked.lock.packages.len());
    assert_eq!(check().unwrap(), 1);
    let before = folder.read("main/tgp.lock");
    folder.package("rubrics", "acme.rubrics", "1.3.0", "");
    folder.package("more", "acme.more", "0.1.0", "");
    folder.write(
        "main/tgp.toml",
        "[dependencies]\nacme.rubrics = { path = \"../rubrics\" }\nacme.more = { path = \"../more\" }\n",
    );
    assert_eq!(
        check().unwrap_err().to_string(),
        "tgp.lock is not what tgp.toml asks for: `acme.more` 0.1.0 is new, `acme.rubrics` goes from 1.2.0 to \
         1.3.0; run `tgp lock`"
    );
    assert_eq!(folder.read("main/tgp.lock"), before);
    folder.lock().unwrap();
    folder.write("main/tgp.toml", "[dependencies]\nacme.rubrics = { path = \".././rubrics\" }\n");
    assert_eq!(
        folder.lock().unwrap(),
        ["`acme.more` is no longer used"],
        "the same place by another spelling"
    );
    fs::rename(folder.at("rubrics"), folder.at("elsewhere")).unwrap();
    folder.write("main/tgp.toml", "[dependencies]\nacme.rubrics = { path = \"../elsewhere\" }\n");
    assert_eq!(folder.lock().unwrap(), ["`acme.rubrics` comes from elsewhere"]);
}

#[test]
fn a_change_under_the_same_version_is_refused() {
    let folder = pinned();
    folder.write("rubrics/notes.md", "What does not run does not count.");
    folder.write("rubrics/.hidden/x.tgp", "");
    folder.write("rubrics/nested/tgp.toml", "");
    folder.write("rubrics/nested/x.tgp", "");
    assert_eq!(folder.lock().unwrap(), Vec::<String>::new());
    folder.write("rubrics/more/strict.tgp", "library acme.rubrics.more.strict @ 1.0.0\n");
    let told = "`acme.rubrics` has changed and still calls itself 1.2.0; give it a new version, or put back what \
                tgp.lock has pinned";
    assert_eq!(folder.refused(), told);
    assert_eq!(folder.load("acme.rubrics", None).unwrap_err(), told);
    let version = folder.read("rubrics/tgp.toml").replace("1.2.0", "1.2.1");
    folder.write("rubrics/tgp.toml", version);
    assert_eq!(folder.lock().unwrap(), ["`acme.rubrics` goes from 1.2.0 to 1.2.1"]);
    assert!(folder.load("acme.rubrics.more.strict", None).unwrap().starts_with("library acme.rubrics.more"));
}

#[test]
fn versions_must_meet_what_is_asked_for() {
    let folder = pinned();
    assert!(folder.load("acme.rubrics", Some("^1.1")).is_ok());
    assert!(folder.load("acme.rubrics", Some("1.2")).is_ok());
    assert_eq!(
        folder.load("acme.rubrics", Some("^2")).unwrap_err(),
        "^2 is asked for, and `acme.rubrics` is pinned at 1.2.0"
    );
    assert_eq!(
        folder.load("acme.rubrics", Some("new")).unwrap_err(),
        "`new` is no requirement for a version; such as ^1.2 or =1.2.0"
    );
    folder.write(
        "main/tgp.toml",
        "[dependencies]\nacme.rubrics = { path = \"../rubrics\", version = \"~1.1\" }\n",
    );
    assert_eq!(folder.refused(), "`acme.rubrics` is at version 1.2.0, and tgp.toml asks for ~1.1");
    assert_eq!(
        folder.load("acme.rubrics", None).unwrap_err(),
        "tgp.toml asks for another `acme.rubrics` than tgp.lock has pinned; run `tgp lock`"
    );
}

#[test]
fn packages_are_loaded_as_pinned_or_not_at_all() {
    let folder = pinned();
    assert!(folder.load("acme.rubrics", None).unwrap().contains("fn loud"));
    assert_eq!(folder.load("acme.none", None).unwrap_err(), "no dependency of that name");
    let missing = folder.load("acme.rubrics.none", None).unwrap_err();
    assert!(missing.starts_with("there is no such file:") && missing.ends_with("none.tgp"), "{missing}");
    fs::remove_file(folder.at("main/tgp.lock")).unwrap();
    assert_eq!(
        folder.load("acme.rubrics", None).unwrap_err(),
        "tgp.toml names it, and tgp.lock does not pin it yet; run `tgp lock`"
    );
    folder.write("main/tgp.lock", "version = 2\n");
    let told = folder.refused();
    assert!(told.contains("it is of form 2, and this program knows form 1; delete it"), "{told}");
    folder.write("main/tgp.lock", "version = [\n");
    assert!(folder.refused().contains("tgp.lock` can't be read"), "{}", folder.refused());
}

#[test]
fn a_package_uses_its_own_files_only() {
    let folder = pinned();
    folder.write("rubrics/inner/part.tgp", "library part @ 1.0.0\n");
    let version = folder.read("rubrics/tgp.toml").replace("1.2.0", "1.2.1");
    folder.write("rubrics/tgp.toml", version);
    folder.lock().unwrap();
    let project = folder.main();
    let loader = project.loader(folder.world());
    let from = loader.package("acme.rubrics", None).unwrap().path.unwrap();
    assert!(loader.file(Some(&from), "inner/part.tgp").is_ok());
    assert_eq!(
        loader.file(Some(&from), "../main/tgp.toml").unwrap_err().to_string(),
        "it lies outside of the package `acme.rubrics`, which comes without it"
    );
}

#[test]
fn packages_of_packages_are_found_once() {
    let folder = Folder::of(&[(
        "main/tgp.toml",
        "[dependencies]\nacme.a = { path = \"../a\" }\nacme.b = { path = \"../b\" }\nacme.c = \"^1\"\n",
    )]);
    folder.package(
        "a",
        "acme.a",
        "1.0.0",
        "[dependencies]\nacme.c = { path = \"../c\", version = \"^1.1\" }\n",
    );
    folder.package("b", "acme.b", "1.0.0", "[dependencies]\nacme.c = { path = \"../a/../c\" }\n");
    folder.package("c", "acme.c", "1.1.0", "");
    assert_eq!(folder.lock().unwrap().len(), 3);
    assert!(folder.load("acme.c", None).is_ok());

    folder.package("c", "acme.c", "1.0.0", "");
    assert_eq!(folder.refused(), "`acme.c` is at version 1.0.0, and `acme.a` asks for ^1.1");

    folder.package("c", "acme.c", "1.1.0", "");
    folder.package("d", "acme.c", "1.1.1", "");
    folder.package("b", "acme.b", "1.0.1", "[dependencies]\nacme.c = { path = \"../d\" }\n");
    assert_eq!(
        folder.refused(),
        "`acme.b` asks for `acme.c` at `../d`, and `acme.a` at `../c`; state under `[dependencies]` in your own \
         tgp.toml which of them it shall be"
    );
    let decided = folder.read("main/tgp.toml").replace("\"^1\"", "{ path = \"../d\" }");
    folder.write("main/tgp.toml", decided);
    folder.lock().unwrap();
    assert!(folder.load("acme.c", Some("=1.1.1")).is_ok());
}

#[test]
fn a_package_without_a_place_or_with_itself_in_it_is_refused() {
    let folder = Folder::of(&[("main/tgp.toml", "[dependencies]\nacme.a = \"^1\"\n")]);
    assert_eq!(
        folder.refused(),
        "nothing says where `acme.a` is, which tgp.toml asks for; state its `path`, or `git` and `tag`, under \
         `[dependencies]` in tgp.toml"
    );
    folder.package("main", "acme.main", "1.0.0", "[dependencies]\nacme.a = { path = \"../a\" }\n");
    folder.package("a", "acme.a", "1.0.0", "[dependencies]\nacme.main = { path = \"../main\" }\n");
    assert_eq!(folder.refused(), "`acme.main` depends on itself, through `acme.a`");
}

#[test]
fn folders_without_end_are_refused() {
    let folder = pinned();
    folder.write(&format!("rubrics/{}x.tgp", "a/".repeat(40)), "");
    let told = folder.refused();
    assert!(told.ends_with("is nested too deeply to be part of a package"), "{told}");
}

#[test]
fn copies_stand_in_for_packages() {
    let folder = pinned();
    let copied = vendor(&*folder.world(), &folder.main()).unwrap();
    assert_eq!(copied[0].folder, folder.at("main/vendor/acme.rubrics-1.2.0"));
    fs::remove_dir_all(folder.at("rubrics")).unwrap();
    assert!(folder.load("acme.rubrics", None).unwrap().contains("fn loud"));
    assert_eq!(folder.lock().unwrap(), Vec::<String>::new());
    assert!(lock(&*folder.world(), &folder.main(), true).is_ok());

    folder.write("main/vendor/acme.rubrics-1.2.0/rubrics.tgp", "library acme.rubrics @ 1.2.0\n");
    let told = format!(
        "the copy of `acme.rubrics` in `{}` was edited; run `tgp vendor` to copy it anew",
        folder.at("main/vendor/acme.rubrics-1.2.0").display()
    );
    assert_eq!(folder.refused(), told);
    assert_eq!(folder.load("acme.rubrics", None).unwrap_err(), told);
    folder.package("rubrics", "acme.rubrics", "1.2.0", "");
    vendor(&*folder.world(), &folder.main()).unwrap();
    assert!(folder.load("acme.rubrics", None).is_ok());
}

#[test]
fn a_copy_from_elsewhere_is_not_taken() {
    let folder = pinned();
    vendor(&*folder.world(), &folder.main()).unwrap();
    folder.package("newer", "acme.rubrics", "2.0.0", "");
    folder.write("main/tgp.toml", "[dependencies]\nacme.rubrics = { path = \"../newer\" }\n");
    assert_eq!(folder.lock().unwrap(), ["`acme.rubrics` goes from 1.2.0 to 2.0.0"]);
    assert!(folder.load("acme.rubrics", None).unwrap().contains("2.0.0"));
    vendor(&*folder.world(), &folder.main()).unwrap();
    assert!(folder.at("main/vendor/acme.rubrics-2.0.0/rubrics.tgp").exists());
}

#[test]
fn a_place_that_can_not_be_written_is_told() {
    let folder = pinned();
    folder.write("main/vendor", "a file");
    let told = vendor(&*folder.world(), &folder.main()).unwrap_err().to_string();
    assert!(told.contains("vendor") && told.contains("can't be"), "{told}");
    fs::remove_file(folder.at("main/vendor")).unwrap();
    folder.write("main/vendor/acme.rubrics-1.2.0", "a file");
    let told = vendor(&*folder.world(), &folder.main()).unwrap_err().to_string();
    assert!(told.contains("can't be written"), "{told}");
}

#[test]
fn packages_come_from_git_at_a_tag() {
    let folder = Folder::of(&[("main/tgp.toml", "")]);
    folder.package("origin", "acme.rubrics", "1.2.0", "");
    let first = folder.repository("origin", "v1.2.0");
    folder.package("origin", "acme.rubrics", "1.3.0", "");
    folder.tag("origin", "v1.3.0");
    folder.add("acme.rubrics", first.clone()).unwrap();
    assert!(folder.load("acme.rubrics", None).unwrap().contains("@ 1.2.0"), "the tag, not the newest");
    assert!(folder.read("main/tgp.lock").contains("tag = \"v1.2.0\"\nhash = "));

    fs::rename(folder.at("origin"), folder.at("gone")).unwrap();
    assert!(folder.load("acme.rubrics", None).is_ok(), "fetched once");
    fs::rename(folder.at("cache"), folder.at("lost")).unwrap();
    let told = folder.load("acme.rubrics", None).unwrap_err();
    assert!(told.starts_with("git could not get `file://"), "{told}");
    fs::rename(folder.at("gone"), folder.at("origin")).unwrap();
    assert!(folder.load("acme.rubrics", None).is_ok(), "fetched anew from what the lock says");

    let Location::Git { repository, folder: within, .. } = first else { unreachable!() };
    let branch = Location::Git { repository: repository.clone(), tag: "main".to_owned(), folder: within };
    let told = folder.add("acme.rubrics", branch).unwrap_err().to_string();
    assert_eq!(told, format!("`{repository}` has no tag `main`"));
}

#[test]
fn a_moved_tag_is_told() {
    let folder = Folder::of(&[("main/tgp.toml", "")]);
    folder.package("origin", "acme.rubrics", "1.2.0", "");
    let location = folder.repository("origin", "v1");
    folder.add("acme.rubrics", location).unwrap();
    folder.write("origin/rubrics.tgp", "library acme.rubrics @ 1.2.0\n# other rules\n");
    folder.git("origin", &["tag", "-d", "v1"]);
    folder.tag("origin", "v1");
    fs::rename(folder.at("cache"), folder.at("lost")).unwrap();
    assert!(
        folder.load("acme.rubrics", None).unwrap_err().starts_with("`acme.rubrics` has changed and still")
    );
}

#[test]
fn half_a_fetch_is_not_taken_for_a_package() {
    let folder = Folder::of(&[("main/tgp.toml", "")]);
    folder.package("origin", "acme.rubrics", "1.2.0", "");
    let location = folder.repository("origin", "v1");
    folder.add("acme.rubrics", location).unwrap();
    let mut done = fs::read_dir(folder.at("cache/git")).unwrap().map(|it| it.unwrap().path());
    let done = done.find(|path| path.extension().is_some()).unwrap();
    fs::remove_file(&done).unwrap();
    fs::remove_file(done.with_extension("").join("rubrics.tgp")).unwrap();
    assert!(folder.load("acme.rubrics", None).unwrap().contains("fn loud"));
}

#[test]
fn a_repository_may_hold_several_packages() {
    let folder = Folder::of(&[("main/tgp.toml", "")]);
    folder.package("origin/packages/a", "acme.a", "1.0.0", "[dependencies]\nacme.b = { path = \"../b\" }\n");
    folder.package("origin/packages/b", "acme.b", "1.0.0", "");
    let location = |tag: &str| match folder.repository("origin", tag) {
        Location::Git { repository, tag, .. } => {
            Location::Git { repository, tag, folder: PathBuf::from("packages/a") }
        }
        other => other,
    };
    folder.add("acme.a", location("v1")).unwrap();
    assert!(folder.load("acme.b", None).is_ok());
    assert!(folder.read("main/tgp.lock").contains("folder = \"packages/b\""));
    folder.package(
        "origin/packages/a",
        "acme.a",
        "1.1.0",
        "[dependencies]\nacme.b = { path = \"../../../b\" }\n",
    );
    let told = folder.add("acme.a", location("v2")).unwrap_err().to_string();
    assert_eq!(told, "`acme.a` names `acme.b` by a path that leads out of its repository");
}

#[test]
fn a_program_uses_a_package_as_any_library() {
    let folder = pinned();
    let program = |requirement: &str| {
        format!(
            "pipeline p @ 1.0.0\n\nuse acme.rubrics {requirement} {{ loud }}\n\ncurate rows {{\n  \
             read csv \"x.csv\" as {{ a: text }}\n  where loud(a) != a\n}}\n"
        )
    };
    let told = |text: String| {
        folder.write("main/p.tgp", text);
        let opened = Opened::new(&folder.at("main/p.tgp"), &Overrides::default(), &folder.world()).unwrap();
        opened.diagnostics.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    assert_eq!(told(program("@ ^1.2")), Vec::<String>::new());
    assert_eq!(
        told(program("@ ^3")),
        ["cannot use `acme.rubrics`: ^3 is asked for, and `acme.rubrics` is pinned at 1.2.0"]
    );
}
