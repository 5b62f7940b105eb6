//! Models by name: `openai/gpt-4o?temperature=0`.

use std::sync::Arc;

use crate::check::program::setting::wanted_instead;
use crate::check::program::{Binding, BindingKind, Setting};
use crate::data::value::Value;
use crate::diagnostics::similar::instead;
use crate::diagnostics::source::{SourceId, Span};
use crate::models::capability::Capability;
use crate::models::provider::ProviderKind;

use super::config::endpoint;

/// A place in no text: these bindings come from outside the program.
const NOWHERE: Span = Span { source: SourceId(u32::MAX), start: 0, end: 0 };

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SettingKind {
    Number,
    Whole,
    Text,
    Texts,
}

/// The settings that a binding may state, by name; they are kept in this order.
const SETTINGS: [(&str, SettingKind); 7] = [
    ("max_tokens", SettingKind::Whole),
    ("reasoning_effort", SettingKind::Text),
    ("seed", SettingKind::Whole),
    ("size", SettingKind::Text),
    ("stop", SettingKind::Texts),
    ("temperature", SettingKind::Number),
    ("top_p", SettingKind::Number),
];

/// Why a text names no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindingProblem {
    #[error("a model's name is missing; write PROVIDER/MODEL, such as openai/gpt-4o")]
    Empty,
    #[error("`{written}` names no provider; write PROVIDER/MODEL, such as openai/gpt-4o")]
    NoProvider { written: String },
    #[error("there is no provider `{provider}`; {}", instead(provider, providers()))]
    UnknownProvider { provider: String },
    #[error("`{provider}` needs a model; write {provider}/MODEL")]
    NoModel { provider: String },
    #[error("a model has no setting `{setting}`; {}", setting_instead(setting, &["name"]))]
    UnknownSetting { setting: String },
    #[error("`{setting}` is {wanted}, not `{written}`")]
    WrongValue { setting: String, written: String, wanted: &'static str },
    #[error("`{setting}` is stated twice for `{model}`")]
    StatedTwice { model: String, setting: String },
    #[error("two models are called `{name}`; give one another name, such as {name}?name=again")]
    NamedTwice { name: String },
}

/// Reads models separated by commas, each as [`parse_binding`] reads it. Their names differ:
/// where two would share one, their settings are added to it.
pub fn parse_bindings(text: &str) -> Result<Vec<Binding>, BindingProblem> {
    let bindings = text.split(',').map(parse_binding).collect::<Result<_, _>>()?;
    told_apart(bindings)
}

/// Reads `PROVIDER/MODEL`, with settings after a `?` and `&` between them. The model's part may
/// have slashes. The setting `name` says what stands in the `model` column.
pub fn parse_binding(text: &str) -> Result<Binding, BindingProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(BindingProblem::Empty);
    }
    let (model, stated) = text.split_once('?').unwrap_or((text, ""));
    let mut parts = BindingParts::of(model.trim())?;
    for pair in stated.split('&').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, written) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, written) = (name.trim(), written.trim());
        if name == "name" {
            parts.rename(written)?;
        } else {
            let value = value(name, written)?;
            parts.set(name, value)?;
        }
    }
    Ok(parts.finish())
}

/// Gives bindings that share a name their settings as part of it, or refuses them.
pub(super) fn told_apart(mut bindings: Vec<Binding>) -> Result<Vec<Binding>, BindingProblem> {
    let names: Vec<Arc<str>> = bindings.iter().map(|binding| binding.name.clone()).collect();
    for binding in &mut bindings {
        if names.iter().filter(|name| **name == binding.name).count() > 1 {
            binding.name = full_name(binding);
        }
    }
    for (at, binding) in bindings.iter().enumerate() {
        if bindings.iter().take(at).any(|earlier| earlier.name == binding.name) {
            return Err(BindingProblem::NamedTwice { name: binding.name.to_string() });
        }
    }
    Ok(bindings)
}

