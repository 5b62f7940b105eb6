//! The store as its users see it: what was recorded comes back, whatever happened to the files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test fails by panicking"
)]

#[path = "store/objects.rs"]
mod objects;

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::value::RawValue;
use tempfile::TempDir;
use tgp::digest::Digest;
use tgp::models::reply::{RawReply, Usage};
use tgp::store::{
    CallKey, DiskStore, Event, Finding, Keep, MemoryStore, Others, Record, Space, Store, StoreError,
    StoreWarning,
};

fn key(number: u64) -> CallKey {
    CallKey::of(&Digest::of(&number.to_le_bytes()))
}

/// A reply whose body says which call it answers, and which time it was asked.
fn record(number: u64, asked: u64) -> Record {
    let words = Digest::of(&number.to_be_bytes()).hex();
    let body = format!(r#"{{"call":{number},"asked":{asked},"text":"{words} and so on, at some length"}}"#);
    let request = format!(r#"{{"messages":[{{"role":"user","content":"question {number}"}}]}}"#);
    Record {
        key: key(number),
        provider: "openai".into(),
        model: "gpt-4o".into(),
        request: RawValue::from_string(request).unwrap(),
        reply: RawReply {
            status: 200,
            body: Bytes::from(body),
            latency: Duration::from_nanos(123_456_789),
            attempts: 1,
            at: Duration::from_nanos(1_764_000_000_000_000_001 + asked),
        },
        usage: Usage { input: 10, output: number, cached: 3, reasoning: 0 },
        cost: Some(0.1 + number as f64 * 1e-7),
    }
}

fn open(folder: &Path) -> (DiskStore, Vec<StoreWarning>) {
    DiskStore::open(folder).unwrap()
}

fn open_quietly(folder: &Path) -> DiskStore {
    let (store, warnings) = open(folder);
    assert_eq!(warnings, []);
    store
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Appends all at once, as rows that run concurrently do.
fn append(store: &DiskStore, numbers: impl IntoIterator<Item = u64>) {
    block_on(async {
        let all = numbers.into_iter().map(|number| store.append(record(number, 0)));
        join_all(all).await.into_iter().for_each(Result::unwrap);
    });
}

/// Appends in groups of a few, so that the ledger has many frames.
fn append_in_groups(store: &DiskStore, numbers: std::ops::Range<u64>, group: usize) {
    let numbers: Vec<u64> = numbers.collect();
    for chunk in numbers.chunks(group) {
        append(store, chunk.iter().copied());
        store.flush().unwrap();
    }
}

fn assert_same(found: &Record, expected: &Record) {
    assert_eq!(found.key, expected.key);
    assert_eq!(found.reply, expected.reply);
    assert_eq!(found.request.get(), expected.request.get());
    assert_eq!(
        (&found.provider, &found.model, found.usage, found.cost),
        (&expected.provider, &expected.model, expected.usage, expected.cost)
    );
}

/// The calls of a range that the store knows; a wrong reply to any of them fails the test.
fn served(store: &DiskStore, numbers: std::ops::Range<u64>) -> Vec<u64> {
    let mut served = Vec::new();
    for number in numbers {
        if let Some(found) = store.reply(key(number)).unwrap() {
            assert_same(&found, &record(number, 0));
            served.push(number);
        }
    }
    served
}

/// Copies a store while it is open: what a process killed at this moment leaves.
fn killed(folder: &Path) -> TempDir {
    let image = tempfile::tempdir().unwrap();
    copy(folder, image.path());
    image
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.metadata().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn segment(folder: &Path) -> PathBuf {
    folder.join("ledger").join("000001.seg")
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    std::fs::write(path, bytes).unwrap();
}

fn truncate(path: &Path, length: u64) {
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length).unwrap();
}

#[test]
fn what_was_appended_comes_back_now_and_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    assert!(store.reply(key(1)).unwrap().is_none());
    append(&store, 0..300);
    assert_eq!(served(&store, 0..400).len(), 300);
    drop(store);
    let store = open_quietly(folder.path());
    assert_eq!(served(&store, 0..400), (0..300).collect::<Vec<_>>());
    assert_eq!(store.verify().unwrap().findings, []);
    assert_eq!(store.stats().unwrap().replies, 300);
}

#[test]
fn the_latest_of_several_replies_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for asked in 0..3 {
        block_on(store.append(record(7, asked))).unwrap();
        assert_same(&store.reply(key(7)).unwrap().unwrap(), &record(7, asked));
    }
    drop(store);
    let store = open_quietly(folder.path());
    assert_same(&store.reply(key(7)).unwrap().unwrap(), &record(7, 2));
    std::fs::remove_dir_all(folder.path().join("index")).ok();
    drop(store);
    std::fs::remove_dir_all(folder.path().join("index")).ok();
    let (store, _) = open(folder.path());
    assert_same(&store.reply(key(7)).unwrap().unwrap(), &record(7, 2));
}

#[test]
fn a_reply_is_kept_even_when_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    drop(store.append(record(1, 0)));
    drop(store);
    assert_eq!(served(&open_quietly(folder.path()), 0..3), [1]);
}

