//! The folder that a program lives in, on a real disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tgp::check::Loader as _;
use tgp::project::{Project, Refused};
use tgp::world::{Machine, World};

/// A folder with files in it, gone at the end of the test.
struct Folder(TempDir);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// A package in a folder, with a library of one function.
    fn package(&self, path: &str, name: &str, version: &str, more: &str) {
        let file = name.rsplit('.').next().unwrap();
        self.write(
            &format!("{path}/tgp.toml"),
            format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{more}"),
        );
        let library = format!("library {name} @ {version}\n\nfn loud(x: text) -> text = x\n");
        self.write(&format!("{path}/{file}.tgp"), library);
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    fn project(&self, path: &str) -> Project {
        self.find(path).unwrap()
    }

    fn find(&self, path: &str) -> Result<Project, Refused> {
        Project::find(&Machine, &self.at(path))
    }
}

fn machine() -> Arc<dyn World> {
    Arc::new(Machine)
}

mod files {
    use super::*;

    #[test]
    fn a_project_is_the_nearest_folder_that_states_one() {
        let folder = Folder::of(&[
            ("tgp.toml", "[run]\nstore = \"kept\""),
            ("a/b/x.tgp", ""),
            ("inner/tgp.toml", ""),
            ("inner/deep/y.tgp", ""),
        ]);
        let outer = folder.project("a/b/x.tgp");
        assert_eq!((outer.root.as_path(), outer.stated), (folder.0.path(), true));
        assert_eq!(outer.store_folder(), folder.at("kept"));
        let inner = folder.project("inner/deep/y.tgp");
        assert_eq!(inner.root, folder.at("inner"));
        assert_eq!(inner.store_folder(), folder.at("inner/.tgp"));
        assert_eq!(folder.project("inner").root, folder.at("inner"), "from a folder");
    }

    #[test]
    fn a_file_alone_has_its_folder() {
        let folder = Folder::of(&[("a/x.tgp", "")]);
        let project = folder.project("a/x.tgp");
        assert_eq!((project.root.clone(), project.stated), (folder.at("a"), false));
        assert_eq!(project.store_folder(), folder.at("a/.tgp"));
    }

    #[test]
    fn paths_of_the_configuration_start_at_its_folder_or_at_home() {
        let folder = Folder::of(&[(
            "tgp.toml",
            "[endpoints.openai]\nkey_file = \"~/keys/openai\"\n[endpoints.mistral]\nkey_file = \"../k\"",
        )]);
        let project = folder.project("x.tgp");
        let file = |name: &str| project.config.endpoints[name].key_file.clone().unwrap();
        assert_eq!(file("mistral"), folder.0.path().parent().unwrap().join("k"));
        if let Some(home) = Machine.variable("HOME") {
            assert_eq!(file("openai"), Path::new(&home).join("keys/openai"));
        }
    }

    #[test]
    fn what_is_wrong_with_the_configuration_is_told_at_its_place() {
        let folder = Folder::of(&[("tgp.toml", "[run]\nstor = \"x\"\n")]);
        let refused = folder.find("x.tgp").unwrap_err();
        assert_eq!(refused.to_string(), "`[run]` has no key `stor`");
        let span = refused.diagnostics[0].primary.span;
        assert_eq!((refused.sources.text(span), refused.sources.line(span)), ("stor", 2));
    }

    #[test]
    fn a_secret_in_the_configuration_is_shown_nowhere() {
        let folder = Folder::of(&[("tgp.toml", "[endpoints.openai]\nkey = \"hush-hush\"\n")]);
        let refused = folder.find("x.tgp").unwrap_err();
        assert_eq!(refused.diagnostics[0].code, "secret-in-config");
        assert!(!format!("{refused:?} {refused}").contains("hush-hush"));
        assert_eq!(refused.sources.text(refused.diagnostics[0].primary.span), "key");
    }

    #[test]
    fn a_configuration_that_is_no_text_is_told() {
        let folder = Folder::of(&[]);
        folder.write("tgp.toml", b"[run]\nstore = \"\xff\"\n");
        let told = folder.find("x.tgp").unwrap_err().to_string();
        assert!(told.ends_with("it is not UTF-8 text (byte 15, line 2); save the file as UTF-8"), "{told}");
    }

    #[test]
    fn files_are_found_from_the_file_that_uses_them() {
        let folder =
            Folder::of(&[("tgp.toml", ""), ("a/x.tgp", ""), ("lib/r.tgp", "\u{feff}library r @ 1.0.0\n")]);
        let project = folder.project("a/x.tgp");
        let source = project.loader(machine()).file(Some(&folder.at("a/x.tgp")), "../lib/./r.tgp").unwrap();
        assert_eq!(source.path, Some(folder.at("lib/r.tgp")));
        assert_eq!(&*source.name, Path::new("lib/r.tgp").display().to_string());
        assert_eq!(&*source.text, "library r @ 1.0.0\n", "without the mark that some editors add");
    }

    #[test]
    fn files_that_are_no_texts_say_why() {
        let folder = Folder::of(&[("x.tgp", ""), ("folder/y.tgp", "")]);
        folder.write("latin.tgp", b"pipeline a @ 1.0.0\n# caf\xe9\n");
        fs::File::create(folder.at("huge.tgp")).unwrap().set_len(5 << 30).unwrap();
        let project = folder.project("x.tgp");
        let loader = project.loader(machine());
        let told = |path: &str| loader.file(Some(&folder.at("x.tgp")), path).unwrap_err().to_string();
        assert_eq!(told("latin.tgp"), "it is not UTF-8 text (byte 24, line 2); save the file as UTF-8");
        assert_eq!(told("none.tgp"), format!("there is no such file: {}", folder.at("none.tgp").display()));
        assert_eq!(told("folder"), format!("{} is a folder, not a file", folder.at("folder").display()));
        assert_eq!(told("huge.tgp"), "it is larger than 4 GiB");
        assert!(told("x.tgp/y.tgp").contains("can't be read"), "{}", told("x.tgp/y.tgp"));
    }
}

mod packages;
mod scaffold;
