//! The providers there are, as data: address, key, what they can do, and how they are spoken to.

use std::fmt;
use std::time::Duration;

use super::capability::Capability::{self, Chat, Classify, Embed, Fetch, Image, Search, Vision};
use super::dialects::{self, Dialect};
use super::limits::Limits;

/// A provider by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderKind {
    OpenAi,
    /// Any server that speaks OpenAI's interface, at a base URL of one's own.
    Compatible,
    Azure,
    OpenRouter,
    DeepInfra,
    Together,
    DeepSeek,
    Mistral,
    Zhipu,
    Qwen,
    Yi,
    Vllm,
    Ollama,
    LlamaCpp,
    Anthropic,
    Gemini,
    Cohere,
    Replicate,
    Perspective,
    Brave,
    Serper,
    SearXng,
    /// Pages of the web, fetched directly.
    Web,
    /// An external program.
    Command,
}

/// Everything that is fixed about a provider.
pub(super) struct Profile {
    pub(super) kind: ProviderKind,
    pub(super) name: &'static str,
    pub(super) dialect: &'static dyn Dialect,
    pub(super) address: Address,
    /// The variable by which the provider's own client lets its address be set.
    pub(super) address_variable: Option<&'static str>,
    pub(super) key: Key,
    pub(super) capabilities: &'static [Capability],
    pub(super) quirks: &'static [Quirk],
    /// The most requests out at a time, where nothing is stated.
    pub(super) concurrency: u32,
}

pub(super) enum Address {
    /// A hosted service; its address says nothing that its name doesn't.
    Hosted(&'static str),
    /// The usual address of a server of one's own.
    Local(&'static str),
    /// To be stated.
    Stated,
    /// There is none: the request says where to go, or nothing goes over a network.
    None,
}

pub(super) enum Key {
    Required(&'static str),
    Optional(&'static str),
    None,
}

/// Where one of OpenAI's family differs from OpenAI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quirk {
    /// The limit of a reply is called `max_completion_tokens`.
    CompletionTokens,
    /// The seed is called `random_seed`.
    RandomSeed,
    /// No seed at all.
    NoSeed,
    /// No parameter for the effort of reasoning.
    NoEffort,
    /// The effort of reasoning is an object of its own.
    EffortObject,
    /// A reply cannot be bound to a schema.
    NoSchema,
    /// The key goes into the header `api-key`, and the address has the deployment in it.
    Azure,
    /// Pictures come one a request, and their size is all there is to set.
    OnePicture,
    /// Pictures can be seeded.
    PictureSeed,
}

impl ProviderKind {
    /// All providers, in the order in which they are listed to people.
    pub fn all() -> impl Iterator<Item = ProviderKind> {
        PROFILES.iter().map(|profile| profile.kind)
    }

    /// Finds a provider by its name in the language, such as `openai`.
    pub fn named(name: &str) -> Option<ProviderKind> {
        PROFILES.iter().find(|profile| profile.name == name).map(|profile| profile.kind)
    }

    /// The name in the language.
    pub fn name(self) -> &'static str {
        self.profile().name
    }

    /// What the provider's interface can be asked for.
    pub fn capabilities(self) -> &'static [Capability] {
        self.profile().capabilities
    }

    /// The environment variable that its key usually comes from.
    pub fn key_variable(self) -> Option<&'static str> {
        match self.profile().key {
            Key::Required(name) | Key::Optional(name) => Some(name),
            Key::None => None,
        }
    }

    /// The limits to keep to where none are stated.
    pub fn limits(self) -> Limits {
        let limits = Limits { concurrency: self.profile().concurrency, ..Limits::default() };
        match self {
            // A free plan allows one query a second, and a page has no quota to ask about.
            ProviderKind::Brave | ProviderKind::Perspective => {
                Limits { requests_per_second: Some(1.0), ..limits }
            }
            ProviderKind::Web => Limits {
                attempts: 4,
                total_timeout: Duration::from_secs(60),
                idle_timeout: Duration::from_secs(20),
                ..limits
            },
            _ => limits,
        }
    }

    pub(super) fn profile(self) -> &'static Profile {
        // The table has a row for each kind, in the order of the kinds; a test holds it to that.
        &PROFILES[self as usize]
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Profile {
    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }
}

const CHAT: &[Capability] = &[Chat, Vision];
const CHAT_EMBED: &[Capability] = &[Chat, Vision, Embed];
const ALL: &[Capability] = &[Chat, Vision, Image, Embed];

const fn family(
    kind: ProviderKind,
    name: &'static str,
    address: Address,
    key: Key,
    capabilities: &'static [Capability],
    quirks: &'static [Quirk],
) -> Profile {
    Profile {
        kind,
        name,
        dialect: &dialects::OpenAi,
        address,
        address_variable: None,
        key,
        capabilities,
        quirks,
        concurrency: 64,
    }
}

const fn other(
    kind: ProviderKind,
    name: &'static str,
    dialect: &'static dyn Dialect,
    address: Address,
    key: Key,
    capabilities: &'static [Capability],
    concurrency: u32,
) -> Profile {
    Profile {
        kind,
        name,
        dialect,
        address,
        address_variable: None,
        key,
        capabilities,
        quirks: &[],
        concurrency,
    }
}

use Address::{Hosted, Local, Stated};
use ProviderKind as P;
use Quirk::*;