#[test]
fn an_event_is_recorded_but_never_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    let event = Event {
        key: key(1),
        provider: "openai".to_owned(),
        model: "gpt-4o".to_owned(),
        at: Duration::from_secs(5),
        attempt: 1,
        what: "429".to_owned(),
        excerpt: "slow down".to_owned(),
    };
    store.event(event).unwrap();
    store.flush().unwrap();
    assert!(store.reply(key(1)).unwrap().is_none());
    assert_eq!(store.stats().unwrap().events, 1);
}

#[test]
fn the_ledger_is_json_lines_to_any_zstd_tool() {
    let folder = tempfile::tempdir().unwrap();
    append_in_groups(&open_quietly(folder.path()), 0..100, 30);
    let text = zstd::stream::decode_all(std::fs::File::open(segment(folder.path())).unwrap()).unwrap();
    let lines: Vec<serde_json::Value> = text
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 100);
    assert_eq!(lines[42]["reply"]["reply"]["body"]["json"]["call"], 42);
    assert_eq!(lines[42]["reply"]["request"]["messages"][0]["content"], "question 42");
}

#[test]
fn a_second_opening_is_told_who_has_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    match DiskStore::open(folder.path()) {
        Err(StoreError::Busy { pid, path }) => {
            assert_eq!(pid, Some(std::process::id()));
            assert_eq!(path, folder.path());
        }
        other => panic!("{other:?}"),
    }
    drop(store);
    open_quietly(folder.path());
}

#[test]
fn a_store_of_another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(open_quietly(folder.path()));
    std::fs::write(folder.path().join("format"), "tgp store 9\n").unwrap();
    assert!(
        matches!(DiskStore::open(folder.path()), Err(StoreError::Format { found, .. }) if found == "tgp store 9")
    );
}

#[test]
fn objects_and_facts_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    let long = vec![7_u8; 100_000];
    let digest = store.put_object(&long).unwrap();
    assert_eq!(store.put_object(&long).unwrap(), digest);
    store.put_fact(Space::Node, b"b", b"short").unwrap();
    store.put_fact(Space::Node, b"a", &long).unwrap();
    store.put_fact(Space::Chunk, b"b", b"").unwrap();
    drop(store);
    let store = open_quietly(folder.path());
    assert!(store.has_object(&digest));
    assert_eq!(store.object(&digest).unwrap().unwrap(), long);
    assert_eq!(store.object(&Digest::of(b"other")).unwrap(), None);
    assert_eq!(store.fact(Space::Node, b"b").unwrap().unwrap(), b"short");
    assert_eq!(store.fact(Space::Chunk, b"b").unwrap().unwrap(), b"");
    assert_eq!(store.fact(Space::Source, b"b").unwrap(), None);
    let all = store.facts(Space::Node).unwrap();
    assert_eq!(all, [(b"a".to_vec(), long), (b"b".to_vec(), b"short".to_vec())]);
}

#[test]
fn what_a_killed_process_had_on_disk_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, 0..50);
    let early = killed(folder.path());
    append_in_groups(&store, 50..150, 7);
    let late = killed(folder.path());
    drop(store);
    assert_eq!(served(&open(early.path()).0, 0..200).len(), 50);
    let store = open(late.path()).0;
    assert_eq!(served(&store, 0..200).len(), 150);
    append(&store, 150..200);
    drop(store);
    assert_eq!(served(&open_quietly(late.path()), 0..200).len(), 200);
}

