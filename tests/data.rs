//! Sources as a user has them: read, cut, parsed, and read again after an edit.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use tgp::check::program::Format;
use tgp::data::read::{self, BrokenRecord, Cut, Outline, Outlining, ReadError, images, texts};
use tgp::data::types::{Field, Type};
use tgp::data::value::Value;
use tgp::digest::Digest;
use tgp::world::Machine;

type Rows = Vec<Result<Vec<Value>, BrokenRecord>>;

fn fields(fields: &[(&str, Type)]) -> Vec<Field> {
    fields.iter().map(|(name, kind)| Field { name: Arc::from(*name), kind: kind.clone() }).collect()
}

fn cut(format: Format, bytes: impl AsRef<[u8]>) -> Result<Cut, ReadError> {
    read::cut(format, Box::new(Cursor::new(bytes.as_ref().to_vec())))
}

fn rows(format: Format, wanted: &[(&str, Type)], bytes: impl AsRef<[u8]>) -> Rows {
    let cut = cut(format, bytes).unwrap();
    let header = cut.header().cloned();
    cut.flat_map(|chunk| read::parse(format, &fields(wanted), header.as_ref(), &chunk.unwrap())).collect()
}

fn broken(rows: &Rows) -> Vec<(u64, String)> {
    rows.iter().filter_map(|row| row.as_ref().err()).map(|b| (b.line, b.message.clone())).collect()
}

fn labels(labels: &[&str]) -> Type {
    Type::Closed(labels.iter().map(|label| Arc::from(*label)).collect())
}

/// Lines of records that differ in length and content.
fn lines(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| format!("{{\"id\": {n}, \"text\": \"{}\"}}\n", "word ".repeat(n * 7919 % 40)))
        .collect()
}

fn digests(format: Format, text: &str) -> Vec<Digest> {
    let cut = cut(format, text).unwrap();
    let header = cut.header().cloned();
    cut.map(|chunk| read::known_by(&Digest::of(&chunk.unwrap().bytes), header.as_ref())).collect()
}

#[test]
fn an_edit_changes_the_run_it_is_in() {
    let original = lines(40_000);
    let before = digests(Format::Jsonl, &original.concat());
    assert!((25..70).contains(&before.len()), "{} runs", before.len());
    let known: BTreeSet<_> = before.iter().collect();
    for at in [0, 1, 777, 20_000, 39_998, 39_999] {
        let mut inserted = original.clone();
        inserted.insert(at, "{\"id\": -1, \"text\": \"new\"}\n".to_owned());
        let mut deleted = original.clone();
        deleted.remove(at);
        let mut changed = original.clone();
        changed[at] = "{\"id\": -2}\n".to_owned();
        for edited in [inserted, deleted, changed] {
            let after = digests(Format::Jsonl, &edited.concat());
            let new = after.iter().filter(|digest| !known.contains(digest)).count();
            assert!((1..=2).contains(&new), "{new} new runs after an edit at {at}");
        }
    }
}

