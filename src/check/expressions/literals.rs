//! Texts with holes, lists and records as written.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::types::{Field, Type};
use crate::data::value::Value;
use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, ListItem, NamedExpr, Template};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error, suggestion};
use super::super::loading::twice;
use super::super::program::{Expr, NativeArgument, NativeCall, TemplatePart};
use super::super::scope::{Scope, Typed};
use super::super::types::join;

impl Checker<'_> {
    pub(super) fn template(
        &mut self,
        scope: &mut Scope<'_>,
        template: &Template,
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        if let Some(text) = plain(template) {
            return self.text(text, span, expected);
        }
        let mut parts = Vec::with_capacity(template.parts.len());
        for part in &template.parts {
            match part {
                tree::TemplatePart::Text(text) => parts.push(TemplatePart::Text(Arc::clone(text))),
                tree::TemplatePart::Hole(hole) => {
                    let typed = self.expr(scope, hole, None);
                    self.hole(&typed, hole.span);
                    parts.push(TemplatePart::Hole(typed.expr, typed.kind));
                }
            }
        }
        Typed::new(Expr::Template(parts), Type::Text)
    }

    /// Text without holes: a label where a closed set is wanted.
    fn text(&mut self, text: Arc<str>, span: Span, expected: Option<&Type>) -> Typed {
        if let Some(Type::Closed(labels)) = expected.map(Type::present) {
            if labels.contains(&text) {
                let kind = Type::Closed(Arc::clone(labels));
                return Typed::new(Expr::Constant(Value::Text(text)), kind);
            }
            let mut problem = error(codes::UNKNOWN_LABEL, span, format!("no label `{text}`"));
            problem.help = suggestion(&text, "the labels are", labels.iter().map(|label| &**label));
            self.tell(problem);
            return Typed::unknown();
        }
        Typed::new(Expr::Constant(Value::Text(text)), Type::Text)
    }

    fn hole(&mut self, typed: &Typed, span: Span) {
        match &typed.kind {
            Type::Optional(_) | Type::Missing => self.tell(
                error(codes::MAY_BE_MISSING, span, "this hole may be missing, so the text would be too")
                    .help("say what stands there then: `x ?? \"...\"`, or test `x is present`"),
            ),
            Type::Image => self.tell(
                error(codes::IMAGE_IN_TEXT, span, "an image cannot stand in a text")
                    .help("send it beside the text, with an `image` clause"),
            ),
            Type::List(of) if **of == Type::Image => self.tell(
                error(codes::IMAGE_IN_TEXT, span, "images cannot stand in a text")
                    .help("send them beside the text, with `image` clauses"),
            ),
            _ => {}
        }
    }

    pub(super) fn list(
        &mut self,
        scope: &mut Scope<'_>,
        items: &[ListItem],
        expected: Option<&Type>,
    ) -> Typed {
        let hint = match expected.map(Type::present) {
            Some(Type::List(of)) => Some((**of).clone()),
            _ => None,
        };
        let mut kind: Option<Type> = None;
        let mut typed_items = Vec::with_capacity(items.len());
        let mut sound = true;
        for item in items {
            if let Some(rename) = &item.rename {
                self.tell(
                    error(codes::MISPLACED, rename.span, "`as` in a list names variations and models only")
                        .help("remove it"),
                );
            }
            let typed = self.expr(scope, &item.value, hint.as_ref().or(kind.as_ref()));
            kind = match kind {
                None => Some(typed.kind.clone()),
                Some(kind) => match join(&kind, &typed.kind) {
                    Some(joined) => Some(joined),
                    None => {
                        self.tell(
                            error(
                                codes::TYPE_MISMATCH,
                                item.value.span,
                                format!("this is {}, but the list's items are {kind}", typed.kind),
                            )
                            .also(items[0].value.span, format!("the first item is {kind}"))
                            .help("the items of a list are of one type; use a record for several"),
                        );
                        sound = false;
                        Some(kind)
                    }
                },
            };
            typed_items.push(typed);
        }
        if !sound {
            return Typed::unknown();
        }
        let kind = kind.or(hint).unwrap_or(Type::Unknown);
        let turns = matches!(expected.map(Type::present), Some(Type::Turns)) && items.is_empty();
        if kind == Type::Turns || turns {
            let conversation = typed_items.into_iter().map(|item| item.expr).collect();
            return conversation_of(conversation);
        }
        let items = typed_items
            .into_iter()
            .map(|item| super::fitting::convert(scope, item.expr, &item.kind, &kind))
            .collect();
        Typed::new(Expr::List(items), Type::list(kind))
    }

    pub(super) fn record(
        &mut self,
        scope: &mut Scope<'_>,
        fields: &[NamedExpr],
        span: Span,
        expected: Option<&Type>,
    ) -> Typed {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let wanted = expected.map(Type::present).filter(|kind| matches!(kind, Type::Record(_)));
        let mut typed = Vec::with_capacity(fields.len());
        for field in fields {
            if let Some(earlier) = seen.insert(&field.name.value, field.name.span) {
                self.tell(twice(&field.name.value, field.name.span, earlier));
                continue;
            }
            let hint = wanted.and_then(|kind| kind.field(&field.name.value)).map(|(_, kind)| kind);
            typed.push((field, self.expr(scope, &field.value, hint)));
        }
        if let Some(Type::Record(wanted)) = wanted {
            return self.record_as(scope, wanted, typed, span);
        }
        let kinds: Vec<Field> = typed
            .iter()
            .map(|(field, typed)| Field { name: field.name.value.clone(), kind: typed.kind.clone() })
            .collect();
        let values = typed.into_iter().map(|(_, typed)| typed.expr).collect();
        Typed::new(Expr::Record(values), Type::Record(kinds.into()))
    }

    /// A record whose type is known: its fields in that order, none more, none missing but for
    /// optional ones.
    fn record_as(
        &mut self,
        scope: &mut Scope<'_>,
        wanted: &Arc<[Field]>,
        given: Vec<(&NamedExpr, Typed)>,
        span: Span,
    ) -> Typed {
        let mut values: Vec<Option<Expr>> = vec![None; wanted.len()];
        let mut sound = true;
        for (field, typed) in given {
            let Some(at) = wanted.iter().position(|known| known.name == field.name.value) else {
                let known = wanted.iter().map(|known| &*known.name);
                let name = &field.name;
                let mut problem = error(
                    codes::UNKNOWN_FIELD,
                    name.span,
                    format!("the record has no field `{}`", name.value),
                );
                problem.help = suggestion(&name.value, "it has", known);
                self.tell(problem);
                sound = false;
                continue;
            };
            let what = format!("`{}`", field.name.value);
            let expr = self.fit(scope, typed, &wanted[at].kind, field.value.span, &what);
            if let Some(place) = values.get_mut(at) {
                *place = Some(expr);
            }
        }
        let mut filled = Vec::with_capacity(wanted.len());
        for (field, value) in wanted.iter().zip(values) {
            match value {
                Some(value) => filled.push(value),
                None if field.kind.is_optional() => filled.push(Expr::Constant(Value::Missing)),
                None => {
                    sound = false;
                    self.tell(
                        error(
                            codes::MISSING_FIELD,
                            span,
                            format!("the record lacks the field `{}`", field.name),
                        )
                        .help(format!("add `{} = ...`, of type {}", field.name, field.kind)),
                    );
                }
            }
        }
        if !sound {
            return Typed::unknown();
        }
        Typed::new(Expr::Record(filled), Type::Record(Arc::clone(wanted)))
    }
}

/// The text of a template without holes.
pub(in super::super) fn plain(template: &Template) -> Option<Arc<str>> {
    match template.parts.as_slice() {
        [] => Some("".into()),
        [tree::TemplatePart::Text(text)] => Some(Arc::clone(text)),
        _ => None,
    }
}

/// Conversations one after another are one conversation.
pub(super) fn conversation_of(parts: Vec<Expr>) -> Typed {
    let call = NativeCall {
        name: "prelude.conversation".into(),
        arguments: vec![NativeArgument::Value(Expr::List(parts))],
        kinds: vec![Type::list(Type::Turns)],
        random: None,
    };
    Typed::new(Expr::Native(call), Type::Turns)
}
