//! The expressions that stand directly in an expression, a step or a clause, in the order written.

use super::tree::{
    AskBody, AskClauseKind, Expr, ExprKind, FunctionBody, Guard, ItemKind, Otherwise, ReportEntryKind, Rows,
    StepKind, TemplatePart, TestClauseKind,
};

impl Expr {
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Missing
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Name(_)
            | ExprKind::Broken => Vec::new(),
            ExprKind::Template(template) => template
                .parts
                .iter()
                .filter_map(|part| match part {
                    TemplatePart::Hole(hole) => Some(hole),
                    TemplatePart::Text(_) => None,
                })
                .collect(),
            ExprKind::List(items) => items.iter().map(|item| &item.value).collect(),
            ExprKind::Record(fields) => fields.iter().map(|field| &field.value).collect(),
            ExprKind::Field(of, _) => vec![of],
            ExprKind::Index(of, at) => vec![of, at],
            ExprKind::Call { arguments, .. } => arguments.iter().map(|argument| &argument.value).collect(),
            ExprKind::Method { receiver, arguments, .. } => {
                let arguments = arguments.iter().map(|argument| &argument.value);
                std::iter::once(&**receiver).chain(arguments).collect()
            }
            ExprKind::Lambda { body, .. } => vec![body],
            ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
            ExprKind::Binary { left, right, .. } => vec![left, right],
            ExprKind::Unary { operand, .. } | ExprKind::IsPresent { operand, .. } => vec![operand],
            ExprKind::Parenthesised(inner) => vec![inner],
            ExprKind::Ask(ask) => match &ask.body {
                AskBody::Short(text) => vec![text],
                AskBody::Clauses(clauses) => clauses.iter().flat_map(|clause| clause.kind.parts()).collect(),
            },
            ExprKind::Scripted { arguments, arms } => {
                let mut parts: Vec<&Expr> = arguments.iter().map(|argument| &argument.value).collect();
                for arm in arms {
                    if let Guard::When(condition) = &arm.guard {
                        parts.push(condition);
                    }
                    parts.push(&arm.reply);
                }
                parts
            }
        }
    }
}

impl AskClauseKind {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            AskClauseKind::System(expr)
            | AskClauseKind::User(expr)
            | AskClauseKind::Turns(expr)
            | AskClauseKind::Image(expr)
            | AskClauseKind::Samples(expr)
            | AskClauseKind::Setting { value: expr, .. } => vec![expr],
            AskClauseKind::Retry { times, until } => std::iter::once(times).chain(until).collect(),
            AskClauseKind::Otherwise(otherwise) => otherwise.part().into_iter().collect(),
            AskClauseKind::Returns(_) | AskClauseKind::ReasonFirst | AskClauseKind::Broken => Vec::new(),
        }
    }
}

impl Otherwise {
    fn part(&self) -> Option<&Expr> {
        match self {
            Otherwise::Value(value) => Some(value),
            Otherwise::Drop(_) | Otherwise::Fail(_) => None,
        }
    }
}

impl Rows {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            Rows::Counted { count, fields } => {
                std::iter::once(count).chain(fields.iter().map(|field| &field.value)).collect()
            }
            Rows::Listed(list) => vec![list],
        }
    }
}

impl StepKind {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            StepKind::Read(read) | StepKind::Labels { read, .. } => vec![&read.path],
            StepKind::Rows(rows) => rows.parts(),
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
            | StepKind::Verdict { value: expr, .. }
            | StepKind::Baseline { condition: expr, .. }
            | StepKind::Sample { count: expr, .. } => vec![expr],
            StepKind::Let(one) => vec![&one.value],
            StepKind::On(exprs) => exprs.iter().collect(),
            StepKind::Group { columns, .. } => columns.iter().map(|column| &column.value).collect(),
            StepKind::Search { query, top, otherwise, .. } => std::iter::once(query)
                .chain(top)
                .chain(otherwise.as_ref().and_then(Otherwise::part))
                .collect(),
            StepKind::Fetch { address, otherwise, .. } => {
                std::iter::once(address).chain(otherwise.as_ref().and_then(Otherwise::part)).collect()
            }
            StepKind::When { condition, value, .. } => vec![condition, value],
            StepKind::Compare { first, second, .. } => vec![first, second],
            StepKind::Metric(metric) => std::iter::once(&metric.value).chain(&metric.condition).collect(),
            StepKind::Key(_)
            | StepKind::Keep(_)
            | StepKind::Drop(_)
            | StepKind::Rename(_)
            | StepKind::Join(_)
            | StepKind::Union(_)
            | StepKind::Unbatch
            | StepKind::Require(_)
            | StepKind::KeepOriginal
            | StepKind::Gold(_)
            | StepKind::By(_)
            | StepKind::Total { .. }
            | StepKind::Interval { .. }
            | StepKind::Missing(_)
            | StepKind::Broken(_) => Vec::new(),
        }
    }
}

impl ItemKind {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            ItemKind::Function(function) => match &function.body {
                FunctionBody::Expr(result) => vec![result],
                FunctionBody::Block { lets, result } => {
                    lets.iter().map(|one| &one.value).chain([result]).collect()
                }
                FunctionBody::Native { .. } => Vec::new(),
            },
            ItemKind::Stage(stage) => stage.steps.iter().flat_map(|step| step.kind.parts()).collect(),
            ItemKind::Node(node) => node.steps.iter().flat_map(|step| step.kind.parts()).collect(),
            ItemKind::Model(model) => model.bound.iter().collect(),
            ItemKind::Param(param) => param.default.iter().collect(),
            ItemKind::Score(score) => vec![&score.value],
            ItemKind::Report(report) => report
                .entries
                .iter()
                .filter_map(|entry| match &entry.kind {
                    ReportEntryKind::Title(text) | ReportEntryKind::Text(text) => Some(text),
                    ReportEntryKind::Failures { condition, .. } => condition.as_ref(),
                    ReportEntryKind::Table(_) | ReportEntryKind::Broken => None,
                })
                .collect(),
            ItemKind::Test(test) => test.clauses.iter().flat_map(|clause| clause.kind.parts()).collect(),
            ItemKind::Run(run) => run.clauses.iter().flat_map(|clause| clause.kind.parts()).collect(),
            ItemKind::Use(_)
            | ItemKind::Type(_)
            | ItemKind::Dynamic
            | ItemKind::AllowSelf
            | ItemKind::Seed(_)
            | ItemKind::Leaderboard(_)
            | ItemKind::Broken => Vec::new(),
        }
    }
}

impl TestClauseKind {
    pub fn parts(&self) -> Vec<&Expr> {
        match self {
            TestClauseKind::Bind { value, .. } | TestClauseKind::Set { value, .. } => vec![value],
            TestClauseKind::Replace { rows, .. } => rows.parts(),
            TestClauseKind::Take { count, .. } | TestClauseKind::Seeds(count) => vec![count],
            TestClauseKind::Expect { value, within } => {
                let bounds = within.iter().flat_map(|(tolerance, target)| [tolerance, target]);
                std::iter::once(value).chain(bounds).collect()
            }
            TestClauseKind::Broken => Vec::new(),
        }
    }
}
