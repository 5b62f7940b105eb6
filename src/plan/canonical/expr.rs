//! Expressions, and what is sent to models, as canonical text.

use std::fmt::Write;
use std::sync::Arc;

use super::Writer;
use crate::check::program::*;
use crate::data::value::Value;

impl Writer<'_> {
    pub(super) fn message(&mut self, message: &Message) {
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

    pub(super) fn otherwise(&mut self, otherwise: &Otherwise) {
        match otherwise {
            Otherwise::Fail => self.out.push_str(" fail"),
            Otherwise::Drop => self.out.push_str(" drop"),
            Otherwise::Value(value) => self.unary(" otherwise", value),
        }
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
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

    pub(super) fn form<'e>(&mut self, word: &str, operands: impl IntoIterator<Item = &'e Expr>) {
        self.out.push('(');
        self.out.push_str(word);
        for operand in operands {
            self.out.push(' ');
            self.expr(operand);
        }
        self.out.push(')');
    }

    pub(super) fn native(&mut self, call: &NativeCall) {
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

    pub(super) fn ask(&mut self, ask: &Ask) {
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

    pub(super) fn value(&mut self, value: &Value) {
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

    pub(super) fn values(&mut self, word: &str, values: &Arc<[Value]>) {
        self.out.push('(');
        self.out.push_str(word);
        for value in values.iter() {
            self.out.push(' ');
            self.value(value);
        }
        self.out.push(')');
    }
}
