//! The file, its header and its items.

use std::sync::Arc;

use pest::iterators::Pairs;

use super::parts::Parts;
use super::{Lowered, Lowering, mismatch};
use crate::diagnostics::source::Spanned;
use crate::syntax::grammar::{Pair, Rule};
use crate::syntax::mistake::Mistake;
use crate::syntax::tree::{
    Docs, File, FileKind, Function, FunctionBody, Header, Item, ItemKind, Leaderboard, Let, Model, Name,
    Param, Parameter, Score, TypeExpr, TypeItem, Use, UseName, UseSource,
};

impl Lowering<'_> {
    pub(in crate::syntax) fn file(&mut self, pairs: Pairs<'_, Rule>) -> Lowered<File> {
        let mut file = File::default();
        let mut docs = Docs::new();
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => docs.push(self.doc(&pair)),
                Rule::header => {
                    file.docs = std::mem::take(&mut docs);
                    file.header = Some(self.header(pair)?);
                }
                Rule::item => file.items.push(self.item(pair)?),
                Rule::EOI => {}
                _ => return mismatch(&pair),
            }
        }
        Ok(file)
    }

    fn header(&mut self, pair: Pair<'_>) -> Lowered<Header> {
        const KINDS: &[(&str, FileKind)] =
            &[("pipeline", FileKind::Pipeline), ("library", FileKind::Library), ("suite", FileKind::Suite)];
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let kind = self.choice(&parts.expect(Rule::file_kind)?, KINDS)?.value;
        let name = self.name(&parts.expect(Rule::path)?);
        let version = self.name(&parts.expect(Rule::version)?);
        Ok(Header { kind, name, version, span })
    }

    fn item(&mut self, pair: Pair<'_>) -> Lowered<Item> {
        let mut parts = Parts::of(pair);
        let docs = self.docs(&mut parts);
        let pair = parts.part()?;
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair.clone());
        let parts = &mut parts;
        let kind = match rule {
            Rule::use_item => ItemKind::Use(self.use_item(parts)?),
            Rule::param => ItemKind::Param(self.param(parts)?),
            Rule::model => ItemKind::Model(self.model(parts)?),
            Rule::type_item => {
                ItemKind::Type(TypeItem { name: self.next_name(parts)?, kind: self.next_type(parts)? })
            }
            Rule::function => ItemKind::Function(self.function(parts)?),
            Rule::native_function => ItemKind::Function(self.native_function(parts)?),
            Rule::stage => ItemKind::Stage(self.stage(parts)?),
            Rule::node => ItemKind::Node(self.node(parts)?),
            Rule::report => ItemKind::Report(self.report_item(parts)?),
            Rule::test => ItemKind::Test(self.test(parts)?),
            Rule::dynamic => ItemKind::Dynamic,
            Rule::allow_self => ItemKind::AllowSelf,
            Rule::seed => ItemKind::Seed(self.whole_number(&parts.expect(Rule::number)?)),
            Rule::run => ItemKind::Run(self.run(parts)?),
            Rule::score => {
                ItemKind::Score(Score { name: self.next_name(parts)?, value: self.next_expr(parts)? })
            }
            Rule::leaderboard => {
                let scores = parts.accept(Rule::names).map(|names| self.names(names));
                ItemKind::Leaderboard(Leaderboard { scores: scores.unwrap_or_default() })
            }
            _ => return mismatch(&pair),
        };
        Ok(Item { docs, kind, span })
    }

    fn use_item(&mut self, parts: &mut Parts<'_>) -> Lowered<Use> {
        let from = parts.part()?;
        let from = match from.as_rule() {
            Rule::path => UseSource::Module(self.name(&from)),
            _ if hole(&from).is_some() => {
                self.plain_string(from)?;
                UseSource::Broken
            }
            _ => UseSource::File(self.plain_string(from)?),
        };
        let version = parts.accept(Rule::version).map(|version| self.name(&version));
        let rename = self.use_as(parts)?;
        let names = parts.accept(Rule::use_names);
        let names = names.map(|names| Parts::of(names).map(|name| self.use_name(name)).collect());
        Ok(Use { from, version, rename, names: names.unwrap_or_else(|| Ok(Vec::new()))? })
    }

    fn use_name(&mut self, pair: Pair<'_>) -> Lowered<UseName> {
        let mut parts = Parts::of(pair);
        Ok(UseName { name: self.next_name(&mut parts)?, rename: self.use_as(&mut parts)? })
    }

    fn use_as(&mut self, parts: &mut Parts<'_>) -> Lowered<Option<Name>> {
        parts.accept(Rule::use_as).map(|rename| self.next_name(&mut Parts::of(rename))).transpose()
    }

    fn param(&mut self, parts: &mut Parts<'_>) -> Lowered<Param> {
        Ok(Param {
            name: self.next_name(parts)?,
            kind: self.next_type(parts)?,
            default: self.optional_expr(parts)?,
        })
    }

    fn model(&mut self, parts: &mut Parts<'_>) -> Lowered<Model> {
        let many = parts.expect(Rule::model_word)?.as_str() == "models";
        let name = self.next_name(parts)?;
        let capability = parts.accept(Rule::capability);
        let capability = capability.map(|part| self.next_name(&mut Parts::of(part))).transpose()?;
        Ok(Model { many, name, capability, bound: self.optional_expr(parts)? })
    }

    fn function(&mut self, parts: &mut Parts<'_>) -> Lowered<Function> {
        let (name, parameters, returns) = self.signature(parts)?;
        let body = match parts.accept(Rule::function_block) {
            Some(block) => self.function_block(block)?,
            None => FunctionBody::Expr(self.next_expr(parts)?),
        };
        Ok(Function { name, parameters, returns, body })
    }

    fn native_function(&mut self, parts: &mut Parts<'_>) -> Lowered<Function> {
        let random = parts.accept(Rule::random).is_some();
        let (name, parameters, returns) = self.signature(parts)?;
        Ok(Function { name, parameters, returns, body: FunctionBody::Native { random } })
    }

    fn signature(&mut self, parts: &mut Parts<'_>) -> Lowered<(Name, Vec<Parameter>, TypeExpr)> {
        let name = self.next_name(parts)?;
        let parameters = self.parameters(parts.expect(Rule::parameters)?)?;
        Ok((name, parameters, self.next_type(parts)?))
    }

    fn function_block(&mut self, pair: Pair<'_>) -> Lowered<FunctionBody> {
        let mut parts = Parts::of(pair);
        let mut lets: Vec<Let> = Vec::new();
        while let Some(step) = parts.accept(Rule::let_step) {
            lets.push(self.let_step(step)?);
        }
        Ok(FunctionBody::Block { lets, result: self.next_expr(&mut parts)? })
    }

    pub(super) fn parameters(&mut self, pair: Pair<'_>) -> Lowered<Vec<Parameter>> {
        let parameters = Parts::of(pair).map(|parameter| {
            let mut parts = Parts::of(parameter);
            Ok(Parameter {
                name: self.next_name(&mut parts)?,
                kind: self.next_type(&mut parts)?,
                default: self.optional_expr(&mut parts)?,
            })
        });
        parameters.collect()
    }

    /// A string that names something for good, so that no hole makes sense in it.
    pub(super) fn plain_string(&mut self, pair: Pair<'_>) -> Lowered<Spanned<Arc<str>>> {
        let span = self.span(&pair);
        if let Some(hole) = hole(&pair) {
            let hole = self.span(&hole);
            self.report(Mistake::PlainString, hole);
        }
        let text = pair.into_inner().filter(|part| part.as_rule() != Rule::hole);
        let text: String = text.map(|part| self.characters(&part)).collect();
        Ok(Spanned::new(Arc::from(text), span))
    }
}

fn hole<'t>(string: &Pair<'t>) -> Option<Pair<'t>> {
    string.clone().into_inner().find(|part| part.as_rule() == Rule::hole)
}