/// Where each frame ends, and how many replies there are up to there.
fn frames(bytes: &[u8]) -> Vec<(usize, u64)> {
    let mut frames = Vec::new();
    let (mut at, mut replies) = (0, 0);
    while at < bytes.len() {
        let packed = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().unwrap());
        replies += u64::from(u16::from_le_bytes(bytes[at + 12..at + 14].try_into().unwrap()));
        at += 32 + packed as usize;
        frames.push((at, replies));
    }
    frames
}

#[test]
fn a_torn_tail_loses_only_what_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append_in_groups(&store, 0..60, 5);
    let running = killed(folder.path());
    drop(store);
    // A spent journal can make good for a torn segment, as long as it is there.
    std::fs::remove_file(running.path().join("ledger").join("journal.seg")).unwrap();
    for (image, name) in [(folder.path(), "closed"), (running.path(), "killed")] {
        let sound = std::fs::read(segment(image)).unwrap();
        let frames = frames(&sound);
        assert_eq!(frames.last(), Some(&(sound.len(), 60)));
        let sampled = (0..100).map(|step| step * sound.len() / 100);
        let at_heads = frames.iter().flat_map(|(end, _)| [*end, end + 1, end + 31, end + 32, end + 33]);
        for cut in sampled.chain(at_heads).filter(|cut| *cut <= sound.len()) {
            let torn = killed(image);
            truncate(&segment(torn.path()), cut as u64);
            let whole = frames.iter().rfind(|(end, _)| *end <= cut).copied().unwrap_or_default();
            let (store, warnings) = open(torn.path());
            let expected: Vec<u64> = (0..whole.1).collect();
            assert_eq!(served(&store, 0..60), expected, "{name}, cut at {cut}");
            let is_told = warnings.iter().any(|warning| matches!(warning, StoreWarning::TornTail { .. }));
            assert_eq!(is_told, whole.0 != cut, "{name}, cut at {cut}: {warnings:?}");
            append(&store, 60..70);
            drop(store);
            let (store, warnings) = open(torn.path());
            assert_eq!(warnings, [], "{name}, cut at {cut}");
            assert_eq!(served(&store, 60..70).len(), 10);
            assert_eq!(store.verify().unwrap().findings, []);
        }
    }
}

#[test]
fn damage_in_the_ledger_loses_only_its_own_frame() {
    let folder = tempfile::tempdir().unwrap();
    append_in_groups(&open_quietly(folder.path()), 0..60, 5);
    let sound = std::fs::read(segment(folder.path())).unwrap();
    let frames = frames(&sound);
    for at in (0..200).map(|step| step * sound.len() / 200) {
        for lose_index in [false, true] {
            let image = killed(folder.path());
            flip(&segment(image.path()), at);
            if lose_index {
                std::fs::remove_dir_all(image.path().join("index")).unwrap();
                std::fs::remove_file(image.path().join("ledger").join("lengths.json")).unwrap();
            }
            let (store, mut warnings) = open(image.path());
            let before = frames.iter().rfind(|(end, _)| *end <= at).map_or(0, |frame| frame.1);
            let after = frames.iter().find(|(end, _)| *end > at).map_or(60, |frame| frame.1);
            let expected: Vec<u64> = (0..before).chain(after..60).collect();
            assert_eq!(served(&store, 0..60), expected, "byte {at}");
            warnings.extend(store.take_warnings());
            assert!(!warnings.is_empty(), "byte {at}");
            append(&store, before..after);
            drop(store);
            let (store, _) = open(image.path());
            assert_eq!(served(&store, 0..60).len(), 60, "byte {at}");
        }
    }
}

#[test]
fn a_lost_index_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, 0..100);
    store.put_fact(Space::Node, b"memo", b"value").unwrap();
    drop(store);
    for lost in ["index", "index/calls", "index/facts"] {
        let image = killed(folder.path());
        std::fs::remove_dir_all(image.path().join(lost)).unwrap();
        let (store, warnings) = open(image.path());
        assert!(!warnings.is_empty(), "{lost}");
        assert_eq!(served(&store, 0..100).len(), 100);
        drop(store);
        assert_eq!(served(&open_quietly(image.path()), 0..100).len(), 100);
    }
}

