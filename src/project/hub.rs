//! Datasets of Hugging Face: which files hold a split.
//!
//! Two addresses of its interface are used: `/api/datasets/NAME/revision/REVISION` names the
//! commit of a revision and the files in it, and `/datasets/NAME/resolve/COMMIT/FILE` is a file.

use secrecy::SecretString;

use crate::data::address::Dataset;
use crate::world::World;

/// The branch to which Hugging Face converts datasets by itself, as it stands in an address.
const CONVERTED: &str = "refs%2Fconvert%2Fparquet";
const ADDRESS: &str = "https://huggingface.co";

/// Where datasets are got from, and as whom.
#[derive(Clone, Debug)]
pub(super) struct Hub {
    base_url: String,
    pub(super) token: Option<SecretString>,
}

/// A revision as the interface lists it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Listing {
    /// The commit.
    pub(super) sha: String,
    #[serde(default)]
    siblings: Vec<Listed>,
}

#[derive(Debug, serde::Deserialize)]
struct Listed {
    rfilename: String,
}

impl Hub {
    /// The address that is stated, else the one in `HF_ENDPOINT`, else Hugging Face's own.
    pub(super) fn new(world: &dyn World, stated: Option<&str>) -> Hub {
        let variable = |name: &str| world.variable(name).filter(|text| !text.trim().is_empty());
        let base_url = stated.map(str::to_owned).or_else(|| variable("HF_ENDPOINT"));
        let base_url = base_url.unwrap_or_else(|| ADDRESS.to_owned());
        let token = variable("HF_TOKEN").map(|token| SecretString::from(token.trim().to_owned()));
        Hub { base_url: base_url.trim().trim_end_matches('/').to_owned(), token }
    }

    /// The address of a revision's listing.
    pub(super) fn listing(&self, dataset: &Dataset) -> String {
        let revision = dataset.revision.as_deref().unwrap_or(CONVERTED);
        format!("{}/api/datasets/{}/revision/{revision}", self.base_url, dataset.name)
    }

    /// The address of a file.
    pub(super) fn file(&self, dataset: &Dataset, commit: &str, file: &str) -> String {
        format!("{}/datasets/{}/resolve/{commit}/{}", self.base_url, dataset.name, encoded(file))
    }
}

impl Listing {
    /// The files of a split, in order. They lie in a folder of the split's name, or begin with it
    /// (`train-00000-of-00002.parquet`, `train.parquet`), in the configuration's folder; those of
    /// the configuration `default` also in `data/` or at the top.
    pub(super) fn files(&self, dataset: &Dataset) -> Vec<&str> {
        let mut folders = vec![format!("{}/", dataset.config)];
        if &*dataset.config == "default" {
            folders.extend(["data/".to_owned(), String::new()]);
        }
        let of_split = |within: &str| {
            let rest = within.strip_prefix(&*dataset.split)?;
            let begins = rest.starts_with(['/', '-']) || rest == ".parquet";
            (begins && rest.ends_with(".parquet")).then_some(())
        };
        let is_wanted = |file: &&str| {
            folders.iter().any(|folder| file.strip_prefix(folder.as_str()).and_then(of_split).is_some())
        };
        let mut files: Vec<&str> = self.parquet().filter(is_wanted).collect();
        files.sort_unstable();
        files
    }

    /// The splits that there are, as far as the files' names tell, each `CONFIG/SPLIT`.
    pub(super) fn splits(&self) -> Vec<String> {
        let split = |file: &str| {
            let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
            let numbered = name.trim_end_matches(".parquet").split('-').next().unwrap_or(name);
            match folder.rsplit_once('/') {
                Some(_) => folder.to_owned(),
                None if matches!(folder, "" | "data") => format!("default/{numbered}"),
                None => format!("{folder}/{numbered}"),
            }
        };
        let mut splits: Vec<String> = self.parquet().map(split).collect();
        splits.sort_unstable();
        splits.dedup();
        splits
    }

    fn parquet(&self) -> impl Iterator<Item = &str> {
        self.siblings.iter().map(|listed| listed.rfilename.as_str()).filter(|name| name.ends_with(".parquet"))
    }
}

/// A file's path with what an address can't carry written as its bytes.
fn encoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b'=' | b'+' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::address::Address;

    fn dataset(text: &str) -> Dataset {
        let Ok(Address::HuggingFace(dataset)) = Address::parse(text) else { panic!("{text}") };
        dataset
    }

    fn listing(files: &[&str]) -> Listing {
        let listed = |file: &&str| Listed { rfilename: (*file).to_owned() };
        Listing { sha: "abc".to_owned(), siblings: files.iter().map(listed).collect() }
    }

    #[test]
    fn a_split_is_found_in_the_layouts_that_datasets_have() {
        let converted = listing(&[
            ".gitattributes",
            "main/test/0000.parquet",
            "main/train/0001.parquet",
            "main/train/0000.parquet",
            "socratic/train/0000.parquet",
        ]);
        let wanted = dataset("hf://openai/gsm8k/main/train");
        assert_eq!(converted.files(&wanted), ["main/train/0000.parquet", "main/train/0001.parquet"]);
        assert_eq!(converted.splits(), ["main/test", "main/train", "socratic/train"]);
        let own =
            listing(&["data/train-00000-of-00001.parquet", "data/test.parquet", "training.parquet", "x.csv"]);
        assert_eq!(own.files(&dataset("hf://a/b/default/train")), ["data/train-00000-of-00001.parquet"]);
        assert_eq!(own.files(&dataset("hf://a/b/default/test")), ["data/test.parquet"]);
        assert!(own.files(&dataset("hf://a/b/other/test")).is_empty());
        assert_eq!(own.splits(), ["default/test", "default/train", "default/training"]);
        let folders = listing(&["en/train-00000-of-00001.parquet"]);
        assert_eq!(folders.files(&dataset("hf://a/b/en/train")).len(), 1);
        assert_eq!(folders.splits(), ["en/train"]);
    }

    #[test]
    fn addresses_of_the_interface() {
        let hub = Hub { base_url: "http://h".to_owned(), token: None };
        let wanted = dataset("hf://a/b/c/d");
        assert_eq!(hub.listing(&wanted), "http://h/api/datasets/a/b/revision/refs%2Fconvert%2Fparquet");
        assert_eq!(hub.listing(&dataset("hf://a/b@v1/c/d")), "http://h/api/datasets/a/b/revision/v1");
        assert_eq!(
            hub.file(&wanted, "abc", "c/d/é 0.parquet"),
            "http://h/datasets/a/b/resolve/abc/c/d/%C3%A9%200.parquet"
        );
    }
}
