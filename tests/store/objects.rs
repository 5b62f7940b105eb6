//! Blobs named by content: what was stored comes back, or is known to be gone.

use super::*;

/// Bytes before each object's zstd frame.
const HEAD: usize = 48;

fn pack(folder: &Path) -> PathBuf {
    folder.join("objects").join("000001.pack")
}

fn contents(folder: &Path) -> PathBuf {
    folder.join("objects").join("contents")
}

fn blob(number: usize) -> Vec<u8> {
    format!("chunk {number} of some table, ").repeat(20 + number).into_bytes()
}

/// Which of the first blobs a store has.
fn held(store: &DiskStore, count: usize) -> Vec<usize> {
    let is_held = |number: &usize| {
        let digest = Digest::of(&blob(*number));
        let found = store.object(&digest).unwrap();
        assert_eq!(found.is_some(), store.has_object(&digest));
        found.is_some_and(|found| found == blob(*number))
    };
    (0..count).filter(is_held).collect()
}

fn stored(count: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for number in 0..count {
        store.put_object(&blob(number)).unwrap();
    }
    folder
}

#[test]
fn a_damaged_object_is_missing_and_can_be_stored_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    let bytes = b"a chunk of some table".repeat(20);
    let digest = store.put_object(&bytes).unwrap();
    let file = pack(folder.path());
    let length = std::fs::read(&file).unwrap().len();
    for at in 0..length - HEAD {
        store.put_object(&bytes).unwrap();
        let sound = std::fs::read(&file).unwrap();
        flip(&file, sound.len() - length + HEAD + at);
        // Some bits of a zstd frame carry nothing; the content is right or it is missing.
        match store.object(&digest).unwrap() {
            Some(found) => assert_eq!(found, bytes),
            None => assert!(!store.has_object(&digest)),
        }
        std::fs::write(&file, &sound).unwrap();
    }
    store.put_object(&bytes).unwrap();
    assert_eq!(store.verify().unwrap().findings, []);
    let sound = std::fs::read(&file).unwrap().len();
    truncate(&file, (sound - length / 2) as u64);
    assert_eq!(store.verify().unwrap().findings, [Finding::Object { digest }]);
    assert_eq!(store.object(&digest).unwrap(), None);
    assert!(store.take_warnings().contains(&StoreWarning::DamagedObjects { digest, count: 1 }));
    assert!(!store.has_object(&digest));
    store.put_object(&bytes).unwrap();
    assert_eq!(store.object(&digest).unwrap().unwrap(), bytes);
    drop(store);
    assert_eq!(open_quietly(folder.path()).object(&digest).unwrap().unwrap(), bytes);
}