fn outlined(format: Format, bytes: &[u8], before: Option<&Outline>) -> Outline {
    let file = Box::new(Cursor::new(bytes.to_vec()));
    let mut outlining = Outlining::begin(format, file, before).unwrap().unwrap();
    let mut runs = Vec::new();
    while let Some(run) = outlining.next_run().unwrap() {
        runs.push(run);
    }
    let outline = outlining.finish();
    assert!(outline.runs().eq(runs));
    outline
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// However a file was edited, outlining it with what was known gives what outlining it afresh
    /// gives, and its runs are those of cutting it.
    #[test]
    fn what_was_known_of_a_file_changes_nothing(
        quoted in any::<bool>(),
        marked in any::<bool>(),
        edits in prop::collection::vec((0_usize..6, 0_usize..9_000, 0_usize..9_000), 0..4),
        cut_off in 0_usize..60,
    ) {
        let format = if quoted { Format::Csv } else { Format::Jsonl };
        let mut rows = lines(9_000);
        if quoted {
            rows = (0..9_000).map(|n| format!("{n},\"{}\n, \"\"x\"\"\"\n", "word ".repeat(n * 7919 % 40))).collect();
            rows.insert(0, "id,text\n".to_owned());
        }
        let text = |rows: &[String]| [if marked { "\u{feff}" } else { "" }, &rows.concat()].concat().into_bytes();
        let before = outlined(format, &text(&rows), None);
        let original = text(&rows);
        let first = usize::from(quoted);
        for (kind, one, other) in edits {
            let (one, other) = (first + one % (rows.len() - first), first + other % (rows.len() - first));
            match kind {
                0 => rows.insert(one, rows[other].clone()),
                1 => rows[one] = rows[other].replace("word", "other"),
                2 => rows.swap(one, other),
                3 => rows.truncate(one.max(first + 1)),
                4 => {
                    let count = rows.len() - one;
                    rows[one..].rotate_left((other - first) % count);
                }
                _ => drop(rows.remove(if rows.len() > first + 2 { one } else { first })),
            }
        }
        let mut bytes = text(&rows);
        if !quoted {
            bytes.truncate(bytes.len() - cut_off.min(bytes.len() / 2));
        }
        let afresh = outlined(format, &bytes, None);
        prop_assert_eq!(&outlined(format, &bytes, Some(&before)), &afresh);
        prop_assert_eq!(afresh.content() == before.content(), bytes == original);
        let mut file = Cursor::new(bytes.clone());
        let placed: Vec<_> = afresh.runs().map(|run| run.read(&mut file).unwrap().unwrap()).collect();
        let cut: Vec<_> = cut(format, &bytes).unwrap().map(Result::unwrap).collect();
        prop_assert_eq!(placed, cut);
    }
}

#[test]
fn a_run_that_was_changed_meanwhile_is_not_taken_for_what_it_was() {
    let text = lines(3_000).concat();
    let outline = outlined(Format::Jsonl, text.as_bytes(), None);
    let mut file = Cursor::new(text.replacen("word", "sword", 1).into_bytes());
    let read: Vec<bool> = outline.runs().map(|run| run.read(&mut file).unwrap().is_some()).collect();
    assert!(read.len() > 1 && read.iter().all(|is_same| !is_same), "all after it have moved: {read:?}");
}

#[test]
fn a_packed_file_has_no_outline() {
    let packed = zstd::bulk::compress(lines(100).concat().as_bytes(), 1).unwrap();
    assert!(Outlining::begin(Format::Jsonl, Box::new(Cursor::new(packed)), None).unwrap().is_none());
}

#[test]
fn runs_are_bounded_even_where_no_content_says_cut() {
    let same = "{\"id\": 1}\n".repeat(20_000);
    let sizes: Vec<usize> = cut(Format::Jsonl, same)
        .unwrap()
        .map(|chunk| chunk.unwrap().bytes.iter().filter(|byte| **byte == b'\n').count())
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 20_000);
    assert!(sizes.iter().all(|size| *size <= 4096), "{sizes:?}");
    assert!(sizes[..sizes.len() - 1].iter().all(|size| *size >= 256), "{sizes:?}");
}

#[test]
fn every_line_is_read_once_with_its_number() {
    let mut text = lines(5_000);
    text[4_321] = "{\"id\": \"x\"}\n".to_owned();
    text[2_000] = "\n".to_owned();
    let rows = rows(Format::Jsonl, &[("id", Type::Int)], text.concat());
    assert_eq!(rows.len(), 4_999);
    assert_eq!(broken(&rows), [(4_322, "field `id`: expected int, found text \"x\"".to_owned())]);
    let read: Vec<_> = rows.iter().flatten().map(|row| row[0].clone()).collect();
    let expected: Vec<_> = (0..5_000).filter(|n| *n != 4_321 && *n != 2_000).map(Value::Int).collect();
    assert_eq!(read, expected);
}

#[test]
fn broken_lines_say_what_is_wrong_and_the_others_go_on() {
    let rows = rows(Format::Jsonl, &[("a", Type::Int)], "{\"a\": 1}\r\n{\"a\": \r\n[1]\n\r\n{\"a\": 2}");
    assert_eq!(rows.iter().flatten().count(), 2);
    let messages = broken(&rows);
    assert_eq!(messages[0], (2, "not JSON: it ends where a value is wanted, at column 5".to_owned()));
    assert_eq!(messages[1], (3, "field `a`: expected int, found list of 1".to_owned()));
    assert_eq!(rows[1].as_ref().unwrap_err().excerpt, "{\"a\":");
}

