//! Made-up files of every width and in every layout are laid out stably and keep their meaning.

use proptest::prelude::*;

use super::layout::assert_laid_out_well;

/// Where a blank may as well be a new line, or hold a comment.
const ANYWHERE: &[&str] = &[" ", " ", " ", "", "\n", "\n    ", "  # a remark\n", "\n\n  # alone\n"];

fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,3}", Just("a_rather_long_name_for_a_column".to_owned())].prop_map(|name| name + "_")
}

fn gap() -> impl Strategy<Value = String> {
    proptest::sample::select(ANYWHERE).prop_map(str::to_owned)
}

fn expr() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        name(),
        Just("0.5".to_owned()),
        Just("-3".to_owned()),
        Just("missing".to_owned()),
        Just("\"some text with {{a_hole}} in it\"".to_owned()),
        Just("\"\"\"\n      a block\n      \"\"\"".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let several = (proptest::collection::vec((gap(), inner.clone(), gap()), 0..4), any::<bool>());
        let elements = several.prop_map(|(elements, comma)| {
            let end = if comma && !elements.is_empty() { "," } else { "" };
            let elements = elements.into_iter().map(|(before, expr, after)| format!("{before}{expr}{after}"));
            elements.collect::<Vec<_>>().join(",") + end
        });
        let elements = elements.boxed();
        let operators: &[&str] = &["+", "-", "*", "??", "and", "or"];
        prop_oneof![
            (elements.clone(), name()).prop_map(|(elements, name)| format!("{name}({elements})")),
            elements.prop_map(|elements| format!("[{elements}]")),
            (inner.clone(), gap(), name(), inner.clone())
                .prop_map(|(on, gap, name, with)| format!("({on}){gap}.{name}(x = {with})")),
            (inner.clone(), gap(), proptest::sample::select(operators), inner.clone())
                .prop_map(|(left, gap, operator, right)| format!("({left}){gap} {operator} ({right})")),
            (inner.clone(), gap(), inner.clone(), gap(), inner.clone())
                .prop_map(|(a, one, b, two, c)| format!("(if {a}{one} then {b}{two} else {c})")),
            (name(), inner.clone(), gap()).prop_map(|(name, body, gap)| format!("({name} =>{gap} {body})")),
            (gap(), inner.clone(), gap()).prop_map(|(one, text, two)| {
                format!("ask m {{{one} user {text}{two} retry 3{two} otherwise drop {one}}}")
            }),
            (gap(), inner.clone(), inner).prop_map(|(gap, one, two)| {
                format!("scripted {{{gap} when not x => {one}{gap} _ => {two} }}")
            }),
            (name(), gap()).prop_map(|(name, gap)| format!("{{ {name} = 1,{gap}b = {{}} }}")),
        ]
    })
}

fn step() -> impl Strategy<Value = String> {
    (expr(), expr(), gap(), 0..6).prop_map(|(one, two, gap, kind)| match kind {
        0 => format!("let x ={gap} {one}"),
        1 => format!("where {one}"),
        2 => format!("metric m = {one}{gap} where {two}{gap} better near 0.5"),
        3 => format!("when {one} ->{gap} {two}"),
        4 => format!("fetch {one} as page{gap} otherwise {two}"),
        _ => format!("## Documented.\nuser {one}"),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn a_made_up_file_is_laid_out_well(
        steps in proptest::collection::vec((step(), gap()), 0..6),
        result in expr(),
        bound in expr(),
        width in 1..40_usize,
    ) {
        let steps: String = steps.into_iter().map(|(step, gap)| format!("{step}{gap}\n")).collect();
        let long = "n".repeat(width);
        let text = format!(
            "param {long}: int = {bound}\ncurate {long} {{ {steps} }}\nfn f() -> int {{ let y = {bound}\n {result} }}\n\
             test \"x\" {{ bind {long}_ = {bound}\n expect {result} }}"
        );
        assert_laid_out_well(&text, &text);
    }
}
