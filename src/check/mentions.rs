//! Which names a file mentions at all, and which nodes it counts by: known before any node is
//! checked, because it decides which columns the nodes before must carry.

use std::collections::HashSet;
use std::sync::Arc;

use crate::syntax::tree::{
    self, AskBody, AskClauseKind, ExprKind, File, FunctionBody, Guard, ItemKind, Name, Otherwise,
    ReportEntryKind, Rows, StepKind, TemplatePart, TestClauseKind,
};

#[derive(Default)]
pub(super) struct Mentions {
    /// Names in expressions and lists of columns.
    names: HashSet<Arc<str>>,
    /// Nodes whose rows tell clusters, groups or pairs apart further down.
    ancestors: HashSet<Arc<str>>,
}

impl Mentions {
    pub(super) fn of(file: &File) -> Mentions {
        let mut mentions = Mentions::default();
        let nodes: HashSet<&str> = file
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Node(node) => Some(&*node.name.value),
                _ => None,
            })
            .collect();
        for item in &file.items {
            mentions.item(&item.kind, &nodes);
        }
        mentions
    }

    pub(super) fn name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(super) fn is_ancestor(&self, node: &str) -> bool {
        self.ancestors.contains(node)
    }

    fn item(&mut self, item: &ItemKind, nodes: &HashSet<&str>) {
        match item {
            ItemKind::Function(function) => match &function.body {
                FunctionBody::Expr(result) => self.expr(result),
                FunctionBody::Block { lets, result } => {
                    lets.iter().for_each(|one| self.expr(&one.value));
                    self.expr(result);
                }
                FunctionBody::Native { .. } => {}
            },
            ItemKind::Stage(stage) => stage.steps.iter().for_each(|step| self.step(&step.kind, nodes)),
            ItemKind::Node(node) => node.steps.iter().for_each(|step| self.step(&step.kind, nodes)),
            ItemKind::Model(model) => model.bound.iter().for_each(|bound| self.expr(bound)),
            ItemKind::Report(report) => {
                for entry in &report.entries {
                    if let ReportEntryKind::Failures { condition: Some(condition), .. } = &entry.kind {
                        self.expr(condition);
                    }
                }
            }
            ItemKind::Test(test) => {
                for clause in &test.clauses {
                    match &clause.kind {
                        TestClauseKind::Bind { value, .. } | TestClauseKind::Set { value, .. } => {
                            self.expr(value)
                        }
                        TestClauseKind::Expect { value, within } => {
                            self.expr(value);
                            within.iter().for_each(|(one, other)| {
                                self.expr(one);
                                self.expr(other);
                            });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn columns(&mut self, names: &[Name]) {
        self.names.extend(names.iter().map(|name| name.value.clone()));
    }

    /// Columns, or nodes whose rows are meant.
    fn keys(&mut self, names: &[Name], nodes: &HashSet<&str>) {
        self.columns(names);
        self.ancestors
            .extend(names.iter().filter(|name| nodes.contains(&*name.value)).map(|name| name.value.clone()));
    }

    fn step(&mut self, step: &StepKind, nodes: &HashSet<&str>) {
        match step {
            StepKind::Read(read) | StepKind::Labels { read, .. } => self.expr(&read.path),
            StepKind::Rows(rows) => match rows {
                Rows::Counted { count, fields } => {
                    self.expr(count);
                    fields.iter().for_each(|field| self.expr(&field.value));
                }
                Rows::Listed(list) => self.expr(list),
            },
            StepKind::Key(names)
            | StepKind::Keep(names)
            | StepKind::Drop(names)
            | StepKind::Require(names)
            | StepKind::By(names)
            | StepKind::Total { over: names, .. } => self.columns(names),
            StepKind::Rename(pairs) => {
                pairs.iter().for_each(|(from, _)| self.columns(std::slice::from_ref(from)))
            }
            StepKind::Where(expr)
            | StepKind::Dedup(expr)
            | StepKind::Stage(expr)
            | StepKind::With(expr)
            | StepKind::OneOf(expr)
            | StepKind::User(expr)
            | StepKind::System(expr)
            | StepKind::Turns(expr)
            | StepKind::Image(expr)
            | StepKind::Samples(expr)
            | StepKind::Otherwise(expr)
            | StepKind::Repeat { count: expr, .. }
            | StepKind::Batch { count: expr, .. }
            | StepKind::Explode { list: expr, .. }
            | StepKind::Cross { list: expr, .. }
            | StepKind::Order { by: expr, .. }
            | StepKind::Setting { value: expr, .. }
            | StepKind::Verdict { value: expr, .. } => self.expr(expr),
            StepKind::Let(one) => self.expr(&one.value),
            StepKind::On(exprs) => exprs.iter().for_each(|expr| self.expr(expr)),
            StepKind::Join(join) => self.columns(&join.on),
            StepKind::Group { keys, columns } => {
                self.keys(keys, nodes);
                columns.iter().for_each(|column| self.expr(&column.value));
            }
            StepKind::Sample { count, per, .. } => {
                self.expr(count);
                self.keys(per, nodes);
            }
            StepKind::Search { query, top, otherwise, .. } => {
                self.expr(query);
                top.iter().for_each(|top| self.expr(top));
                self.otherwise(otherwise.as_ref());
            }
            StepKind::Fetch { address, otherwise, .. } => {
                self.expr(address);
                self.otherwise(otherwise.as_ref());
            }
            StepKind::When { condition, value, .. } => {
                self.expr(condition);
                self.expr(value);
            }
            StepKind::Compare { first, second, .. } => {
                self.expr(first);
                self.expr(second);
            }
            StepKind::Metric(metric) => {
                self.expr(&metric.value);
                metric.condition.iter().for_each(|condition| self.expr(condition));
            }
            StepKind::Baseline { condition, on } => {
                self.expr(condition);
                self.keys(on, nodes);
            }
            StepKind::Interval { by: Some(by), .. } => self.keys(std::slice::from_ref(by), nodes),
            StepKind::Gold(name) => self.columns(std::slice::from_ref(name)),
            StepKind::Union(_)
            | StepKind::Unbatch
            | StepKind::KeepOriginal
            | StepKind::Interval { by: None, .. }
            | StepKind::Missing(_)
            | StepKind::Broken => {}
        }
    }

    fn otherwise(&mut self, otherwise: Option<&Otherwise>) {
        if let Some(Otherwise::Value(value)) = otherwise {
            self.expr(value);
        }
    }

    fn expr(&mut self, expr: &tree::Expr) {
        match &expr.kind {
            ExprKind::Missing
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Broken => {}
            ExprKind::Template(template) => {
                for part in &template.parts {
                    if let TemplatePart::Hole(hole) = part {
                        self.expr(hole);
                    }
                }
            }
            ExprKind::Name(name) => {
                self.names.insert(name.clone());
            }
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(&item.value)),
            ExprKind::Record(fields) => fields.iter().for_each(|field| self.expr(&field.value)),
            ExprKind::Field(of, _) => self.expr(of),
            ExprKind::Index(of, at) => {
                self.expr(of);
                self.expr(at);
            }
            ExprKind::Call { arguments, .. } => {
                arguments.iter().for_each(|argument| self.expr(&argument.value))
            }
            ExprKind::Method { receiver, arguments, .. } => {
                self.expr(receiver);
                arguments.iter().for_each(|argument| self.expr(&argument.value));
            }
            ExprKind::Lambda { body, .. } => self.expr(body),
            ExprKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.expr(then);
                self.expr(otherwise);
            }
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Unary { operand, .. } | ExprKind::IsPresent { operand, .. } => self.expr(operand),
            ExprKind::Parenthesised(inner) => self.expr(inner),
            ExprKind::Ask(ask) => match &ask.body {
                AskBody::Short(text) => self.expr(text),
                AskBody::Clauses(clauses) => clauses.iter().for_each(|clause| self.ask_clause(&clause.kind)),
            },
            ExprKind::Scripted { arguments, arms } => {
                arguments.iter().for_each(|argument| self.expr(&argument.value));
                for arm in arms {
                    if let Guard::When(condition) = &arm.guard {
                        self.expr(condition);
                    }
                    self.expr(&arm.reply);
                }
            }
        }
    }

    fn ask_clause(&mut self, clause: &AskClauseKind) {
        match clause {
            AskClauseKind::System(expr)
            | AskClauseKind::User(expr)
            | AskClauseKind::Turns(expr)
            | AskClauseKind::Image(expr)
            | AskClauseKind::Samples(expr)
            | AskClauseKind::Setting { value: expr, .. } => self.expr(expr),
            AskClauseKind::Retry { times, until } => {
                self.expr(times);
                until.iter().for_each(|until| self.expr(until));
            }
            AskClauseKind::Otherwise(otherwise) => self.otherwise(Some(otherwise)),
            AskClauseKind::Returns(_) | AskClauseKind::Broken => {}
        }
    }
}
