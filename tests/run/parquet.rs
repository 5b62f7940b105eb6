//! Parquet files as others write them.

use std::sync::{Arc, Mutex};

use base64::Engine;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use super::project::Project;
use crate::models::server::{Behaviour, Outgoing, Server, completion};

type Writer<'a, 'b> = &'a mut SerializedColumnWriter<'b>;
type WriteColumn<'a> = &'a dyn Fn(Writer<'_, '_>, usize);

/// A file of that schema; `column` writes a column of a row group by its number.
fn file(schema: &str, groups: usize, columns: &[WriteColumn<'_>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, properties).unwrap();
    for number in 0..groups {
        let mut group = file.next_row_group().unwrap();
        for write in columns {
            let mut column = group.next_column().unwrap().unwrap();
            write(&mut column, number);
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    file.close().unwrap();
    bytes
}

fn texts(column: Writer<'_, '_>, texts: &[&[u8]], depths: Option<&[i16]>, repeats: Option<&[i16]>) {
    let texts: Vec<ByteArray> = texts.iter().map(|text| ByteArray::from(text.to_vec())).collect();
    column.typed::<ByteArrayType>().write_batch(&texts, depths, repeats).unwrap();
}

fn ints(column: Writer<'_, '_>, ints: &[i64]) {
    column.typed::<Int64Type>().write_batch(ints, None, None).unwrap();
}

/// Something that begins as a PNG does.
fn png(number: usize) -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n\0\xff"[..], format!("picture {number}").as_bytes()].concat()
}

const SEEING: &str = r#"pipeline test.seeing @ 1.0.0

models targets: vision

curate items {
  read parquet "items.parquet" as {
    id: int, image: image, pages: list<image>, box: { crop: image?, label: text }
  }
  key id
  let first = pages[0]
  let crop = box.crop ?? image
}

query answers from items to targets {
  user "What is on {{box.label}}?"
  image image
  image first
  image crop
}

judge verdicts from answers {
  verdict seen: bool = reply == "fine"
}

measure sight from verdicts {
  by model
  metric seen = rate(seen) better higher
  missing excluded
}
"#;

/// Pictures as Hugging Face keeps them, two rows in each of two row groups: plain, in a list, and in a
/// record, where one is missing.
fn pictured() -> Vec<u8> {
    let schema = "message rows {
        required int64 id;
        optional group image { optional binary bytes; optional binary path (UTF8); }
        optional group pages (LIST) {
            repeated group list { optional group element { optional binary bytes; optional binary path (UTF8); } }
        }
        required group box {
            optional group crop { optional binary bytes; optional binary path (UTF8); }
            required binary label (UTF8);
        }
    }";
    let both = |number: usize, offset: usize| [png(2 * number + offset), png(2 * number + offset + 1)];
    file(
        schema,
        2,
        &[
            &|column, number| ints(column, &[2 * number as i64, 2 * number as i64 + 1]),
            &|column, number| {
                let [one, two] = both(number, 0);
                texts(column, &[&one, &two], Some(&[2, 2]), None);
            },
            &|column, _| texts(column, &[b"a.png", b"b.png"], Some(&[2, 2]), None),
            &|column, number| {
                let [one, two] = both(number, 10);
                texts(column, &[&one, &png(90), &two], Some(&[4, 4, 4]), Some(&[0, 1, 0]));
            },
            &|column, _| texts(column, &[], Some(&[3, 3, 3]), Some(&[0, 1, 0])),
            &|column, number| texts(column, &[&png(20 + number)], Some(&[2, 0]), None),
            &|column, _| texts(column, &[], Some(&[1, 0]), None),
            &|column, _| texts(column, &[b"a", b"b"], None, None),
        ],
    )
}

#[test]
fn pictures_in_columns_are_pictures() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let heard = sent.clone();
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| {
            heard.lock().unwrap().push(incoming.body.to_owned());
            Outgoing::json(200, completion("fine"))
        }),
        ..Behaviour::default()
    });
    let project = Project::new().on(&server).with("seeing.tgp", SEEING);
    project.write("items.parquet", &pictured());
    let bind = "--bind targets=openai/gpt-4o";
    let ran = project.tgp(&format!("run seeing.tgp --json {bind}")).complete();
    assert_eq!(ran.node("items", "rows"), 4);
    let mut sent = sent.lock().unwrap().clone();
    sent.sort();
    assert_eq!(sent.len(), 4);
    let written = |number| base64::prelude::BASE64_STANDARD.encode(png(number));
    for (id, pictures) in [[0, 10, 20], [1, 11, 1], [2, 12, 21], [3, 13, 3]].into_iter().enumerate() {
        let asked = sent.iter().find(|body| pictures.iter().all(|number| body.contains(&written(*number))));
        assert!(asked.is_some(), "row {id}: {sent:?}");
    }
    // The same again, packed as a whole, is read the same and asked for nothing.
    project.write("items.parquet", &zstd::bulk::compress(&pictured(), 1).unwrap());
    let again = project.tgp(&format!("run seeing.tgp --json {bind}")).complete();
    assert_eq!(again.node("answers", "calls"), 0);
    assert_eq!(server.requests(), 4);
    // Pictures that were lost from the store are in the file still.
    std::fs::remove_dir_all(project.path(".tgp/objects")).unwrap();
    project.edit("seeing.tgp", "What is on", "What do you see on");
    let otherwise = project.tgp(&format!("run seeing.tgp --json {bind}")).complete();
    assert_eq!(otherwise.node("answers", "calls"), 4);
}

