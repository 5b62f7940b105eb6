//! The canonical text of a unit: everything that decides what it computes, and nothing else.
//!
//! Names, layout, comments and places in the file are gone; what is left is written once, read by
//! people where `plan` explains, and hashed for the fingerprint, so that the explanation and the
//! decision can't differ.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use crate::check::program::*;
use crate::data::types::Type;
use crate::data::value::Value;
use crate::digest::Digest;

/// What identifies each model's bindings, by [`ModelId`] and place: a hash of provider, model and
/// settings, of the recorded file, or of nothing for scripts, whose text stands in the step.
pub type ModelIdentities = Vec<Vec<Digest>>;

/// Writes canonical texts for one program.
pub struct Canonical<'a> {
    program: &'a Program,
    models: &'a ModelIdentities,
    functions: Vec<FunctionFacts>,
}

struct FunctionFacts {
    digest: Digest,
    draws: bool,
}

/// What [`Canonical`] needs to know while it writes one unit.
struct Writer<'a> {
    canonical: &'a Canonical<'a>,
    out: String,
    draws: bool,
    inputs: Vec<u32>,
    models: Vec<ModelId>,
}

impl<'a> Canonical<'a> {
    pub fn new(program: &'a Program, models: &'a ModelIdentities) -> Canonical<'a> {
        let mut canonical = Canonical { program, models, functions: Vec::new() };
        for function in &program.functions {
            let mut writer = canonical.writer();
            let _ = write!(writer.out, "{} {}", function.parameters, function.models);
            for (local, value) in &function.lets {
                let _ = write!(writer.out, " (let {} ", local.0);
                writer.expr(value);
                writer.out.push(')');
            }
            writer.out.push(' ');
            writer.expr(&function.result);
            let facts = FunctionFacts { digest: Digest::of(writer.out.as_bytes()), draws: writer.draws };
            canonical.functions.push(facts);
        }
        canonical
    }

    /// The digest of each function, in the program's order.
    pub fn functions(&self) -> impl Iterator<Item = Digest> + '_ {
        self.functions.iter().map(|facts| facts.digest)
    }

    fn writer(&self) -> Writer<'_> {
        Writer { canonical: self, out: String::new(), draws: false, inputs: Vec::new(), models: Vec::new() }
    }

    /// Whether a step draws at random.
    pub fn draws(&self, step: &Step) -> bool {
        let mut writer = self.writer();
        writer.step(step, 0);
        writer.draws
    }

    /// Places in the node's inputs that these steps name.
    pub fn inputs(&self, steps: &[Step]) -> Vec<u32> {
        let mut writer = self.writer();
        for step in steps {
            writer.step(step, 0);
        }
        writer.inputs
    }

    /// The models that these steps may ask.
    pub fn models(&self, steps: &[Step]) -> Vec<ModelId> {
        let mut writer = self.writer();
        for step in steps {
            writer.step(step, 0);
            match &step.kind {
                StepKind::Query(query) => writer.models.extend(&query.models),
                StepKind::Verdict(verdict) => writer.models.extend(&verdict.judges),
                _ => {}
            }
        }
        let mut models = writer.models;
        models.sort();
        models.dedup();
        models
    }

    /// What one model under test adds to a query's identity, as text.
    pub fn target(&self, step: &Step, model: ModelId, binding: u32) -> String {
        let mut writer = self.writer();
        if let Some(local) = step.local_models.get(&(model, binding)) {
            writer.local_model(local);
        }
        if writer.draws {
            let _ = write!(writer.out, " seed {}", self.program.seed);
        }
        let identity = self.models.get(model.0 as usize).and_then(|all| all.get(binding as usize));
        let _ = write!(writer.out, " {}", identity.map(Digest::hex).unwrap_or_default());
        writer.out
    }

    /// A unit's manifest, a line a step.
    pub fn unit(&self, node: &Node, steps: &Range<usize>, draws: &[u32]) -> String {
        let mut writer = self.writer();
        let _ = writeln!(writer.out, "{}", super::draw::kind(node.kind));
        for (step, draw) in node.steps[steps.clone()].iter().zip(draws) {
            writer.step(step, *draw);
            writer.out.push('\n');
        }
        if writer.draws {
            let _ = writeln!(writer.out, "seed {}", self.program.seed);
        }
        if self.program.dynamic {
            writer.out.push_str("dynamic\n");
        }
        // In the order in which the steps name them, as their places say.
        for (place, model) in std::mem::take(&mut writer.models).into_iter().enumerate() {
            let _ = write!(writer.out, "model {place}:");
            for identity in self.models.get(model.0 as usize).into_iter().flatten() {
                let _ = write!(writer.out, " {}", identity.hex());
            }
            writer.out.push('\n');
        }
        writer.out
    }
}

