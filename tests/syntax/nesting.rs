use tgp::diagnostics::source::SourceId;
use tgp::syntax::format::format;
use tgp::syntax::parse::parse;

const NESTS: [(&str, &str); 13] = [
    ("(", ")"),
    ("[", "]"),
    ("{ a = ", " }"),
    ("f(", ")"),
    ("x[", "]"),
    ("\"{{", "}}\""),
    ("if a then b else ", ""),
    ("x => ", ""),
    ("not ", ""),
    ("1 + (", ")"),
    ("ask { user ", "}"),
    ("scripted { _ => ", "}"),
    ("x.f(", ")"),
];

fn nested(nest: (&str, &str), levels: usize) -> String {
    format!("param deep: int = {}1{}\n", nest.0.repeat(levels), nest.1.repeat(levels))
}

fn codes(text: &str) -> Vec<&'static str> {
    parse(SourceId(0), text).1.iter().map(|diagnostic| diagnostic.code).collect()
}

/// On the stack that a thread gets by default, in a debug build too.
fn on_a_small_thread(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn what_is_nested_deeply_is_read() {
    on_a_small_thread(|| {
        for nest in NESTS {
            // The last few nests take two levels each.
            let levels = if matches!(nest.0, "x[" | "1 + (" | "x.f(") { 60 } else { 120 };
            let text = nested(nest, levels);
            assert!(codes(&text).is_empty(), "{nest:?}: {:?}", codes(&text));
            format(&text).unwrap();
        }
    });
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    on_a_small_thread(|| {
        for nest in NESTS {
            for levels in [130, 201, 3_000, 30_000] {
                assert_eq!(codes(&nested(nest, levels)), ["nested-too-deep"], "{nest:?} {levels}");
            }
        }
        let sum = format!("param deep: int = {}1\n", "1 + ".repeat(30_000));
        assert_eq!(codes(&sum), ["nested-too-deep"]);
        let lists = format!("param deep: {}int{}\n", "list<".repeat(300), ">".repeat(300));
        assert_eq!(codes(&lists), ["nested-too-deep"]);
    });
}
