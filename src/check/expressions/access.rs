//! `a.b` and `a[0]`.

use crate::data::types::Type;
use crate::data::value::Value;
use crate::syntax::tree::{self, ExprKind, Name};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error, suggestion};
use super::super::program::{Expr, NativeArgument, NativeCall};
use super::super::scope::{Scope, Typed};
use super::super::suspects::{Origin, Seen};

impl Checker<'_> {
    pub(super) fn field(&mut self, scope: &mut Scope<'_>, of: &tree::Expr, name: &Name) -> Typed {
        if let ExprKind::Name(column) = &super::bare(of).kind
            && scope.named(column).is_none()
            && let Some(column) = scope.row.and_then(|row| row.column(column))
            && let Some(parts) = &column.parts
        {
            let part = parts.iter().find(|(part, _)| *part == name.value);
            self.used.extend(part.and_then(|(_, defined)| *defined));
        }
        let record = self.expr(scope, of, None);
        let kind = match record.kind.present() {
            Type::Unknown | Type::Missing => return Typed::unknown(),
            Type::Json => {
                return json_part(record, Expr::Constant(Value::Text(name.value.clone())), Type::Text);
            }
            present @ Type::Record(fields) => match present.field(&name.value) {
                Some((at, kind)) => {
                    self.seen.push(Seen { used: name.span, of: Origin::Field });
                    (at as u32, kind.clone())
                }
                None => {
                    let known = fields.iter().map(|field| &*field.name);
                    let mut problem = error(
                        codes::UNKNOWN_FIELD,
                        name.span,
                        format!("the record has no field `{}`", name.value),
                    );
                    problem.help = suggestion(&name.value, "it has", known);
                    self.tell(problem);
                    return Typed::unknown();
                }
            },
            other => {
                let problem = error(
                    codes::NOT_A_RECORD,
                    name.span,
                    format!("`.{}` needs a record, but this is {other}", name.value),
                );
                let callable = self.library.callable(scope.module, &name.value).is_some();
                self.tell(if callable {
                    problem.help(format!("to call the function, write `.{}()`", name.value))
                } else {
                    problem.help("only records have fields")
                });
                return Typed::unknown();
            }
        };
        let (at, kind) = kind;
        let kind = if record.kind.is_optional() { kind.optional() } else { kind };
        let expr = match record.expr {
            // What is written out field by field needs no record.
            Expr::Record(mut fields) if (at as usize) < fields.len() => fields.swap_remove(at as usize),
            other => Expr::Field(Box::new(other), at),
        };
        Typed::new(expr, kind)
    }

    pub(super) fn index(&mut self, scope: &mut Scope<'_>, of: &tree::Expr, at: &tree::Expr) -> Typed {
        let list = self.expr(scope, of, None);
        let element = match list.kind.present() {
            Type::Unknown | Type::Missing => {
                self.expr(scope, at, None);
                return Typed::unknown();
            }
            Type::Json => {
                let key = self.expr(scope, at, None);
                if !matches!(key.kind, Type::Int | Type::Text | Type::Unknown) {
                    self.tell(
                        error(codes::TYPE_MISMATCH, at.span, format!("JSON is not indexed by {}", key.kind))
                            .help("use a number for arrays and a text for objects"),
                    );
                }
                return json_part(list, key.expr, key.kind);
            }
            Type::List(of) => (**of).clone(),
            Type::Turns => Type::Text,
            other => {
                self.tell(
                    error(codes::NOT_A_LIST, of.span, format!("`[...]` needs a list, but this is {other}"))
                        .help("lists and turns have numbered elements; fields of records go by `.name`"),
                );
                self.expr(scope, at, None);
                return Typed::unknown();
            }
        };
        let at = self.wanted(scope, at, &Type::Int, "the index");
        let kind = if list.kind.is_optional() { element.optional() } else { element };
        Typed::new(Expr::Index(Box::new(list.expr), Box::new(at)), kind)
    }
}

/// A part of JSON by key or number; missing where there is none.
fn json_part(json: Typed, key: Expr, key_kind: Type) -> Typed {
    let call = NativeCall {
        name: "prelude.json_part".into(),
        arguments: vec![NativeArgument::Value(json.expr), NativeArgument::Value(key)],
        kinds: vec![json.kind, key_kind],
        random: None,
    };
    Typed::new(Expr::Native(call), Type::Json.optional())
}
