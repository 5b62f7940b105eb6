//! `search` and `fetch`: rows from the web.

use crate::check::program::{Expr, ModelRef, Otherwise, Step, StepKind};
use crate::data::row::Reason;
use crate::data::value::Value;
use crate::eval::ask::{answer, failed};
use crate::eval::halt::{Evaluated, Halt};
use crate::eval::scope::Scope;
use crate::eval::script::keep;
use crate::models::reply::{Content, Reply};
use crate::models::request::{Request, SearchRequest};

use super::state::State;
use super::stream::Runner;

impl Runner<'_> {
    pub(super) fn retrieve(&mut self, at: usize, step: &Step, state: State) {
        let mut scope = self.stream.scope(at, step, &state, self.effects);
        let (found, otherwise) = match &step.kind {
            StepKind::Search { model, query, top, images, otherwise } => {
                let request = |query| Request::Search(SearchRequest { query, top: *top, images: *images });
                (found(&mut scope, *model, query, request), otherwise)
            }
            StepKind::Fetch { page, address, otherwise } => {
                (found(&mut scope, *page, address, Request::Fetch), otherwise)
            }
            _ => return,
        };
        match found {
            Ok(values) => {
                for (place, value) in values.into_iter().enumerate() {
                    let mut branch = state.branch(place as u32, "found", &(place as u64).to_le_bytes());
                    branch.values.push(value);
                    self.from(at + 1, branch);
                }
            }
            Err(Halt::Fail(failure))
                if failure.reason != Reason::Failed || matches!(otherwise, Otherwise::Drop) =>
            {
                match otherwise {
                    Otherwise::Drop => {}
                    Otherwise::Fail => self.halted(at, state, 1, Halt::Fail(failure)),
                    Otherwise::Value(value) => {
                        let value = self.stream.scope(at, step, &state, self.effects).eval(value);
                        match value {
                            Ok(value) => {
                                let mut state = state;
                                state.values.push(value);
                                self.from(at + 1, state);
                            }
                            Err(halt) => self.halted(at, state, 1, halt),
                        }
                    }
                }
            }
            Err(halt) => self.halted(at, state, 1, halt),
        }
    }
}

fn found(
    scope: &mut Scope<'_>,
    model: ModelRef,
    text: &Expr,
    request: impl FnOnce(std::sync::Arc<str>) -> Request,
) -> Evaluated<Vec<Value>> {
    let Value::Text(text) = scope.eval(text)? else {
        return Err(Halt::undefined("there is nothing to look for"));
    };
    let Some(asked) = scope.asked(model) else {
        return Err(Halt::undefined("no model is bound here"));
    };
    match answer(scope, asked, 0, |_| Ok(request(text)))? {
        Ok(answered) => Ok(values(scope, &answered.reply)),
        Err(failure) => Err(failed(&failure)),
    }
}

fn values(scope: &Scope<'_>, reply: &Reply) -> Vec<Value> {
    let record = |url: &std::sync::Arc<str>, title: &std::sync::Arc<str>, text: &std::sync::Arc<str>| {
        Value::Record([url, title, text].map(|part| Value::Text(part.clone())).into_iter().collect())
    };
    match &reply.content {
        Content::Hits(hits) => hits.iter().map(|hit| record(&hit.url, &hit.title, &hit.text)).collect(),
        Content::Page(page) => vec![record(&page.url, &page.title, &page.text)],
        Content::Pictures(pictures) => pictures.iter().filter_map(|picture| keep(scope, picture)).collect(),
        _ => Vec::new(),
    }
}