#[test]
fn what_is_no_picture_is_told() {
    let schema = "message rows {
        required int64 id;
        optional group _image { optional binary bytes; optional binary path (UTF8); }
    }";
    let reading = "pipeline test.none @ 1.0.0\n\ncurate items {\n  \
                   read parquet \"items.parquet\" as { id: int, _image: image }\n}\n";
    let project = Project::new().with("none.tgp", reading);
    let bitmap: &[u8] = b"BM a bitmap";
    let cases = [
        (vec![bitmap], 2, "bytes that are no png, jpeg, gif or webp"),
        (vec![], 1, "the path of a picture without its bytes"),
        (vec![], 0, "null"),
    ];
    for (bytes, depth, told) in cases {
        let written = file(
            schema,
            1,
            &[
                &|column, _| ints(column, &[1]),
                &|column, _| texts(column, &bytes, Some(&[depth]), None),
                &|column, _| texts(column, &[], Some(&[depth.min(1)]), None),
            ],
        );
        project.write("items.parquet", &written);
        let shown = project.tgp("show none.tgp items --format jsonl");
        assert_ne!(shown.code, 0, "{}", shown.out);
        assert!(shown.messages.contains("field `_image`: expected image, found"), "{}", shown.messages);
        assert!(shown.messages.contains(told), "{}", shown.messages);
    }
}

#[test]
fn moments_decimals_and_numbers_keep_their_digits() {
    let schema = "message rows {
        required int64 universal (TIMESTAMP(MICROS,true));
        required int64 local (TIMESTAMP(NANOS,false));
        required int64 clock (TIME(NANOS,false));
        required fixed_len_byte_array(9) exact (DECIMAL(20,2));
        required int64 whole (DECIMAL(18,0));
        required double float;
        required fixed_len_byte_array(16) uuid (UUID);
        optional binary word (UTF8);
        required boolean flag;
    }";
    let decimal: i128 = 1_234_567_890_123_456_789;
    let bytes = |bytes: &[u8]| FixedLenByteArray::from(bytes.to_vec());
    let fixed = |column: Writer<'_, '_>, value: FixedLenByteArray| {
        column.typed::<FixedLenByteArrayType>().write_batch(&[value], None, None).unwrap();
    };
    let written = |float: f64| {
        file(
            schema,
            1,
            &[
                &|column, _| ints(column, &[1_704_164_645_678_901]),
                &|column, _| ints(column, &[1_704_164_645_678_901_234]),
                &|column, _| ints(column, &[3_723_456_000_001]),
                &|column, _| fixed(column, bytes(&decimal.to_be_bytes()[7..])),
                &|column, _| ints(column, &[123_456_789_012_345_678]),
                &|column, _| {
                    column.typed::<DoubleType>().write_batch(&[float], None, None).unwrap();
                },
                &|column, _| fixed(column, bytes(&(0..16).collect::<Vec<u8>>())),
                &|column, _| texts(column, &[], Some(&[0]), None),
                &|column, _| {
                    column.typed::<BoolType>().write_batch(&[true], None, None).unwrap();
                },
            ],
        )
    };
    let project = Project::new().with(
        "read.tgp",
        "pipeline test.read @ 1.0.0\n\ncurate items {\n  read parquet \"items.parquet\" as {\n    universal: text, local: text, clock: text, exact: text, whole: int, float: float?, uuid: text,\n    word: text?, flag: bool\n  }\n}\n",
    );
    project.write("items.parquet", &written(f64::NAN));
    let shown = project.tgp("show read.tgp items --format jsonl").complete().events();
    let expected = serde_json::json!({
        "universal": "2024-01-02T03:04:05.678901Z",
        "local": "2024-01-02T03:04:05.678901234",
        "clock": "01:02:03.456000001",
        "exact": "12345678901234567.89",
        "whole": 123_456_789_012_345_678_i64,
        "float": null,
        "uuid": "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "word": null,
        "flag": true,
    });
    assert_eq!(shown, [expected]);
    project.write("items.parquet", &written(f64::INFINITY));
    let infinite = project.tgp("show read.tgp items --format jsonl");
    assert!(infinite.messages.contains("expected float, found text \"infinity\""), "{}", infinite.messages);
}