#[test]
fn damage_is_found_whole_at_the_first_of_it() {
    let folder = stored(10);
    let path = pack(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0);
    std::fs::write(&path, bytes).unwrap();
    let store = open_quietly(folder.path());
    assert_eq!(store.object(&Digest::of(&blob(9))).unwrap(), None);
    let left: Vec<usize> = (0..10).filter(|number| store.has_object(&Digest::of(&blob(*number)))).collect();
    assert!((1..9).contains(&left.len()), "{left:?}");
    assert_eq!(held(&store, 10), left);
    let told = StoreWarning::DamagedObjects { digest: Digest::of(&blob(9)), count: 10 - left.len() };
    assert_eq!(store.take_warnings(), [told]);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_now_is_not_forgotten() {
    let folder = stored(1);
    let digest = Digest::of(&blob(0));
    let store = open_quietly(folder.path());
    let aside = folder.path().join("aside");
    std::fs::rename(pack(folder.path()), &aside).unwrap();
    // A folder can be opened as a file is, and not be read.
    std::fs::create_dir(pack(folder.path())).unwrap();
    assert!(matches!(store.object(&digest), Err(StoreError::Io { .. })));
    assert!(store.has_object(&digest));
    drop(store);
    std::fs::remove_dir(pack(folder.path())).unwrap();
    std::fs::rename(&aside, pack(folder.path())).unwrap();
    assert_eq!(held(&open_quietly(folder.path()), 1), [0]);
}

#[test]
fn a_damaged_object_is_told_of_once() {
    let folder = stored(3);
    let length = std::fs::read(pack(folder.path())).unwrap().len();
    flip(&pack(folder.path()), length - 3);
    let store = open_quietly(folder.path());
    assert_eq!(held(&store, 3), [0, 1]);
    drop(store);
    let store = open_quietly(folder.path());
    assert_eq!(held(&store, 3), [0, 1]);
    assert_eq!(store.take_warnings(), []);
    assert_eq!(store.verify().unwrap().findings, []);
}

#[test]
fn what_a_killed_process_did_not_list_is_found_in_the_pack() {
    let folder = stored(10);
    let listed = std::fs::read(contents(folder.path())).unwrap();
    for length in [0, 48, 48 * 7 + 13, 48 * 9, 48 * 10 - 1] {
        std::fs::write(contents(folder.path()), &listed[..length]).unwrap();
        let store = open_quietly(folder.path());
        assert_eq!(held(&store, 10), Vec::from_iter(0..10), "{length} bytes listed");
        drop(store);
        assert_eq!(std::fs::read(contents(folder.path())).unwrap(), listed);
    }
    let mut damaged = listed.clone();
    damaged[48 * 4 + 20] ^= 1;
    std::fs::write(contents(folder.path()), &damaged).unwrap();
    assert_eq!(held(&open_quietly(folder.path()), 10), Vec::from_iter(0..10));
}

#[test]
fn what_a_killed_process_wrote_in_half_is_cut_off() {
    let folder = stored(3);
    let (whole, listed) =
        (std::fs::read(pack(folder.path())).unwrap(), std::fs::read(contents(folder.path())).unwrap());
    let last = whole.len();
    open_quietly(folder.path()).put_object(&blob(3)).unwrap();
    let longer = std::fs::read(pack(folder.path())).unwrap();
    for length in [last + 5, last + HEAD, longer.len() - 1] {
        std::fs::write(pack(folder.path()), &longer[..length]).unwrap();
        std::fs::write(contents(folder.path()), &listed).unwrap();
        let store = open_quietly(folder.path());
        assert_eq!(std::fs::read(pack(folder.path())).unwrap(), whole);
        store.put_object(&blob(4)).unwrap();
        assert_eq!(held(&store, 5), [0, 1, 2, 4]);
        drop(store);
        assert_eq!(held(&open_quietly(folder.path()), 5), [0, 1, 2, 4]);
    }
}

#[test]
fn a_pack_that_lost_its_end_gives_what_it_has() {
    let folder = stored(5);
    let length = std::fs::read(pack(folder.path())).unwrap().len() as u64;
    truncate(&pack(folder.path()), length / 2);
    let store = open_quietly(folder.path());
    let left = held(&store, 5);
    assert!(left.len() < 5 && left == Vec::from_iter(0..left.len()), "{left:?}");
    for number in 0..5 {
        store.put_object(&blob(number)).unwrap();
    }
    drop(store);
    assert_eq!(held(&open_quietly(folder.path()), 5), [0, 1, 2, 3, 4]);
}

#[test]
fn objects_of_an_earlier_version_are_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_quietly(folder.path()));
    let loose = |number: usize, packed: &[u8]| {
        let name = Digest::of(&blob(number)).hex();
        let shard = folder.path().join("objects").join(&name[..2]);
        std::fs::create_dir_all(&shard).unwrap();
        std::fs::write(shard.join(&name[2..]), packed).unwrap();
    };
    for number in 0..3 {
        loose(number, &zstd::bulk::compress(&blob(number), 1).unwrap());
    }
    loose(3, b"damaged");
    std::fs::write(folder.path().join("objects").join("12.0.part"), b"left").unwrap();
    for _ in 0..2 {
        let store = open_quietly(folder.path());
        assert_eq!(held(&store, 4), [0, 1, 2]);
        drop(store);
        let left = files(&folder.path().join("objects"));
        assert_eq!(left, [pack(folder.path()), contents(folder.path())]);
    }
}

#[test]
fn a_public_tool_reads_a_pack() {
    let folder = stored(3);
    let text = zstd::stream::decode_all(std::fs::File::open(pack(folder.path())).unwrap()).unwrap();
    assert_eq!(text, [blob(0), blob(1), blob(2)].concat());
}
