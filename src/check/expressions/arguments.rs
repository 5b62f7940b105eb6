//! Which argument fills which parameter.

use crate::diagnostics::source::Span;
use crate::syntax::tree::{self, Argument, ExprKind, Name};

use super::super::checker::Checker;
use super::super::codes;
use super::super::complaint::{Explained, error, suggestion};
use super::super::library::{ParameterKind, Signature};
use super::super::program::{Capability, ModelRef};
use super::super::scope::Scope;
use super::super::types::capability_word;

impl Checker<'_> {
    /// The argument of each parameter, `None` where it has none. Parameters in `filled` have
    /// their value from elsewhere.
    pub(in super::super) fn arguments<'t>(
        &mut self,
        signature: &Signature,
        receiver: Option<&'t tree::Expr>,
        arguments: &'t [Argument],
        filled: &[usize],
        span: Span,
    ) -> Option<Vec<Option<&'t tree::Expr>>> {
        let mut given: Vec<Option<&'t tree::Expr>> = vec![None; signature.parameters.len()];
        let mut free = (0..given.len()).filter(|at| !filled.contains(at)).collect::<Vec<_>>().into_iter();
        let mut sound = true;
        let positional = receiver.into_iter().chain(
            arguments.iter().filter(|argument| argument.name.is_none()).map(|argument| &argument.value),
        );
        for value in positional {
            match free.next() {
                Some(at) => given[at] = Some(value),
                None => {
                    sound = false;
                    self.tell(
                        error(
                            codes::WRONG_ARGUMENTS,
                            value.span,
                            format!("`{}` takes {}", signature.name, count(signature.parameters.len())),
                        )
                        .help(format!("it is `{}`", shown(signature))),
                    );
                    break;
                }
            }
        }
        for argument in arguments {
            let Some(name) = &argument.name else { continue };
            let at = signature.parameters.iter().position(|parameter| parameter.name == name.value);
            match at {
                Some(at) if given[at].is_none() && !filled.contains(&at) => given[at] = Some(&argument.value),
                Some(_) => {
                    sound = false;
                    self.tell(
                        error(
                            codes::WRONG_ARGUMENTS,
                            name.span,
                            format!("`{}` is given twice to `{}`", name.value, signature.name),
                        )
                        .help("give it once, by place or by name"),
                    );
                }
                None => {
                    sound = false;
                    let known = signature.parameters.iter().map(|parameter| &*parameter.name);
                    let message = format!("`{}` has no parameter `{}`", signature.name, name.value);
                    let mut problem = error(codes::WRONG_ARGUMENTS, name.span, message);
                    problem.help = suggestion(&name.value, "it has", known);
                    self.tell(problem);
                }
            }
        }
        let _ = span;
        sound.then_some(given)
    }

    /// The model that fills a parameter: the one written, or the judge where a judge works.
    pub(in super::super) fn model_argument(
        &mut self,
        scope: &mut Scope<'_>,
        signature: &Signature,
        at: usize,
        given: Option<&tree::Expr>,
        span: Span,
    ) -> Option<ModelRef> {
        let parameter = &signature.parameters[at];
        let ParameterKind::Model(capability) = parameter.kind else { return None };
        match given {
            Some(written) => match &super::bare(written).kind {
                ExprKind::Name(name) => {
                    self.must_be(written.span, parameter.span);
                    self.model(scope, &Name::new(name.clone(), written.span), capability)
                }
                ExprKind::Broken => None,
                _ => {
                    self.tell(
                        error(
                            codes::NOT_A_MODEL,
                            written.span,
                            format!("`{}` of `{}` must be a model", parameter.name, signature.name),
                        )
                        .help("give the name of a `model`"),
                    );
                    None
                }
            },
            None => match scope.judge {
                Some((judge, has)) if can(has, capability) => {
                    if capability == Capability::Vision {
                        self.shown_to_judges();
                    }
                    Some(judge)
                }
                _ => {
                    let word = capability_word(capability);
                    self.tell(
                        error(
                            codes::WRONG_ARGUMENTS,
                            span,
                            format!("`{}` needs its model `{}`", signature.name, parameter.name),
                        )
                        .also(parameter.span, format!("a {word} model"))
                        .help(format!(
                            "add `{} = MODEL`; in a judge node with `by`, the judge fills it",
                            parameter.name
                        )),
                    );
                    None
                }
            },
        }
    }

    pub(in super::super) fn lacking(&mut self, signature: &Signature, at: usize, span: Span) {
        let parameter = &signature.parameters[at];
        self.tell(
            error(codes::WRONG_ARGUMENTS, span, format!("`{}` needs `{}`", signature.name, parameter.name))
                .help(format!("it is `{}`", shown(signature))),
        );
    }
}

/// Whether a model of one capability may do what another one does: who sees can also chat.
pub(in super::super) fn can(has: Capability, wanted: Capability) -> bool {
    has == wanted || (has == Capability::Vision && wanted == Capability::Chat)
}

fn count(parameters: usize) -> String {
    match parameters {
        0 => "no arguments".into(),
        1 => "one argument".into(),
        more => format!("{more} arguments"),
    }
}

/// The signature as it would be written.
pub(in super::super) fn shown(signature: &Signature) -> String {
    let parameters: Vec<String> = signature
        .parameters
        .iter()
        .map(|parameter| match &parameter.kind {
            ParameterKind::Value(kind) => format!("{}: {kind}", parameter.name),
            ParameterKind::Model(capability) => {
                format!("{}: {}", parameter.name, capability_word(*capability))
            }
        })
        .collect();
    format!("{}({})", signature.name, parameters.join(", "))
}