#[test]
fn a_table_is_read_by_its_columns_names() {
    let text = "\u{feff}id, text ,note,yes\r\n1,\"two\r\nlines, \"\"quoted\"\"\",,TRUE\r\n\r\nx,t,n,no\r\n2,,\"[1, 2]\",0\r\n3,5\" wide\r\n";
    let wanted = [
        ("yes", Type::Bool),
        ("text", Type::Text),
        ("note", Type::list(Type::Int).optional()),
        ("id", Type::Int),
        ("absent", Type::Text.optional()),
    ];
    let rows = rows(Format::Csv, &wanted, text);
    assert_eq!(
        rows[0].as_ref().unwrap(),
        &[
            Value::Bool(true),
            Value::text("two\r\nlines, \"quoted\""),
            Value::Missing,
            Value::Int(1),
            Value::Missing
        ]
    );
    let numbers = Value::list([Value::Int(1), Value::Int(2)]);
    assert_eq!(rows[2].as_ref().unwrap()[1..3], [Value::text(""), numbers]);
    assert_eq!(
        broken(&rows),
        [
            (5, "field `note`: expected list of int, found text \"n\"".to_owned()),
            (7, "has 2 cells, and the header has 4".to_owned()),
        ]
    );
}

#[test]
fn a_column_that_is_not_there_is_told_before_any_row() {
    let cut = cut(Format::Tsv, "id\ttext\tid\n1\tx\t2\n").unwrap();
    let check = |wanted| cut.header().unwrap().check(&fields(&[wanted])).unwrap_err().to_string();
    assert_eq!(check(("quetsion", Type::Text)), "has no column `quetsion`; it has `id`, `text`, `id`");
    assert_eq!(check(("id", Type::Int)), "has two columns named `id`");
    assert!(cut.header().unwrap().check(&fields(&[("other", Type::Int.optional())])).is_ok());
    assert!(matches!(self::cut(Format::Csv, ""), Err(ReadError::NoHeader)));
}

#[test]
fn json_comes_as_a_list_or_as_lines_and_yaml_as_a_list() {
    let wanted = [("topic", Type::Text), ("kind", labels(&["yes", "no"]).optional())];
    let expected: Rows =
        vec![Ok(vec![Value::text("a"), Value::text("yes")]), Ok(vec![Value::text("b"), Value::Missing])];
    let array = "[\n  {\"topic\": \"a\", \"kind\": \"yes\"},\n  {\"topic\": \"b\"}\n]";
    let lines = "{\"topic\": \"a\", \"kind\": \"yes\"}\n{\"topic\": \"b\"}\n";
    let spread = "{\n\"topic\": \"a\", \"kind\": \"yes\"}\n{\"topic\":\n \"b\"}\n";
    for text in [array, lines, spread] {
        assert_eq!(rows(Format::Json, &wanted, text), expected, "{text}");
    }
    assert_eq!(rows(Format::Yaml, &wanted, "# facts\n- topic: a\n  kind: yes\n- { topic: b }\n"), expected);
    assert_eq!(
        rows(Format::Yaml, &[("topic", Type::Text)], "- a\n- b\n"),
        [Ok(vec![Value::text("a")]), Ok(vec![Value::text("b")])]
    );
    let message = |format, text: &str| cut(format, text).err().unwrap().to_string();
    assert_eq!(
        message(Format::Json, "[\n1,\n}"),
        "can't be read from line 3 on: not JSON: no value begins like this, at column 1"
    );
    assert_eq!(message(Format::Yaml, "topic: a"), "is one record, and a list of records is wanted");
    assert!(message(Format::Yaml, "- a\n- [b\n- c\n").contains("from line "));
}

#[test]
fn packed_files_read_like_plain_ones() {
    let plain = format!("\u{feff}{}", lines(3_000).concat());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain.as_bytes()).unwrap();
    let zstd = zstd::encode_all(plain.as_bytes(), 1).unwrap();
    let wanted = [("id", Type::Int)];
    let expected = rows(Format::Jsonl, &wanted, &plain);
    assert_eq!(expected.iter().flatten().count(), 3_000);
    assert_eq!(rows(Format::Jsonl, &wanted, gzip.finish().unwrap()), expected);
    assert_eq!(rows(Format::Jsonl, &wanted, zstd), expected);
}