#[test]
fn an_index_of_another_ledger_is_not_believed() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    append(&open_quietly(first.path()), 0..100);
    append(&open_quietly(second.path()), 50..130);
    let calls = Path::new("index").join("calls");
    let name = Path::new("ledger").join("name.txt");
    for same_name in [false, true] {
        let image = killed(first.path());
        std::fs::remove_dir_all(image.path().join(&calls)).unwrap();
        copy(&second.path().join(&calls), &image.path().join(&calls));
        if same_name {
            std::fs::copy(second.path().join(&name), image.path().join(&name)).unwrap();
        }
        let store = open(image.path()).0;
        // Asked first for what the false index knows: its places hold other calls' replies.
        assert_eq!(served(&store, 50..150), (50..100).collect::<Vec<_>>());
        assert_eq!(served(&store, 0..150).len(), 100);
        assert!(!store.take_warnings().is_empty());
    }
}

/// The one danger in a damaged index is a wrong answer; losing memos is not.
fn use_damaged(image: &Path, what: &str) {
    let (store, mut warnings) = open(image);
    assert_eq!(served(&store, 0..500).len(), 400, "{what}");
    let mut facts = 0;
    for number in 0..300_u32 {
        if let Some(value) = store.fact(Space::Chunk, &number.to_be_bytes()).unwrap() {
            assert_eq!(value, fact(number), "{what}");
            facts += 1;
        }
    }
    append(&store, 500..510);
    store.put_fact(Space::Chunk, b"new", b"value").unwrap();
    assert_eq!(store.fact(Space::Chunk, b"new").unwrap().unwrap(), b"value");
    warnings.extend(store.take_warnings());
    assert!(
        facts == 300 || facts < 300 && !warnings.is_empty() || what.contains("cut"),
        "{what}: {facts} facts"
    );
    drop(store);
    let (store, _) = open(image);
    assert_eq!(served(&store, 0..510).len(), 410, "{what}");
    assert_eq!(store.verify().unwrap().findings, [], "{what}");
}

fn fact(number: u32) -> Vec<u8> {
    Digest::of(&number.to_be_bytes()).hex().repeat(3).into_bytes()
}

/// Does something to the files of an index at two hundred places, and uses what is left.
fn damage_index(name: &str, damage: fn(&Path, u64)) {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append_in_groups(&store, 0..400, 40);
    for number in 0..300_u32 {
        store.put_fact(Space::Chunk, &number.to_be_bytes(), &fact(number)).unwrap();
    }
    drop(store);
    // Opened once more, so that there are sled's snapshots too.
    assert_eq!(served(&open_quietly(folder.path()), 0..400).len(), 400);
    let files = files(&folder.path().join("index"));
    assert!(files.len() >= 5, "{files:?}");
    let places = 200 / files.len();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        // sled makes its files longer than what they hold.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
        for step in 0..places {
            let at = step * used / places;
            let image = killed(folder.path());
            let file = file.strip_prefix(folder.path()).unwrap();
            damage(&image.path().join(file), at as u64);
            use_damaged(image.path(), &format!("{} {name} at {at} of {used}", file.display()));
        }
    }
}

#[test]
fn an_index_with_a_flipped_byte_never_gives_a_wrong_answer() {
    damage_index("flipped", |file, at| flip(file, at as usize));
}

#[test]
fn an_index_cut_short_never_gives_a_wrong_answer() {
    damage_index("cut", truncate);
}

#[test]
fn replies_that_come_one_by_one_are_packed_together() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for number in 0..1000 {
        append(&store, [number]);
        assert!(store.reply(key(number)).unwrap().is_some());
    }
    let image = killed(folder.path());
    drop(store);
    assert!(!folder.path().join("ledger").join("journal.seg").exists());
    let store = open_quietly(folder.path());
    assert_eq!(served(&store, 0..1000).len(), 1000);
    assert!(store.verify().unwrap().frames <= 3);
    assert_eq!(served(&open_quietly(image.path()), 0..1000).len(), 1000);
}

