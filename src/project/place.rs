//! Paths as they are compared and written down.

use std::path::{Component, Path, PathBuf};

/// The path without `.` and, as far as the text of it says, without `..`.
pub fn settled(path: &Path) -> PathBuf {
    let mut settled = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match settled.components().next_back() {
                Some(Component::Normal(_)) => {
                    settled.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                _ => settled.push(".."),
            },
            other => settled.push(other),
        }
    }
    settled
}

/// The way from a folder to a path, both settled and both absolute; the path itself where there
/// is no such way (another drive).
pub fn from_folder(folder: &Path, path: &Path) -> PathBuf {
    let shared = folder.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    if shared == 0 {
        return path.to_owned();
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

/// The path with `/` between its parts, the same on every machine.
pub fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_settled() {
        assert_eq!(settled(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(settled(Path::new("a/../../b")), Path::new("../b"));
        assert_eq!(settled(Path::new("/../a")), Path::new("/a"));
    }

    #[test]
    fn the_way_between_two_places() {
        assert_eq!(from_folder(Path::new("/a/b"), Path::new("/a/c/d")), Path::new("../c/d"));
        assert_eq!(from_folder(Path::new("/a/b"), Path::new("/a/b/d")), Path::new("d"));
    }
}
