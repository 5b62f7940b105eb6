//! Tables written for other tools, and read back.

use super::project::Project;

const MAKING: &str = r#"
pipeline test.making @ 1.0.0

type side = left | right

curate items {
  rows 2000 {
    n = i,
    label = "row {{i}}, \"quoted\"\twith\nlines",
    share = i / 7,
    even = i % 2 == 0,
    tags = ["a{{i}}", "b, c"],
    note = if i % 5 == 0 then missing else "n{{i}}",
    who = { name = "Ada", age = i }
  }
  let leaning: side = if n % 3 == 0 then left else right
  where leaning in [left, right]
  key n
}
"#;

const FIELDS: &str = "n: int, label: text, share: float, even: bool, tags: list<text>, \
                      note: text?, who: { name: text, age: int }, leaning: left | right";

#[test]
fn what_was_written_reads_back_to_the_same_values() {
    let project = Project::new().with("making.tgp", MAKING);
    let original = project.tgp("show making.tgp items --format jsonl").complete().out;
    assert_eq!(original.lines().count(), 2000);
    for (format, file) in [
        ("jsonl", "out/rows.jsonl"),
        ("jsonl", "out/rows.jsonl.gz"),
        ("csv", "out/rows.csv"),
        ("csv", "out/rows.csv.zst"),
        ("tsv", "out/rows.tsv"),
        ("parquet", "out/rows.parquet"),
    ] {
        let written = project.tgp(&format!("show making.tgp items -o {file}")).complete();
        assert!(written.messages.contains("2000 rows"), "{}", written.messages);
        let text = format!(
            "pipeline test.reading @ 1.0.0\n\ncurate items {{\n  read {format} \"{file}\" as {{ {FIELDS} }}\n  \
             key n\n}}\n"
        );
        project.write("reading.tgp", text.as_bytes());
        let back = project.tgp("show reading.tgp items --format jsonl").complete().out;
        let differing = back.lines().zip(original.lines()).find(|(a, b)| a != b);
        assert_eq!(differing, None, "{file}");
        assert_eq!(back.len(), original.len(), "{file}");
    }
}

#[test]
fn columns_and_rows_are_picked_for_a_file_too() {
    let project = Project::new().with("making.tgp", MAKING);
    project.tgp("show making.tgp items --where n<3 --columns even,n -o few.csv").complete();
    assert_eq!(
        std::fs::read_to_string(project.path("few.csv")).unwrap(),
        "even,n\ntrue,0\nfalse,1\ntrue,2\n"
    );
    project.tgp("show making.tgp items -n 1200 --columns n --format jsonl -o part.txt").complete();
    assert_eq!(std::fs::read_to_string(project.path("part.txt")).unwrap().lines().count(), 1200);
    project.tgp("show making.tgp items --where n<0 --columns n -o none.csv").complete();
    assert_eq!(std::fs::read_to_string(project.path("none.csv")).unwrap(), "n\n");
}

#[test]
fn what_cannot_be_written_is_told() {
    let project = Project::new().with("making.tgp", MAKING);
    let unnamed = project.tgp("show making.tgp items -o rows.xlsx");
    assert_eq!(unnamed.code, 1);
    assert!(unnamed.messages.contains(".parquet"), "{}", unnamed.messages);
    let unshown = project.tgp("show making.tgp items --format parquet");
    assert_eq!(unshown.code, 1);
    let unknown = project.tgp("show making.tgp items --columns n,lable -o rows.csv");
    assert_eq!(unknown.code, 1);
    assert!(unknown.messages.contains("did you mean `label`"), "{}", unknown.messages);
    project.write("blocked", b"");
    let blocked = project.tgp("show making.tgp items -o blocked/rows.csv");
    assert_eq!(blocked.code, 2);
    assert!(blocked.messages.contains("can't be written"), "{}", blocked.messages);
}