#[test]
fn a_torn_journal_loses_only_what_was_torn() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, 100..110);
    store.flush().unwrap();
    for number in 0..40 {
        append(&store, [number]);
    }
    let running = killed(folder.path());
    let journal = |image: &Path| image.join("ledger").join("journal.seg");
    let sound = std::fs::read(journal(running.path())).unwrap();
    let frames = frames(&sound);
    assert_eq!(frames.last(), Some(&(sound.len(), 40)));
    for step in 0..150 {
        let at = step * sound.len() / 150;
        let torn = killed(running.path());
        truncate(&journal(torn.path()), at as u64);
        let whole = frames.iter().rfind(|(end, _)| *end <= at).copied().unwrap_or_default();
        let flipped = killed(running.path());
        flip(&journal(flipped.path()), at);
        let next = frames.iter().find(|(end, _)| *end > at).copied().unwrap();
        let expectations: [(&TempDir, Vec<u64>, bool); 2] = [
            (&torn, (0..whole.1).collect(), whole.0 == at),
            (&flipped, (0..whole.1).chain(next.1..40).collect(), false),
        ];
        for (image, expected, is_sound) in expectations {
            let (store, warnings) = open(image.path());
            assert_eq!(served(&store, 0..40), expected, "byte {at}");
            assert_eq!(served(&store, 100..110).len(), 10);
            assert_eq!(warnings.is_empty(), is_sound, "byte {at}: {warnings:?}");
            drop(store);
            assert_eq!(served(&open_quietly(image.path()), 0..40), expected, "byte {at}");
        }
    }
}

#[test]
fn a_journal_that_is_written_over_ends_where_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for number in 0..30 {
        append(&store, [number]);
    }
    store.flush().unwrap();
    for number in 100..105 {
        append(&store, [number]);
    }
    let running = killed(folder.path());
    let journal = running.path().join("ledger").join("journal.seg");
    let written = std::fs::read(&journal).unwrap();
    let end = written.windows(32).position(|head| head == [0; 32]).unwrap();
    let frames = frames(&written[..end]);
    assert_eq!(frames.last(), Some(&(end, 5)));
    assert!(written.len() > end + 32, "older frames stand behind");
    let image = killed(running.path());
    let store = open_quietly(image.path());
    assert_eq!(served(&store, 0..30).len(), 30);
    assert_eq!(served(&store, 100..105), [100, 101, 102, 103, 104]);
    assert_eq!(store.stats().unwrap().replies, 35);
    for at in 0..end {
        let flipped = killed(running.path());
        flip(&flipped.path().join("ledger").join("journal.seg"), at);
        let (store, warnings) = open(flipped.path());
        let hit = 100 + frames.iter().position(|(end, _)| *end > at).unwrap() as u64;
        let others: Vec<u64> = (100..105).filter(|number| *number != hit).collect();
        assert_eq!(served(&store, 100..105), others, "byte {at}");
        assert_eq!(store.stats().unwrap().replies, 34, "byte {at}");
        assert!(!warnings.is_empty(), "byte {at}");
    }
}

#[test]
fn a_journal_whose_lines_were_packed_is_not_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, [1]);
    append(&store, [2]);
    let running = killed(folder.path());
    drop(store);
    let journal = Path::new("ledger").join("journal.seg");
    std::fs::copy(running.path().join(&journal), folder.path().join(&journal)).unwrap();
    let store = open_quietly(folder.path());
    assert_eq!(store.stats().unwrap().replies, 2);
    assert!(!folder.path().join(&journal).exists());
}

#[test]
fn appends_of_many_callers_share_their_flushes() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, 0..2000);
    let frames = store.verify().unwrap().frames;
    assert!(frames <= 20, "{frames} frames for 2000 replies");
}