impl Writer<'_> {
    fn step(&mut self, step: &Step, draw: u32) {
        match &step.kind {
            StepKind::Read(read) => self.read(read),
            StepKind::Rows { count, fields } => {
                let _ = write!(self.out, "rows {count}");
                self.exprs(fields);
            }
            StepKind::Listed { rows } => {
                self.out.push_str("rows");
                for row in rows {
                    self.out.push_str(" (row");
                    self.exprs(row);
                    self.out.push(')');
                }
            }
            StepKind::Key(slots) => self.slots("key", slots),
            StepKind::Where(condition) => self.unary("where", condition),
            StepKind::Let(value) => self.unary("let", value),
            StepKind::Explode { list } => self.unary("explode", list),
            StepKind::Cross { list } => self.unary("cross", list),
            StepKind::Join { input, keys, adds, kind } => {
                self.inputs.push(*input);
                let _ = write!(self.out, "join {kind:?}");
                self.draws |= matches!(kind, Some(crate::syntax::tree::JoinKind::Random));
                for (left, right) in keys {
                    let _ = write!(self.out, " {}={}", left.0, right.0);
                }
                self.slots(" adds", adds);
            }
            StepKind::Union { input, columns } => {
                self.inputs.push(*input);
                self.slots("union", columns);
            }
            StepKind::Group { keys, columns } => {
                self.slots("group", keys);
                for column in columns {
                    self.aggregation(column);
                }
            }
            StepKind::Sample { count, per, up_to } => {
                self.draws = true;
                let _ = write!(self.out, "sample {count} {up_to}");
                self.slots(" per", per);
            }
            StepKind::Repeat { count } => {
                let _ = write!(self.out, "repeat {count}");
            }
            StepKind::Dedup(by) => self.unary("dedup", by),
            StepKind::Order { by, descending } => {
                let _ = write!(self.out, "order {descending} ");
                self.expr(by);
            }
            StepKind::Batch { count, columns } => {
                let _ = write!(self.out, "batch {count}");
                self.slots("", columns);
            }
            StepKind::Unbatch { list, columns } => {
                let _ = write!(self.out, "unbatch {} {columns}", list.0);
            }
            StepKind::Search { model, query, top, images, otherwise } => {
                let _ = write!(self.out, "search {top} {images} ");
                self.model(model);
                self.expr(query);
                self.otherwise(otherwise);
            }
            StepKind::Fetch { page, address, otherwise } => {
                self.out.push_str("fetch ");
                self.model(page);
                self.expr(address);
                self.otherwise(otherwise);
            }
            StepKind::Vary(vary) => self.vary(vary),
            StepKind::Query(query) => {
                let _ = write!(self.out, "query {} {} {} ", query.samples, query.usage, query.latency);
                self.message(&query.message);
            }
            StepKind::Verdict(verdict) => self.verdict(verdict),
            StepKind::Labels { read, keys, label } => {
                let _ = write!(self.out, "labels {label} {keys:?} ");
                self.read(read);
            }
            StepKind::Measure(measure) => self.measure(measure),
            StepKind::Project(slots) => self.slots("project", slots),
        }
        // What a query asks is told apart model by model; see `Canonical::target`.
        if !matches!(step.kind, StepKind::Query(_)) {
            let mut places: Vec<(usize, u32, &LocalModel)> = Vec::new();
            for ((model, binding), local) in &step.local_models {
                places.push((self.place(*model), *binding, local));
            }
            places.sort_by_key(|(place, binding, _)| (*place, *binding));
            for (place, _, local) in places {
                let _ = write!(self.out, " (model {place})");
                self.local_model(local);
            }
        }
        if self.draws {
            let _ = write!(self.out, " draw {draw}");
        }
    }

    fn read(&mut self, read: &Read) {
        let _ = write!(self.out, "read {:?} {:?}", read.format, read.on_error);
        for field in read.fields.iter() {
            let _ = write!(self.out, " {}: {}", field.name, field.kind);
        }
    }

    fn vary(&mut self, vary: &Vary) {
        self.draws |= vary.one;
        let _ = write!(self.out, "vary one={} keep={}", vary.one, vary.keep_original);
        for (slot, element) in &vary.on {
            let _ = write!(self.out, " on {} ", slot.0);
            if let Some(element) = element {
                self.expr(element);
            }
        }
        if let Some(gold) = vary.gold {
            let _ = write!(self.out, " gold {}", gold.0);
        }
        self.slots(" origin", &vary.origin);
        for variation in &vary.variations {
            let _ = write!(self.out, " ({:?} {} ", variation.name, variation.rewrites_gold);
            self.expr(&variation.value);
            self.out.push(')');
        }
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let _ = write!(self.out, "verdict {} {:?} ", verdict.kind, verdict.vote);
        for judge in &verdict.judges {
            self.model(&ModelRef::Declared(*judge));
            // The judges of several stand by their names beside their verdicts.
            let judge =
                self.canonical.program.models.get(judge.0 as usize).filter(|_| verdict.vote.is_some());
            for binding in judge.iter().flat_map(|judge| &judge.bindings) {
                let _ = write!(self.out, " {:?} ", binding.name);
            }
        }
        if let Some(compare) = &verdict.compare {
            let _ = write!(self.out, " compare {:?} ", compare.order);
            self.draws |= compare.order == crate::syntax::tree::CompareOrder::Random;
            self.expr(&compare.first);
            self.expr(&compare.second);
        }
        for (condition, value) in &verdict.when {
            self.unary(" when", condition);
            self.unary(" ->", value);
        }
        self.expr(&verdict.value);
        for value in &verdict.otherwise {
            self.unary(" otherwise", value);
        }
    }

    fn measure(&mut self, measure: &Measure) {
        self.slots("measure", &measure.by);
        let _ = write!(self.out, " missing {:?}", measure.missing);
        for metric in &measure.metrics {
            // The name stands in the table, so it belongs to what is computed.
            let _ = write!(self.out, " (metric {:?} {:?} {}", metric.name, metric.direction, metric.is_rate);
            self.aggregation(&metric.aggregation);
            if let Some(condition) = &metric.condition {
                self.unary(" where", condition);
            }
            self.out.push(')');
        }
        if let Some(baseline) = &measure.baseline {
            self.slots(" baseline", &baseline.keys);
            self.expr(&baseline.condition);
        }
        for total in &measure.totals {
            let _ = write!(self.out, " total {:?} {:?}", total.how, total.over);
        }
        if let Some(interval) = &measure.interval {
            let _ =
                write!(self.out, " interval {} {:?} {:?}", interval.level, interval.method, interval.cluster);
            // A bootstrap draws, and whether it is one may depend on the metric.
            self.draws = true;
        }
    }

    fn aggregation(&mut self, aggregation: &Aggregation) {
        self.out.push_str(" (gather");
        for leaf in &aggregation.leaves {
            let _ = write!(self.out, " ({:?}", leaf.kind);
            self.exprs(&leaf.arguments);
            self.out.push(')');
        }
        self.out.push(' ');
        self.expr(&aggregation.result);
        self.out.push(')');
    }

    fn message(&mut self, message: &Message) {
        self.out.push_str("(message");
        if let Some(system) = &message.system {
            self.unary(" system", system);
        }
        match &message.body {
            Body::User(text) => self.unary(" user", text),
            Body::Turns(turns) => self.unary(" turns", turns),
        }
        for image in &message.images {
            self.unary(" image", image);
        }
        for setting in &message.settings {
            let _ = write!(self.out, " {} ", setting.name);
            self.expr(&setting.value);
        }
        self.out.push(')');
    }

    fn otherwise(&mut self, otherwise: &Otherwise) {
        match otherwise {
            Otherwise::Fail => self.out.push_str(" fail"),
            Otherwise::Drop => self.out.push_str(" drop"),
            Otherwise::Value(value) => self.unary(" otherwise", value),
        }
    }

    fn local_model(&mut self, local: &LocalModel) {
        match local {
            LocalModel::Replay { key } => self.slots(" replay", key),
            LocalModel::Script(script) => {
                self.out.push_str(" (script");
                for arm in &script.arms {
                    self.arm(arm);
                }
                self.out.push(')');
            }
        }
    }

    fn arm(&mut self, arm: &Arm) {
        match &arm.guard {
            Guard::Share(share) => {
                self.draws = true;
                let _ = write!(self.out, " {share} => ");
            }
            Guard::When(condition) => {
                self.unary(" when", condition);
                self.out.push_str(" => ");
            }
            Guard::Always => self.out.push_str(" _ => "),
        }
        match &arm.reply {
            ScriptReply::Value(value) => self.expr(value),
            ScriptReply::Cut(value) => self.unary("cut", value),
            ScriptReply::Blocked => self.out.push_str("blocked"),
            ScriptReply::Empty => self.out.push_str("empty"),
            ScriptReply::Failed => self.out.push_str("failed"),
        }
    }

    fn model(&mut self, model: &ModelRef) {
        match model {
            ModelRef::Declared(id) => {
                let place = self.place(*id);
                let _ = write!(self.out, "(model {place}) ");
            }
            ModelRef::Parameter(at) => {
                let _ = write!(self.out, "(model parameter {at}) ");
            }
            ModelRef::Judge => self.out.push_str("(judge) "),
        }
    }

    /// Which of the unit's models it is, in the order in which they are named first.
    fn place(&mut self, id: ModelId) -> usize {
        let known = self.models.iter().position(|known| *known == id);
        known.unwrap_or_else(|| {
            self.models.push(id);
            self.models.len() - 1
        })
    }

    fn slots(&mut self, word: &str, slots: &[Slot]) {
        self.out.push_str(word);
        for slot in slots {
            let _ = write!(self.out, " {}", slot.0);
        }
    }

    fn unary(&mut self, word: &str, operand: &Expr) {
        self.out.push_str(word);
        self.out.push(' ');
        self.expr(operand);
    }

    fn exprs(&mut self, exprs: &[Expr]) {
        for expr in exprs {
            self.out.push(' ');
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Constant(value) => self.value(value),
            Expr::Slot(slot) => {
                let _ = write!(self.out, "${}", slot.0);
            }
            Expr::Local(local) => {
                let _ = write!(self.out, "%{}", local.0);
            }
            Expr::Template(parts) => {
                self.out.push_str("(text");
                for part in parts {
                    match part {
                        TemplatePart::Text(text) => {
                            let _ = write!(self.out, " {text:?}");
                        }
                        TemplatePart::Hole(value, kind) => {
                            self.out.push_str(" {{");
                            self.expr(value);
                            let _ = write!(self.out, " : {kind}}}}}");
                        }
                    }
                }
                self.out.push(')');
            }
            Expr::List(items) => self.form("list", items),
            Expr::Record(fields) => self.form("record", fields),
            Expr::Field(of, at) => {
                let _ = write!(self.out, "(field {at} ");
                self.expr(of);
                self.out.push(')');
            }
            Expr::Index(of, at) => self.form("index", [&**of, at]),
            Expr::Binary(operator, left, right) => self.form(&format!("{operator:?}"), [&**left, right]),
            Expr::Not(operand) => self.form("not", [&**operand]),
            Expr::Negate(operand) => self.form("negate", [&**operand]),
            Expr::If(condition, then, otherwise) => self.form("if", [&**condition, then, otherwise]),
            Expr::IsPresent { operand, present } => {
                self.form(if *present { "present" } else { "missing" }, [&**operand]);
            }
            Expr::ToFloat(operand) => self.form("float", [&**operand]),
            Expr::Baseline(operand) => self.form("baseline", [&**operand]),
            Expr::Native(call) => self.native(call),
            Expr::Call { function, arguments, models, site } => {
                let facts = self.canonical.functions.get(function.0 as usize);
                let digest = facts.map(|facts| facts.digest.hex()).unwrap_or_default();
                let draws = facts.is_some_and(|facts| facts.draws);
                self.draws |= draws;
                let _ = write!(self.out, "(call {digest} ");
                if draws {
                    let _ = write!(self.out, "site {site} ");
                }
                for model in models {
                    self.model(model);
                }
                self.exprs(arguments);
                self.out.push(')');
            }
            Expr::Ask(ask) => self.ask(ask),
        }
    }

    fn form<'e>(&mut self, word: &str, operands: impl IntoIterator<Item = &'e Expr>) {
        self.out.push('(');
        self.out.push_str(word);
        for operand in operands {
            self.out.push(' ');
            self.expr(operand);
        }
        self.out.push(')');
    }

    fn native(&mut self, call: &NativeCall) {
        let version = crate::library::find(&call.name).map_or(0, |native| native.version);
        let _ = write!(self.out, "({}@{version}", call.name);
        if let Some(random) = call.random {
            self.draws = true;
            let _ = write!(self.out, " draw {random}");
        }
        for argument in &call.arguments {
            self.out.push(' ');
            match argument {
                NativeArgument::Value(value) => self.expr(value),
                NativeArgument::Model(model) => self.model(model),
                NativeArgument::Lambda { parameters, body } => {
                    self.out.push_str("(lambda");
                    for parameter in parameters {
                        let _ = write!(self.out, " %{}", parameter.0);
                    }
                    self.out.push(' ');
                    self.expr(body);
                    self.out.push(')');
                }
            }
        }
        self.out.push(')');
    }

    fn ask(&mut self, ask: &Ask) {
        self.out.push_str("(ask ");
        self.model(&ask.model);
        self.message(&ask.message);
        let _ = write!(
            self.out,
            " returns {} {:?} retry {} samples {}",
            ask.returns.kind, ask.returns.most, ask.retries, ask.samples
        );
        if ask.returns.reason_first {
            self.out.push_str(" reason first");
        }
        if let Some(until) = &ask.until {
            let _ = write!(self.out, " until %{} ", ask.it.0);
            self.expr(until);
        }
        self.otherwise(&ask.otherwise);
        self.out.push(')');
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Missing => self.out.push_str("missing"),
            Value::Bool(value) => {
                let _ = write!(self.out, "{value}");
            }
            Value::Int(value) => {
                let _ = write!(self.out, "{value}");
            }
            Value::Float(value) => {
                let _ = write!(self.out, "{value:?}f");
            }
            Value::Text(value) => {
                let _ = write!(self.out, "{value:?}");
            }
            Value::Date(value) => {
                let _ = write!(self.out, "date:{value}");
            }
            Value::Image(image) => {
                let _ = write!(self.out, "image:{}", image.digest.hex());
            }
            Value::Json(json) => {
                let _ = write!(self.out, "json:{json}");
            }
            Value::Turns(turns) => {
                let _ = write!(self.out, "{turns:?}");
            }
            Value::List(items) => self.values("list", items),
            Value::Record(fields) => self.values("record", fields),
            Value::Id(id) => {
                let _ = write!(self.out, "id:{id}");
            }
        }
    }

    fn values(&mut self, word: &str, values: &Arc<[Value]>) {
        self.out.push('(');
        self.out.push_str(word);
        for value in values.iter() {
            self.out.push(' ');
            self.value(value);
        }
        self.out.push(')');
    }
}

/// The identity of a remote or recorded binding's stated part; the engine adds what it finds
/// outside the program (a recorded file's content, a server's address).
pub fn binding(binding: &Binding) -> String {
    match &binding.kind {
        BindingKind::Scripted { named: true } => format!("scripted {:?}", binding.name),
        BindingKind::Scripted { named: false } => "scripted".to_owned(),
        BindingKind::Replay { key, reply, .. } => format!("replay {:?} {key:?} {reply:?}", binding.name),
        BindingKind::Remote { provider, model, settings } => {
            let mut out = format!("remote {:?} {provider:?} {model:?}", binding.name);
            for setting in settings {
                let _ = write!(out, " {}={:?}", setting.name, setting.value);
            }
            out
        }
    }
}

/// Whether a type holds pictures, whose bytes live beside the table.
pub fn holds_images(kind: &Type) -> bool {
    match kind {
        Type::Image | Type::Turns => true,
        Type::List(of) | Type::Optional(of) => holds_images(of),
        Type::Record(fields) => fields.iter().any(|field| holds_images(&field.kind)),
        _ => false,
    }
}