fn full_name(binding: &Binding) -> Arc<str> {
    match &binding.kind {
        BindingKind::Remote { provider, model, settings } if !settings.is_empty() => {
            let settings: Vec<String> = settings
                .iter()
                .map(|setting| format!("{}={}", setting.name, shown(&setting.value)))
                .collect();
            // A name that somebody gave stays, so that the two are refused by it.
            if *binding.name == *format!("{provider}/{model}") {
                format!("{provider}/{model}?{}", settings.join("&")).into()
            } else {
                binding.name.clone()
            }
        }
        _ => binding.name.clone(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::List(items) => items.iter().map(shown).collect::<Vec<_>>().join("+"),
        _ => String::new(),
    }
}

/// A binding that is being put together.
pub(super) struct BindingParts {
    provider: Arc<str>,
    model: Arc<str>,
    name: Option<Arc<str>>,
    settings: Vec<Setting<Value>>,
}

impl BindingParts {
    /// From `PROVIDER/MODEL`, or from the name alone of a provider that has no models, such as a
    /// search engine.
    pub(super) fn of(written: &str) -> Result<BindingParts, BindingProblem> {
        let (provider, model) = match written.split_once('/') {
            Some((provider, model)) => (provider.trim(), model.trim()),
            None => (written, ""),
        };
        let Some(kind) = ProviderKind::named(provider) else {
            return Err(if written.contains('/') && !provider.is_empty() {
                BindingProblem::UnknownProvider { provider: provider.to_owned() }
            } else {
                BindingProblem::NoProvider { written: written.to_owned() }
            });
        };
        let has_models =
            !kind.capabilities().iter().all(|it| matches!(it, Capability::Search | Capability::Fetch));
        let model = match (model, has_models) {
            ("", true) => return Err(BindingProblem::NoModel { provider: provider.to_owned() }),
            ("", false) => provider,
            (model, _) => model,
        };
        Ok(BindingParts { provider: provider.into(), model: model.into(), name: None, settings: Vec::new() })
    }

    pub(super) fn rename(&mut self, name: &str) -> Result<(), BindingProblem> {
        if name.is_empty() {
            return Err(BindingProblem::WrongValue {
                setting: "name".to_owned(),
                written: String::new(),
                wanted: "a text",
            });
        }
        match self.name.replace(name.into()) {
            Some(_) => Err(self.stated_twice("name")),
            None => Ok(()),
        }
    }

    pub(super) fn set(&mut self, name: &str, value: Value) -> Result<(), BindingProblem> {
        match self.settings.binary_search_by(|setting| (*setting.name).cmp(name)) {
            Ok(at) => match (&self.settings[at].value, &value) {
                (Value::List(before), Value::List(more)) => {
                    let all = before.iter().chain(more.iter()).cloned();
                    self.settings[at].value = Value::list(all);
                    Ok(())
                }
                _ => Err(self.stated_twice(name)),
            },
            Err(at) => {
                self.settings.insert(at, Setting { name: name.into(), value, span: NOWHERE });
                Ok(())
            }
        }
    }

    fn stated_twice(&self, setting: &str) -> BindingProblem {
        BindingProblem::StatedTwice {
            model: format!("{}/{}", self.provider, self.model),
            setting: setting.to_owned(),
        }
    }

    pub(super) fn finish(self) -> Binding {
        let name = self.name.unwrap_or_else(|| match &self.model {
            model if **model == *self.provider => model.clone(),
            model => format!("{}/{model}", self.provider).into(),
        });
        let kind =
            BindingKind::Remote { provider: self.provider, model: self.model, settings: self.settings };
        Binding { name, kind, span: NOWHERE }
    }
}

/// What the value of a setting is, where there is one of that name.
pub(super) fn setting_kind(name: &str) -> Result<SettingKind, BindingProblem> {
    SETTINGS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| *kind)
        .ok_or_else(|| BindingProblem::UnknownSetting { setting: name.to_owned() })
}

/// What to do where a model has no setting of that name; besides the settings there are some words.
pub(super) fn setting_instead(name: &str, words: &'static [&'static str]) -> String {
    if endpoint::KEYS.contains(&name) {
        return "it stands in `tgp.toml` under `[endpoints]`".to_owned();
    }
    instead(name, settings().chain(words.iter().copied()))
}

fn value(name: &str, written: &str) -> Result<Value, BindingProblem> {
    let wrong =
        |wanted| BindingProblem::WrongValue { setting: name.to_owned(), written: written.to_owned(), wanted };
    let value = match setting_kind(name)? {
        SettingKind::Number => written
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .map(Value::Float)
            .ok_or_else(|| wrong("a number")),
        SettingKind::Whole => written.parse().map(Value::Int).map_err(|_| wrong("a whole number")),
        SettingKind::Text if written.is_empty() => Err(wrong("a text")),
        SettingKind::Text => Ok(Value::text(written)),
        SettingKind::Texts if written.is_empty() => Err(wrong("a text")),
        SettingKind::Texts => Ok(Value::list([Value::text(written)])),
    }?;
    match wanted_instead(name, &value) {
        Some(wanted) => Err(wrong(wanted)),
        None => Ok(value),
    }
}

