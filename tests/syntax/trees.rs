//! What a text means, said in a short notation: every operator with its operands in brackets.

use tgp::diagnostics::source::SourceId;
use tgp::syntax::parse::{parse, parse_expr};
use tgp::syntax::tree::{
    AskBody, BinaryOperator, Expr, ExprKind, FunctionBody, ItemKind, StepKind, TemplatePart, TypeExpr,
    TypeExprKind, UnaryOperator,
};

fn short(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Missing => "missing".into(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Template(template) => {
            let parts = template.parts.iter().map(|part| match part {
                TemplatePart::Text(text) => format!("{text:?}"),
                TemplatePart::Hole(expr) => short(expr),
            });
            format!("<{}>", parts.collect::<Vec<_>>().join(" "))
        }
        ExprKind::List(items) => {
            format!("list{}", items.iter().map(|item| short(&item.value) + ",").collect::<String>())
        }
        ExprKind::Record(fields) => format!("record{}", fields.len()),
        ExprKind::Field(of, name) => format!("[{} .{}]", short(of), name.value),
        ExprKind::Index(of, at) => format!("[{} at {}]", short(of), short(at)),
        ExprKind::Call { function, arguments } => {
            let arguments = arguments.iter().map(|argument| {
                let name = argument.name.as_ref().map_or(String::new(), |name| format!("{}=", name.value));
                format!(" {name}{}", short(&argument.value))
            });
            format!("[{}{}]", function.value, arguments.collect::<String>())
        }
        ExprKind::Method { receiver, function, arguments } => {
            let arguments: String =
                arguments.iter().map(|argument| " ".to_owned() + &short(&argument.value)).collect();
            format!("[{} .{}(){arguments}]", short(receiver), function.value)
        }
        ExprKind::Lambda { parameters, body } => format!("[{} => {}]", parameters.len(), short(body)),
        ExprKind::If { condition, then, otherwise } => {
            format!("[if {} {} {}]", short(condition), short(then), short(otherwise))
        }
        ExprKind::Binary { operator, left, right } => {
            use BinaryOperator::*;
            let sign = match operator.value {
                Or => "or",
                And => "and",
                Equal => "==",
                NotEqual => "!=",
                Less => "<",
                LessOrEqual => "<=",
                Greater => ">",
                GreaterOrEqual => ">=",
                In => "in",
                NotIn => "not in",
                Else => "??",
                Add => "+",
                Subtract => "-",
                Multiply => "*",
                Divide => "/",
                Remainder => "%",
            };
            format!("[{} {sign} {}]", short(left), short(right))
        }
        ExprKind::Unary { operator, operand } => {
            let sign = if operator.value == UnaryOperator::Not { "not" } else { "neg" };
            format!("[{sign} {}]", short(operand))
        }
        ExprKind::IsPresent { operand, present } => format!("[{} present={present}]", short(operand)),
        ExprKind::Ask(ask) => match &ask.body {
            AskBody::Short(text) => format!("[ask {}]", short(text)),
            AskBody::Clauses(clauses) => format!("[ask {} clauses]", clauses.len()),
        },
        ExprKind::Scripted { arguments, arms } => format!("[scripted {} {}]", arguments.len(), arms.len()),
        ExprKind::Parenthesised(inner) => format!("({})", short(inner)),
        ExprKind::Broken => "broken".into(),
    }
}

fn read(text: &str) -> String {
    short(&parse_expr(SourceId(0), text).unwrap_or_else(|diagnostics| panic!("{text}: {diagnostics:?}")))
}

#[test]
fn operators_bind_as_the_reference_says() {
    for (text, tree) in [
        ("a ?? b or c and not d == e", "[a ?? [b or [c and [not [d == e]]]]]"),
        ("a == b and c or d", "[[[a == b] and c] or d]"),
        ("a + b * -c - d", "[[a + [b * [neg c]]] - d]"),
        ("-a.b[0] % 2", "[[neg [[a .b] at 0]] % 2]"),
        ("a - b - c", "[[a - b] - c]"),
        ("a ?? b ?? c", "[[a ?? b] ?? c]"),
        ("a + 1 in b", "[[a + 1] in b]"),
        ("a not in b and c", "[[a not in b] and c]"),
        ("not a in b", "[not [a in b]]"),
        ("not a is missing or b is present", "[[not [a present=false]] or [b present=true]]"),
        ("x => x + 1", "[1 => [x + 1]]"),
        ("f(x => x, y = 2)", "[f [1 => x] y=2]"),
        ("if a then b else if c then d else e ?? f", "[if a b [if c d [e ?? f]]]"),
        ("(a + b) * c", "[([a + b]) * c]"),
        ("rubric.refusal(x).y", "[[rubric .refusal() x] .y]"),
        ("ask m \"x\".trim()", "[[ask <\"x\">] .trim()]"),
        ("ask m { user x }.changed", "[[ask 1 clauses] .changed]"),
        ("counts.missing + missing", "[[counts .missing] + missing]"),
        ("scripted(\"a\") { 0.5 => x when not y => z _ => w }", "[scripted 1 3]"),
        ("notable + input + asked", "[[notable + input] + asked]"),
    ] {
        assert_eq!(read(text), tree, "{text}");
    }
}