#[test]
fn merged_stores_hold_what_both_held() {
    let [first, second, third] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let file = first.path().join("calls.tgpx");
    let store = open_quietly(first.path());
    append(&store, 0..60);
    block_on(store.append(record(1000, 1))).unwrap();
    block_on(store.append(record(1001, 2))).unwrap();
    let digest = store.put_object(b"a table").unwrap();
    store.put_fact(Space::Node, b"node", &digest.0).unwrap();
    store.put_fact(Space::Source, b"data.jsonl", b"stamp").unwrap();
    assert_eq!(store.export(&file, true).unwrap().replies, 62);
    let other = open_quietly(second.path());
    append(&other, 40..100);
    block_on(other.append(record(1000, 2))).unwrap();
    block_on(other.append(record(1001, 1))).unwrap();
    let imported = other.import(&file).unwrap();
    assert_eq!((imported.replies, imported.spare, imported.known), (41, 1, 20));
    assert_eq!((imported.objects, imported.facts), (1, 1));
    let again = other.import(&file).unwrap();
    assert_eq!((again.replies, again.spare, again.known, again.objects), (0, 0, 62, 0));
    assert_eq!(other.object(&digest).unwrap().unwrap(), &b"a table"[..]);
    assert_eq!(other.fact(Space::Node, b"node").unwrap().unwrap(), digest.0);
    assert_eq!(other.fact(Space::Source, b"data.jsonl").unwrap(), None);

    // The other way round, into a third store, everything is the same.
    let back = second.path().join("calls.tgpx");
    other.export(&back, false).unwrap();
    let merged = open_quietly(third.path());
    merged.import(&back).unwrap();
    merged.import(&file).unwrap();
    for store in [other, merged] {
        assert_eq!(served(&store, 0..100).len(), 100);
        assert_same(&store.reply(key(1000)).unwrap().unwrap(), &record(1000, 2));
        assert_same(&store.reply(key(1001)).unwrap().unwrap(), &record(1001, 2));
        assert_eq!(store.stats().unwrap().replies, 104);
        assert_eq!(store.verify().unwrap().findings, []);
        let folder = store.folder().to_path_buf();
        drop(store);
        std::fs::remove_dir_all(folder.join("index")).unwrap();
        let (store, _) = open(&folder);
        assert_same(&store.reply(key(1000)).unwrap().unwrap(), &record(1000, 2));
        assert_same(&store.reply(key(1001)).unwrap().unwrap(), &record(1001, 2));
    }
}

#[test]
fn an_export_is_json_lines_and_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append(&store, 0..10);
    let file = folder.path().join("calls.tgpx");
    store.export(&file, true).unwrap();
    let text = zstd::stream::decode_all(std::fs::File::open(&file).unwrap()).unwrap();
    assert!(text.starts_with(b"{\"export\":{\"version\":1}}\n{\"reply\":"));
    std::fs::write(&file, "nothing of ours").unwrap();
    assert!(matches!(store.import(&file), Err(StoreError::NotAnExport { .. })));
}

#[test]
fn a_collection_keeps_the_living() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for number in 0..200 {
        block_on(store.append(record(number, number))).unwrap();
    }
    let kept = store.put_object(b"kept").unwrap();
    let gone = store.put_object(b"gone").unwrap();
    let long = vec![1_u8; 10_000];
    store.put_fact(Space::Node, b"kept", &long).unwrap();
    store.put_fact(Space::Node, b"gone", &[2_u8; 10_000]).unwrap();
    std::fs::write(folder.path().join("ledger").join("torn-1"), "torn").unwrap();
    let (ledger_bytes, object_bytes) =
        (store.stats().unwrap().ledger_bytes, store.stats().unwrap().object_bytes);
    let is_live = |call: &CallKey| (0..50).any(|number| *call == key(number));
    let keep = Keep {
        call: &is_live,
        others: Others::Since(record(0, 180).reply.at),
        object: &|digest| *digest == kept,
        fact: &|_, fact| fact == b"kept",
    };
    let (store, collected) = store.collect(&keep).unwrap();
    assert_eq!((collected.kept, collected.removed), (70, 130));
    assert_eq!((collected.removed_objects, collected.removed_facts), (2, 1));
    assert!(store.stats().unwrap().ledger_bytes < ledger_bytes);
    assert!(store.stats().unwrap().object_bytes < object_bytes);
    let check = |store: &DiskStore| {
        for number in 0..200 {
            let found = store.reply(key(number)).unwrap();
            assert_eq!(found.is_some(), !(50..180).contains(&number), "{number}");
            found.inspect(|found| assert_same(found, &record(number, number)));
        }
        assert_eq!(store.fact(Space::Node, b"kept").unwrap().unwrap(), long);
        assert_eq!(store.fact(Space::Node, b"gone").unwrap(), None);
        assert!(store.has_object(&kept) && !store.has_object(&gone));
        assert_eq!(store.verify().unwrap().findings, []);
    };
    check(&store);
    drop(store);
    check(&open_quietly(folder.path()));
    assert!(folder.path().join("ledger").join("torn-1").exists());
}

