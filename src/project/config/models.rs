//! `[models]`: what the models that a program leaves open are bound to.

use toml::de::{DeTable, DeValue};

use super::complaints::{Complaints, Item, Key, number, whole};
use crate::check::program::Binding;
use crate::check::program::setting::wanted_instead;
use crate::data::value::Value;
use crate::project::binding::{
    BindingParts, BindingProblem, SettingKind, parse_binding, setting_instead, setting_kind, told_apart,
};

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> Vec<(String, Vec<Binding>)> {
    let mut models = Vec::new();
    for (key, item) in table.iter() {
        let bindings: Vec<Binding> = match item.get_ref() {
            DeValue::Array(items) if items.is_empty() => {
                let message = format!("`{}` is bound to no model", key.get_ref());
                complaints.tell("wrong-binding", item.span(), message, "name at least one".to_owned());
                continue;
            }
            DeValue::Array(items) => items.iter().filter_map(|item| binding(key, item, complaints)).collect(),
            _ => binding(key, item, complaints).into_iter().collect(),
        };
        match told_apart(bindings) {
            Ok(bindings) => models.push((key.get_ref().to_string(), bindings)),
            Err(problem) => tell(&problem, item, complaints),
        }
    }
    models
}

fn binding(key: &Key<'_>, item: &Item<'_>, complaints: &mut Complaints) -> Option<Binding> {
    match item.get_ref() {
        DeValue::String(text) => parse_binding(text).map_err(|problem| tell(&problem, item, complaints)).ok(),
        DeValue::Table(table) => detailed(item, table, complaints),
        _ => {
            complaints.wrong(key, item, "a model, such as \"openai/gpt-4o\", or a list of models");
            None
        }
    }
}

/// `{ use = "openai/gpt-4o", temperature = 0, name = "cold" }`
fn detailed(place: &Item<'_>, table: &DeTable<'_>, complaints: &mut Complaints) -> Option<Binding> {
    let Some((key, model)) = table.get_key_value("use") else {
        let help = "such as { use = \"openai/gpt-4o\", temperature = 0 }".to_owned();
        complaints.tell("missing-key", place.span(), "this model has no `use`", help);
        return None;
    };
    let written = complaints.text(key, model)?;
    let mut parts = BindingParts::of(written).map_err(|problem| tell(&problem, model, complaints)).ok()?;
    for (key, item) in table.iter() {
        let name = key.get_ref().as_ref();
        let done = match name {
            "use" => continue,
            "name" => match complaints.text(key, item) {
                Some(text) => parts.rename(text),
                None => continue,
            },
            _ => match setting_kind(name) {
                Ok(kind) => match setting(key, item, kind, complaints)
                    .and_then(|value| possible(key, item, value, complaints))
                {
                    Some(value) => parts.set(name, value),
                    None => continue,
                },
                Err(_) => {
                    let message = format!("a model has no setting `{name}`");
                    complaints.tell(
                        "unknown-setting",
                        key.span(),
                        message,
                        setting_instead(name, &["use", "name"]),
                    );
                    continue;
                }
            },
        };
        if let Err(problem) = done {
            tell(&problem, item, complaints);
        }
    }
    Some(parts.finish())
}

fn setting(key: &Key<'_>, item: &Item<'_>, kind: SettingKind, complaints: &mut Complaints) -> Option<Value> {
    let (found, wanted) = match kind {
        SettingKind::Number => (number(item.get_ref()).map(Value::Float), "a number"),
        SettingKind::Whole => (whole(item.get_ref()).map(Value::Int), "a whole number"),
        SettingKind::Text => return complaints.text(key, item).map(Value::text),
        SettingKind::Texts if item.get_ref().is_str() => {
            return complaints.text(key, item).map(|text| Value::list([Value::text(text)]));
        }
        SettingKind::Texts => {
            let items = complaints.list(key, item)?;
            let texts = items.iter().map(|item| complaints.text(key, item).map(Value::text));
            return texts.collect::<Option<Vec<Value>>>().map(Value::list);
        }
    };
    if found.is_none() {
        complaints.wrong(key, item, wanted);
    }
    found
}

/// A setting's value, where it is one that a model takes.
fn possible(key: &Key<'_>, item: &Item<'_>, value: Value, complaints: &mut Complaints) -> Option<Value> {
    match wanted_instead(key.get_ref().as_ref(), &value) {
        Some(wanted) => {
            complaints.wrong(key, item, wanted);
            None
        }
        None => Some(value),
    }
}

fn tell(problem: &BindingProblem, item: &Item<'_>, complaints: &mut Complaints) {
    let code = match problem {
        BindingProblem::UnknownProvider { .. } => "unknown-provider",
        BindingProblem::UnknownSetting { .. } => "unknown-setting",
        _ => "wrong-binding",
    };
    complaints.tell(code, item.span(), problem.to_string(), None);
}