static PROFILES: &[Profile] = &[
    Profile {
        address_variable: Some("OPENAI_BASE_URL"),
        ..family(
            P::OpenAi,
            "openai",
            Hosted("https://api.openai.com/v1"),
            Key::Required("OPENAI_API_KEY"),
            &[Chat, Vision, Image, Embed, Classify],
            &[CompletionTokens],
        )
    },
    family(
        P::Compatible,
        "compatible",
        Stated,
        Key::Optional("OPENAI_API_KEY"),
        &[Chat, Vision, Image, Embed, Classify],
        &[PictureSeed],
    ),
    Profile {
        address_variable: Some("AZURE_OPENAI_ENDPOINT"),
        ..family(
            P::Azure,
            "azure",
            Stated,
            Key::Required("AZURE_OPENAI_API_KEY"),
            ALL,
            &[CompletionTokens, Quirk::Azure],
        )
    },
    family(
        P::OpenRouter,
        "openrouter",
        Hosted("https://openrouter.ai/api/v1"),
        Key::Required("OPENROUTER_API_KEY"),
        CHAT,
        &[EffortObject],
    ),
    family(
        P::DeepInfra,
        "deepinfra",
        Hosted("https://api.deepinfra.com/v1/openai"),
        Key::Required("DEEPINFRA_API_KEY"),
        ALL,
        &[],
    ),
    family(
        P::Together,
        "together",
        Hosted("https://api.together.xyz/v1"),
        Key::Required("TOGETHER_API_KEY"),
        ALL,
        &[PictureSeed],
    ),
    family(
        P::DeepSeek,
        "deepseek",
        Hosted("https://api.deepseek.com/v1"),
        Key::Required("DEEPSEEK_API_KEY"),
        &[Chat],
        &[NoSeed, NoEffort, NoSchema],
    ),
    family(
        P::Mistral,
        "mistral",
        Hosted("https://api.mistral.ai/v1"),
        Key::Required("MISTRAL_API_KEY"),
        CHAT_EMBED,
        &[RandomSeed, NoEffort],
    ),
    family(
        P::Zhipu,
        "zhipu",
        Hosted("https://open.bigmodel.cn/api/paas/v4"),
        Key::Required("ZHIPU_API_KEY"),
        ALL,
        &[NoSeed, NoEffort, NoSchema, OnePicture],
    ),
    family(
        P::Qwen,
        "qwen",
        Hosted("https://dashscope.aliyuncs.com/compatible-mode/v1"),
        Key::Required("DASHSCOPE_API_KEY"),
        CHAT_EMBED,
        &[NoEffort, NoSchema],
    ),
    family(
        P::Yi,
        "yi",
        Hosted("https://api.lingyiwanwu.com/v1"),
        Key::Required("YI_API_KEY"),
        CHAT,
        &[NoSeed, NoEffort, NoSchema],
    ),
    family(
        P::Vllm,
        "vllm",
        Local("http://localhost:8000/v1"),
        Key::Optional("VLLM_API_KEY"),
        CHAT_EMBED,
        &[],
    ),
    family(P::Ollama, "ollama", Local("http://localhost:11434/v1"), Key::None, CHAT_EMBED, &[]),
    family(
        P::LlamaCpp,
        "llamacpp",
        Local("http://localhost:8080/v1"),
        Key::Optional("LLAMA_API_KEY"),
        CHAT_EMBED,
        &[NoEffort],
    ),
    Profile {
        address_variable: Some("ANTHROPIC_BASE_URL"),
        ..other(
            P::Anthropic,
            "anthropic",
            &dialects::Anthropic,
            Hosted("https://api.anthropic.com"),
            Key::Required("ANTHROPIC_API_KEY"),
            CHAT,
            32,
        )
    },
    Profile {
        address_variable: Some("GEMINI_BASE_URL"),
        ..other(
            P::Gemini,
            "gemini",
            &dialects::Gemini,
            Hosted("https://generativelanguage.googleapis.com/v1beta"),
            Key::Required("GEMINI_API_KEY"),
            CHAT_EMBED,
            32,
        )
    },
    Profile {
        address_variable: Some("COHERE_BASE_URL"),
        ..other(
            P::Cohere,
            "cohere",
            &dialects::Cohere,
            Hosted("https://api.cohere.com"),
            Key::Required("COHERE_API_KEY"),
            CHAT_EMBED,
            32,
        )
    },
    other(
        P::Replicate,
        "replicate",
        &dialects::Replicate,
        Hosted("https://api.replicate.com/v1"),
        Key::Required("REPLICATE_API_TOKEN"),
        &[Chat, Vision, Image],
        16,
    ),
    other(
        P::Perspective,
        "perspective",
        &dialects::Perspective,
        Hosted("https://commentanalyzer.googleapis.com/v1alpha1"),
        Key::Required("PERSPECTIVE_API_KEY"),
        &[Classify],
        8,
    ),
    other(
        P::Brave,
        "brave",
        &dialects::Brave,
        Hosted("https://api.search.brave.com/res/v1"),
        Key::Required("BRAVE_API_KEY"),
        &[Search],
        8,
    ),
    other(
        P::Serper,
        "serper",
        &dialects::Serper,
        Hosted("https://google.serper.dev"),
        Key::Required("SERPER_API_KEY"),
        &[Search],
        16,
    ),
    Profile {
        address_variable: Some("SEARXNG_URL"),
        ..other(
            P::SearXng,
            "searxng",
            &dialects::SearXng,
            Local("http://localhost:8888"),
            Key::None,
            &[Search],
            8,
        )
    },
    other(P::Web, "web", &dialects::Web, Address::None, Key::None, &[Fetch], 16),
    other(
        P::Command,
        "command",
        &dialects::Command,
        Address::None,
        Key::None,
        &[Chat, Vision, Image, Embed, Classify, Search, Fetch],
        16,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_kind_in_order() {
        for (place, profile) in PROFILES.iter().enumerate() {
            assert_eq!(profile.kind as usize, place, "{}", profile.name);
            assert_eq!(ProviderKind::named(profile.name), Some(profile.kind));
        }
        assert_eq!(PROFILES.len(), ProviderKind::Command as usize + 1);
    }
}