#[test]
fn a_collection_to_a_size_drops_the_oldest() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    for number in 0..200 {
        block_on(store.append(record(number, number))).unwrap();
    }
    let half = store.stats().unwrap().ledger_bytes / 2;
    let keep = Keep {
        call: &|call| *call == key(0),
        others: Others::Within(half),
        object: &|_| true,
        fact: &|_, _| true,
    };
    let (store, collected) = store.collect(&keep).unwrap();
    assert!((80..=105).contains(&collected.kept), "{collected:?}");
    assert!(store.stats().unwrap().ledger_bytes <= half);
    let found: Vec<u64> = (0..200).filter(|number| store.reply(key(*number)).unwrap().is_some()).collect();
    assert_eq!(found[0], 0);
    assert_eq!(found[1..], (200 - collected.kept + 1..200).collect::<Vec<_>>());
}

#[test]
fn a_collection_killed_at_any_step_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_quietly(folder.path());
    append_in_groups(&store, 0..50, 10);
    let object = store.put_object(b"a table").unwrap();
    drop(store);
    type Step = fn(&Path);
    let steps: [(&str, Step); 4] = [
        ("copying", |folder| {
            copy(&folder.join("ledger"), &folder.join("ledger.new"));
            truncate(&folder.join("ledger.new").join("000001.seg"), 100);
        }),
        ("swapping", |folder| {
            copy(&folder.join("ledger"), &folder.join("ledger.new"));
            std::fs::remove_dir_all(folder.join("index").join("calls")).unwrap();
            std::fs::rename(folder.join("ledger"), folder.join("ledger.old")).unwrap();
        }),
        ("swapping objects", |folder| {
            std::fs::create_dir_all(folder.join("objects.new")).unwrap();
            std::fs::rename(folder.join("objects"), folder.join("objects.old")).unwrap();
        }),
        ("removing", |folder| {
            copy(&folder.join("ledger"), &folder.join("ledger.old"));
            std::fs::remove_dir_all(folder.join("index").join("calls")).unwrap();
            truncate(&folder.join("ledger.old").join("000001.seg"), 100);
        }),
    ];
    for (name, step) in steps {
        let image = killed(folder.path());
        step(image.path());
        let (store, _) = open(image.path());
        assert_eq!(served(&store, 0..50).len(), 50, "{name}");
        assert!(store.has_object(&object), "{name}");
        for left in ["ledger.new", "ledger.old", "objects.new", "objects.old"] {
            assert!(!image.path().join(left).exists(), "{name}: {left}");
        }
    }
}

#[test]
fn a_store_in_memory_does_the_same() {
    let store = MemoryStore::default();
    block_on(store.append(record(1, 0))).unwrap();
    block_on(store.append(record(1, 1))).unwrap();
    assert_same(&store.reply(key(1)).unwrap().unwrap(), &record(1, 1));
    assert!(store.reply(key(2)).unwrap().is_none());
    let digest = store.put_object(b"bytes").unwrap();
    assert_eq!(digest, Digest::of(b"bytes"));
    assert_eq!(store.object(&digest).unwrap().unwrap(), &b"bytes"[..]);
    store.put_fact(Space::Run, b"b", b"2").unwrap();
    store.put_fact(Space::Run, b"a", b"1").unwrap();
    store.put_fact(Space::Node, b"c", b"3").unwrap();
    let all = store.facts(Space::Run).unwrap();
    assert_eq!(all, [(b"a".to_vec(), b"1".to_vec()), (b"b".to_vec(), b"2".to_vec())]);
}