#[test]
fn what_is_no_text_and_what_never_ends_is_an_error_with_its_line() {
    let mut latin = lines(3_000).concat().into_bytes();
    latin.extend(b"{\"text\": \"caf\xe9\"}\n");
    let errors: Vec<String> =
        cut(Format::Jsonl, latin).unwrap().filter_map(Result::err).map(|error| error.to_string()).collect();
    assert_eq!(errors, ["has text on line 3001 that is not UTF-8"]);

    let open = std::io::repeat(b'x').take(70 << 20);
    let text = Cursor::new(b"a,b\n1,2\n3,\"".to_vec()).chain(open);
    let error = read::cut(Format::Csv, Box::new(text)).unwrap().find_map(Result::err).unwrap();
    assert!(matches!(error, ReadError::TooLong { line: 3, .. }), "{error}");
}

#[test]
fn memory_stays_bounded_on_a_long_stream() {
    struct Endless(u64);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += 1;
            let line = format!("{{\"id\": {}, \"text\": \"{}\"}}\n", self.0, "x".repeat(200));
            let length = line.len().min(buffer.len());
            buffer[..length].copy_from_slice(&line.as_bytes()[..length]);
            Ok(length)
        }
    }
    let largest = read::cut(Format::Jsonl, Box::new(Endless(0)))
        .unwrap()
        .take(50)
        .map(|chunk| chunk.unwrap().bytes.len())
        .max();
    assert!(largest.unwrap() < 2 << 20, "{largest:?}");
}

#[test]
fn folders_of_texts_and_of_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        std::fs::File::create(folder.path().join(name)).unwrap().write_all(bytes).unwrap()
    };
    put("b.txt", b"second");
    put("a.png", b"\x89PNG\r\n\x1a\nrest");
    put(".hidden", b"");
    let path: &Path = folder.path();
    let wanted = fields(&[("text", Type::Text), ("name", Type::Text)]);
    let read: Vec<_> = texts(&Machine, path, &wanted).unwrap().collect();
    assert_eq!(read[1], Ok(vec![Value::text("second"), Value::text("b.txt")]));
    assert_eq!(read[0].as_ref().unwrap_err().message, "is not UTF-8 text");
    assert_eq!(read.len(), 2);

    let wanted = fields(&[("name", Type::Text), ("image", Type::Image)]);
    let read: Vec<_> = images(&Machine, path, &wanted).unwrap().collect();
    let picture = read[0].as_ref().unwrap();
    assert_eq!(picture.values[0], Value::text("a.png"));
    let Value::Image(image) = &picture.values[1] else { panic!() };
    assert_eq!((&*image.media_type, image.digest), ("image/png", picture.object.0));
    assert_eq!(picture.object.0, Digest::of(&picture.object.1));
    assert!(read[1].is_err());
    assert!(images(&Machine, &PathBuf::from("/nowhere/at/all"), &wanted).is_err());
    let other = fields(&[("caption", Type::Text)]);
    let message = images(&Machine, path, &other).err().unwrap().to_string();
    assert_eq!(message, "is a folder of images, which has the fields `name` and `image`, not `caption`");
}

#[test]
fn a_damaged_parquet_file_is_an_error_and_no_crash() {
    use tgp::data::row::{Row, RowId};
    use tgp::data::schema::{Column, Schema};

    let column = |name: &str, kind| Column { name: Arc::from(name), kind, hidden: false };
    let schema = Schema { columns: vec![column("a", Type::Int), column("b", Type::list(Type::Text))] };
    let row = |n: i64| Row {
        id: RowId(0),
        values: vec![Value::Int(n), Value::list([Value::text("x"), Value::text("y")])],
        failure: None,
    };
    let whole = tgp::data::write::parquet(&schema, &(0..50).map(row).collect::<Vec<_>>()).unwrap();
    assert_eq!(rows(Format::Parquet, &[("a", Type::Int)], &whole).len(), 50);
    let read = |bytes: &[u8]| cut(Format::Parquet, bytes)?.collect::<Result<Vec<_>, _>>();
    assert!(read(b"").is_err());
    for at in 0..whole.len() {
        assert!(read(&whole[..at]).is_err());
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        let _ = read(&changed);
    }
}