#[test]
fn numbers_and_strings_stand_for_what_they_say() {
    for (text, tree) in [
        ("1_000", "1000"),
        ("0.05", "0.05"),
        ("1e-3", "0.001"),
        ("1.max(2)", "[1 .max() 2]"),
        (r#""a\n\t\"\\\{{ \u{e9}""#, r#"<"a\n\t\"\\{{ é">"#),
        (r#""{ not a hole } \}} {{ f("{{x}}") }}!""#, r#"<"{ not a hole } }} " [f <x>] "!">"#),
        ("\"\"", "<>"),
        ("\"{{ { a = { b = 1 } } }}\"", "<record1>"),
        (
            "\"\"\"\n    one\n      two {{x}}\n\n    \"three\"\n  \"\"\"",
            r#"<"one\n  two " x "\n\n\"three\"">"#,
        ),
        ("\"\"\"\r\n  one\r\n  two\r\n\"\"\"", r#"<"one\ntwo">"#),
        ("\"\"\"one\n  two\"\"\"", r#"<"one\ntwo">"#),
        ("\"\"\"\"\"\"", "<>"),
        ("\"\"\"\n  {{x}}\n    {{y}}\n  \"\"\"", r#"<x "\n  " y>"#),
    ] {
        assert_eq!(read(text), tree, "{text}");
    }
}

/// The steps of a node, each in short where it is an expression.
fn lets(steps: &str) -> Vec<String> {
    let (file, diagnostics) = parse(SourceId(0), &format!("curate a {{\n{steps}\n}}\n"));
    assert!(diagnostics.is_empty(), "{steps}: {diagnostics:?}");
    let ItemKind::Node(node) = &file.items[0].kind else { panic!("{file:?}") };
    let steps = node.steps.iter().map(|step| match &step.kind {
        StepKind::Let(binding) => short(&binding.value),
        StepKind::Where(expr) | StepKind::User(expr) | StepKind::Stage(expr) => short(expr),
        StepKind::By(names) => format!("by {}", names.len()),
        StepKind::Interval { level, by, .. } => format!("interval {} {}", level.value, by.is_some()),
        other => panic!("{other:?}"),
    });
    steps.collect()
}

#[test]
fn an_expression_ends_with_its_line_unless_it_is_carried_on() {
    assert_eq!(lets("let x = a\n  + b\n  - c\n  .d"), ["[[a + b] - [c .d]]"]);
    assert_eq!(lets("let x = a\n.f()\nand b\nor not c"), ["[[[a .f()] and b] or [not c]]"]);
    assert_eq!(lets("let x = a\nuser (b)\nwhere [c] == d"), ["a", "(b)", "[listc, == d]"]);
    assert_eq!(lets("let x = if a\nthen b\nelse c\nrubric.made(x)"), ["[if a b c]", "[rubric .made() x]"]);
    assert_eq!(
        lets("interval 95%\nby a\ninterval 95% by a"),
        ["interval 0.95 false", "by 1", "interval 0.95 true"]
    );
}

#[test]
fn a_function_block_keeps_its_result_apart() {
    for (result, tree) in [("-a", "[neg a]"), ("(a)", "(a)"), ("[a]", "lista,"), ("not a", "[not a]")] {
        let (file, diagnostics) =
            parse(SourceId(0), &format!("fn f() -> int {{\n  let x = y\n  {result}\n}}"));
        assert!(diagnostics.is_empty(), "{result}: {diagnostics:?}");
        let ItemKind::Function(function) = &file.items[0].kind else { panic!("{file:?}") };
        let FunctionBody::Block { lets, result } = &function.body else { panic!("{function:?}") };
        assert_eq!((lets.len(), short(result).as_str()), (1, tree));
    }
}

fn short_type(kind: &TypeExpr) -> String {
    match &kind.kind {
        TypeExprKind::Name(name) => name.value.to_string(),
        TypeExprKind::List { of, most } => {
            format!("[{} {:?}]", short_type(of), most.as_ref().map(|most| most.value))
        }
        TypeExprKind::Record(fields) => {
            fields.iter().map(|field| format!("{{{}}}", short_type(&field.kind))).collect()
        }
        TypeExprKind::Closed(names) => names.iter().map(|name| format!("|{}", name.value)).collect(),
        TypeExprKind::Optional(inner) => format!("({})?", short_type(inner)),
        TypeExprKind::Function(from, to) => format!("{}=>{}", from.len(), short_type(to)),
        TypeExprKind::Broken => "broken".into(),
    }
}

#[test]
fn types_are_read_as_written() {
    for (text, tree) in [
        ("a", "a"),
        ("a | b?", "(|a|b)?"),
        ("list<list<a>?> up to 5", "[([a None])? Some(5)]"),
        ("{ a: x | y, b: c?, }", "{|x|y}{(c)?}"),
        ("(a, b) => c", "2=>c"),
    ] {
        let (file, diagnostics) = parse(SourceId(0), &format!("param p: {text}= 3"));
        assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
        let ItemKind::Param(param) = &file.items[0].kind else { panic!("{file:?}") };
        assert_eq!(short_type(&param.kind), tree, "{text}");
    }
}

#[test]
fn docs_belong_to_what_follows() {
    let text = "## of the file\npipeline a.b @ 1.0.0\n##  of\n# no doc\n## the node\ncurate c {\n  ## of the step\n  key x\n}";
    let (file, _) = parse(SourceId(0), text);
    assert_eq!(file.docs, ["of the file".into()]);
    assert_eq!(file.items[0].docs, [" of".into(), "the node".into()]);
    let ItemKind::Node(node) = &file.items[0].kind else { panic!("{file:?}") };
    assert_eq!(node.steps[0].docs, ["of the step".into()]);
}

#[test]
fn spans_hold_what_was_written_and_no_more() {
    let text =
        "param n: list<int>   # behind\n\ncurate é from b {\n  sample n   # behind\n  let x = a . b\n}\n";
    let text = text.replace(" . ", ".");
    let (file, diagnostics) = parse(SourceId(7), &text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let written = |span: tgp::diagnostics::source::Span| {
        assert_eq!(span.source, SourceId(7));
        &text[span.start as usize..span.end as usize]
    };
    assert_eq!(written(file.items[0].span), "param n: list<int>");
    let ItemKind::Node(node) = &file.items[1].kind else { panic!("{file:?}") };
    assert_eq!(written(node.name.span), "é");
    assert_eq!(written(node.steps[0].span), "sample n");
    assert_eq!(written(node.steps[1].span), "let x = a.b");
    assert!(written(file.items[1].span).ends_with("a.b\n}"));
}

/// One slip leaves all around it in the tree.
#[test]
fn what_can_be_read_around_a_slip_is_in_the_tree() {
    let text = "pipeline a.b @ 1.0.0\nparam n int\ncurate c {\n  key x\n  smaple 3\n  where (y\n  let z = 1\n}\nquery q from c to m { user x }\n";
    let (file, diagnostics) = parse(SourceId(0), text);
    assert_eq!(diagnostics.len(), 3, "{diagnostics:?}");
    assert!(file.header.is_some());
    assert_eq!(file.items[0].kind, ItemKind::Broken);
    let ItemKind::Node(node) = &file.items[1].kind else { panic!("{file:?}") };
    let broken: Vec<bool> = node.steps.iter().map(|step| matches!(step.kind, StepKind::Broken(_))).collect();
    assert_eq!(broken, [false, true, true, false]);
    assert!(matches!(&file.items[2].kind, ItemKind::Node(node) if node.steps.len() == 1));
}

#[test]
fn an_expression_alone_is_read_or_told() {
    assert_eq!(read("  model == \"x\" and n > 3  # why\n"), "[[model == <\"x\">] and [n > 3]]");
    for (text, code) in [
        ("", "syntax"),
        ("a b", "syntax"),
        ("f(a", "unclosed-bracket"),
        ("\"a", "unclosed-string"),
        ("a < b < c", "chained-comparison"),
        ("let x = 3", "syntax"),
    ] {
        let diagnostics = parse_expr(SourceId(0), text).unwrap_err();
        assert_eq!(diagnostics[0].code, code, "{text}: {diagnostics:?}");
    }
}