pub(super) fn settings() -> impl Iterator<Item = &'static str> + Clone {
    SETTINGS.iter().map(|(name, _)| *name)
}

pub(super) fn providers() -> Vec<&'static str> {
    ProviderKind::all().map(ProviderKind::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse_bindings(text).unwrap().iter().map(|binding| binding.name.to_string()).collect()
    }

    fn complaint(text: &str) -> String {
        parse_bindings(text).unwrap_err().to_string()
    }

    #[test]
    fn a_model_may_have_slashes_and_settings() {
        let bindings = parse_bindings("deepinfra/meta-llama/Llama-3?temperature=0&max_tokens=16").unwrap();
        assert_eq!(&*bindings[0].name, "deepinfra/meta-llama/Llama-3");
        let BindingKind::Remote { provider, model, settings } = &bindings[0].kind else { panic!() };
        assert_eq!((&**provider, &**model), ("deepinfra", "meta-llama/Llama-3"));
        let settings: Vec<_> = settings.iter().map(|s| (&*s.name, s.value.clone())).collect();
        assert_eq!(settings, [("max_tokens", Value::Int(16)), ("temperature", Value::Float(0.0))]);
    }

    #[test]
    fn the_order_of_settings_is_of_no_account() {
        assert_eq!(parse_binding("openai/m?seed=1&top_p=0.5"), parse_binding("openai/m?top_p=0.5&seed=1"));
    }

    #[test]
    fn stop_may_be_stated_several_times() {
        let binding = parse_binding("openai/m?stop=a&stop=b").unwrap();
        let BindingKind::Remote { settings, .. } = &binding.kind else { panic!() };
        assert_eq!(settings[0].value, Value::list([Value::text("a"), Value::text("b")]));
    }

    #[test]
    fn names_are_unique() {
        assert_eq!(names("openai/a, mistral/b"), ["openai/a", "mistral/b"]);
        assert_eq!(
            names("openai/a?temperature=0,openai/a?temperature=1,openai/a"),
            ["openai/a?temperature=0", "openai/a?temperature=1", "openai/a"]
        );
        assert_eq!(names("openai/a,openai/a?name=again"), ["openai/a", "again"]);
    }

    #[test]
    fn each_complaint_says_what_to_write() {
        assert_eq!(complaint(""), "a model's name is missing; write PROVIDER/MODEL, such as openai/gpt-4o");
        assert_eq!(complaint("openai/a,"), complaint(""));
        assert_eq!(
            complaint("gpt-4o"),
            "`gpt-4o` names no provider; write PROVIDER/MODEL, such as openai/gpt-4o"
        );
        assert_eq!(complaint("opnai/gpt-4o"), "there is no provider `opnai`; did you mean `openai`?");
        assert_eq!(complaint("openai"), "`openai` needs a model; write openai/MODEL");
        assert_eq!(complaint("openai/"), complaint("openai"));
        assert_eq!(
            complaint("openai/m?temprature=0"),
            "a model has no setting `temprature`; did you mean `temperature`?"
        );
        assert_eq!(
            complaint("openai/m?base_url=http://h"),
            "a model has no setting `base_url`; it stands in `tgp.toml` under `[endpoints]`"
        );
        assert_eq!(complaint("openai/m?seed=x"), "`seed` is a whole number, not `x`");
        assert_eq!(complaint("openai/m?temperature=nan"), "`temperature` is a number, not `nan`");
        assert_eq!(
            complaint("openai/m?size=big"),
            "`size` is a width and a height in pixels, such as \"1024x1024\", not `big`"
        );
        assert_eq!(
            complaint("openai/m?max_tokens=0"),
            "`max_tokens` is a whole number between 1 and 4294967295, not `0`"
        );
        assert_eq!(complaint("openai/m?name="), "`name` is a text, not ``");
        assert_eq!(complaint("openai/m?seed=1&seed=2"), "`seed` is stated twice for `openai/m`");
        assert_eq!(
            complaint("openai/m,openai/m"),
            "two models are called `openai/m`; give one another name, such as openai/m?name=again"
        );
    }
}
