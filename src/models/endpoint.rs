//! One model at one provider, as it is bound for a run.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;

use super::address;
use super::anteroom::Anteroom;
use super::attempt::{AttemptEvent, Observer};
pub use super::call::Brought;
use super::call::Call;
use super::call_key;
use super::capability::Capability;
use super::dialects::{Message, Site};
use super::error::{EndpointError, ReadError, Unsupported};
use super::exchange::Carrier;
use super::forecast::{LONGEST_OUTPUT, TYPICAL_OUTPUT};
use super::limits::Limits;
use super::limits::circuit::Circuit;
use super::limits::limiter::Limiter;
use super::limits::retry::RetryBudget;
use super::prices::{Price, Prices};
use super::program::{self, Program};
use super::provider::{Address, Key, Profile, ProviderKind};
use super::reply::{CallFailure, FailureCause, RawReply, Reply, Usage};
use super::request::{ChatRequest, Parameters, Request};
use super::secret::{self, KeySource};
use super::transport::Transport;
use super::written_request;
use crate::digest::Digest;
use crate::world::World;

/// How a model is bound: all that [`Endpoint::open`] needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointSpec {
    pub provider: ProviderKind,
    /// The provider's name for the model; for Perspective its attributes, separated by commas.
    pub model: String,
    /// What people see, such as `openai/gpt-4o`.
    pub name: String,
    /// An address of one's own instead of the provider's.
    pub base_url: Option<String>,
    /// What stands for the server in call keys, instead of an address of one's own.
    pub identity: Option<String>,
    pub limits: Limits,
    /// Sampling parameters for requests that don't state them.
    pub parameters: Parameters,
    /// The environment variable with the key, instead of the provider's usual one.
    pub key_variable: Option<String>,
    /// A file with the key, before any variable.
    pub key_file: Option<PathBuf>,
    /// The version of the interface, for providers that want one (Azure).
    pub api_version: Option<String>,
    /// For a program, whose path is the `model`: its arguments.
    pub arguments: Vec<String>,
    /// For a program: where it is started, and where its paths start; here where it is left out.
    pub folder: Option<PathBuf>,
    /// What calls cost, instead of the built-in table's entry.
    pub price: Option<Price>,
}

impl EndpointSpec {
    /// A model at its provider's own address, with the provider's usual limits.
    pub fn new(provider: ProviderKind, model: &str) -> EndpointSpec {
        EndpointSpec {
            provider,
            model: model.to_owned(),
            name: name(provider, model),
            base_url: None,
            identity: None,
            limits: provider.limits(),
            parameters: Parameters::default(),
            key_variable: None,
            key_file: None,
            api_version: None,
            arguments: Vec::new(),
            folder: None,
            price: None,
        }
    }
}

/// A bound model that can be called from many tasks at once.
///
/// Limits hold per endpoint. Give it more tasks than its concurrency: a call that waits to be
/// sent again holds no place, but its task is busy.
pub struct Endpoint {
    pub(super) name: String,
    pub(super) identity: Option<String>,
    pub(super) site: Site,
    pub(super) parameters: Parameters,
    pub(super) limits: Limits,
    pub(super) key_source: KeySource,
    pub(super) world: Arc<dyn World>,
    pub(super) observer: Option<Observer>,
    pub(super) arguments: Vec<String>,
    pub(super) folder: Option<PathBuf>,
    pub(super) price: Option<Price>,
    pub(super) lines: OnceLock<Result<Lines, EndpointError>>,
    pub(super) typical_output: AtomicU64,
    pub(super) longest_output: AtomicU64,
    /// The last attempt that failed.
    trouble: Mutex<Option<CallFailure>>,
    anteroom: Arc<Anteroom>,
    stopped: tokio::sync::watch::Sender<bool>,
}

/// What is set up at the first call, so that a run that makes none needs no key.
pub(super) struct Lines {
    pub(super) carrier: Carrier,
    pub(super) key: Option<SecretString>,
    pub(super) limiter: Limiter,
    pub(super) circuit: Circuit,
    pub(super) budget: RetryBudget,
}

impl Endpoint {
    /// Sets up an endpoint. Cheap: asks the environment for addresses and reads no key, and no
    /// connection is made.
    pub fn open(spec: EndpointSpec, world: Arc<dyn World>) -> Result<Endpoint, EndpointError> {
        let profile = spec.provider.profile();
        let stated = spec
            .base_url
            .or_else(|| profile.address_variable.and_then(|name| world.variable(name)))
            .filter(|address| !address.trim().is_empty());
        let base_url = match (&stated, &profile.address) {
            (_, Address::None) => String::new(),
            (Some(address), _) => address::clean(address.trim())?,
            (None, Address::Hosted(address) | Address::Local(address)) => (*address).to_owned(),
            (None, Address::Stated) => {
                return Err(EndpointError::AddressMissing { provider: profile.name });
            }
        };
        let identity = match (spec.identity, spec.provider) {
            (None, ProviderKind::Command) => {
                let folder = spec.folder.as_deref().unwrap_or(Path::new(""));
                Some(program::identity(&spec.model, &spec.arguments, folder, &*world)?)
            }
            (identity, _) => identity,
        };
        let is_hosted = is_hosted(profile, &base_url);
        let price = spec
            .price
            .or_else(|| Prices::built_in().of(spec.provider, &spec.model))
            .or_else(|| (!is_hosted && address::is_in_own_network(&base_url)).then(Price::default));
        let key_source = match (spec.key_file, spec.key_variable, &profile.key) {
            (Some(path), _, _) => KeySource::File(path),
            (None, Some(name), _) => KeySource::Variable { name, required: true },
            // A server of one's own behind OpenAI's interface often wants no key.
            (None, None, Key::Required(name)) => KeySource::Variable {
                name: (*name).to_owned(),
                required: stated.is_none() || spec.provider == ProviderKind::Azure,
            },
            (None, None, Key::Optional(name)) => {
                KeySource::Variable { name: (*name).to_owned(), required: false }
            }
            (None, None, Key::None) => KeySource::None,
        };
        let anteroom = Anteroom::new(spec.limits.concurrency as usize);
        Ok(Endpoint {
            name: spec.name,
            identity,
            site: Site { profile, model: spec.model.into(), base_url, api_version: spec.api_version },
            parameters: spec.parameters,
            limits: spec.limits,
            key_source,
            world,
            observer: None,
            arguments: spec.arguments,
            folder: spec.folder,
            price,
            lines: OnceLock::new(),
            typical_output: AtomicU64::new(TYPICAL_OUTPUT),
            longest_output: AtomicU64::new(LONGEST_OUTPUT),
            trouble: Mutex::default(),
            anteroom,
            stopped: tokio::sync::watch::Sender::new(false),
        })
    }

    /// Has someone told of what happens on the way to answers.
    #[must_use]
    pub fn observed_by(self, observer: Observer) -> Endpoint {
        Endpoint { observer: Some(observer), ..self }
    }

    /// What people see.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn provider(&self) -> ProviderKind {
        self.site.profile.kind
    }

    /// The provider's name for the model.
    pub fn model(&self) -> &Arc<str> {
        &self.site.model
    }

    pub fn base_url(&self) -> &str {
        &self.site.base_url
    }

    /// Whether calls go to the provider itself rather than to a server of one's own.
    pub fn is_hosted(&self) -> bool {
        is_hosted(self.site.profile, &self.site.base_url)
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Where calls wait until they are sent.
    pub fn anteroom(&self) -> &Arc<Anteroom> {
        &self.anteroom
    }

    /// Whether a call could be made: asks for the key, but nobody over the network.
    pub fn ready(&self) -> Result<(), EndpointError> {
        self.key_source.load(&self.name, &*self.world).map(drop)
    }

    /// Makes ready to send, once; what is in the way of every call is told here.
    pub fn set_up(&self) -> Result<(), EndpointError> {
        self.lines().map(drop)
    }

    /// Whether the provider's interface can be asked for such work.
    pub fn supports(&self, capability: Capability) -> bool {
        self.site.profile.capabilities.contains(&capability)
    }

    /// What of the request the provider has nothing for, if anything.
    pub fn refuse(&self, request: &Request) -> Option<Unsupported> {
        let profile = self.site.profile;
        let capability = Capability::of(request);
        let what = if self.supports(capability) {
            profile.dialect.lacks(&self.site, &self.effective(request))?
        } else {
            format!("interface for `{capability}`")
        };
        Some(Unsupported { provider: profile.name, what })
    }

    /// What the call is known by: provider, model, the exact request with the binding's
    /// parameters, the sample number, the edition where cases are made anew for each; and the
    /// server, where it is not the provider's own.
    pub fn call_key(&self, request: &Request, sample: u32, edition: Option<&str>) -> Digest {
        call_key::call_key(&self.site, self.identity.as_deref(), &self.effective(request), sample, edition)
    }

    /// The request as JSON for people: pictures by digest, no secrets.
    pub fn canonical_json(&self, request: &Request) -> Box<RawValue> {
        written_request::canonical_json(&self.site, self.identity.as_deref(), &self.effective(request))
    }

    /// What a reply costs in US dollars, where the prices are known.
    pub fn cost(&self, usage: &Usage, images: u32) -> Option<f64> {
        self.price.map(|price| price.cost(usage, images))
    }

    /// What calls cost, where that is known: as stated, else by the built-in table; a server in a
    /// network of one's own costs nothing by the call.
    pub fn price(&self) -> Option<Price> {
        self.price
    }

    /// What an answer means. Asks nobody, and gives the same for the same answer always.
    pub fn read(&self, request: &Request, raw: &RawReply) -> Result<Reply, ReadError> {
        self.site.profile.dialect.read(&self.site, request, raw.status, &raw.body)
    }

    /// Asks, within the limits and again where that may help, until there is a whole answer.
    ///
    /// # Errors
    /// Where no attempt brought an answer, or asking again would bring none.
    pub async fn call(&self, request: &Request) -> Result<RawReply, CallFailure> {
        self.ask(request).await.map(|brought| brought.raw)
    }

    /// As [`Endpoint::call`], with what the answer means; and the answer takes a place of the
    /// concurrency until [`Brought::unkept`] is dropped, which is to be when it is on disk.
    pub async fn ask<'e>(&'e self, request: &Request) -> Result<Brought<'e>, CallFailure> {
        if let Some(unsupported) = self.refuse(request) {
            return Err(not_ready(&unsupported));
        }
        let lines = self.lines().map_err(|error| not_ready(&error))?;
        let request = self.effective(request);
        let call =
            Call { endpoint: self, lines, tokens: self.expected(&request).tokens(), request: &request };
        if *self.stopped.borrow() {
            lines.limiter.close();
        }
        call.run(self.anteroom.enter()).await
    }

    /// Why it is left alone, where it is: it failed, or refused its key or model, again and again.
    pub fn left_alone(&self) -> Option<CallFailure> {
        let lines = self.lines.get()?.as_ref().ok()?;
        lines.circuit.is_open().then(|| self.trouble()).flatten()
    }

    /// The last attempt that failed, where one did.
    pub fn trouble(&self) -> Option<CallFailure> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note_trouble(&self, failure: &CallFailure) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.clone());
    }

    /// Sends nothing from now on. Calls that are out are waited for; the others fail as cancelled.
    pub fn stop(&self) {
        self.stopped.send_replace(true);
        if let Some(Ok(lines)) = self.lines.get() {
            lines.limiter.close();
        }
    }

    /// Waits, unless the endpoint is stopped before.
    pub(super) async fn unless_stopped<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(wait);
        if let Some(waited) = wait.as_mut().now_or_never() {
            return Some(waited);
        }
        let mut stopped = self.stopped.subscribe();
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => None,
            waited = wait => Some(waited),
        }
    }

    /// Why a call ends without an answer, where it was not stopped.
    pub(super) fn reason(&self, failure: CallFailure) -> CallFailure {
        if *self.stopped.borrow() {
            CallFailure { cause: FailureCause::Cancelled, ..failure }
        } else {
            failure
        }
    }

    /// The request in the provider's terms, with the binding's parameters.
    pub(super) fn message(&self, request: &Request) -> Message {
        self.site.profile.dialect.message(&self.site, &self.effective(request))
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    pub(super) fn carrier(&self) -> Result<&Carrier, CallFailure> {
        self.lines().map(|lines| &lines.carrier).map_err(|error| not_ready(&error))
    }

    /// The beginning of a body, without the key.
    pub(super) fn excerpt(&self, body: &[u8]) -> String {
        let key = self.lines().ok().and_then(|lines| lines.key.as_ref());
        secret::excerpt(&String::from_utf8_lossy(body), key)
    }

    /// Whether a bad status is a filter's verdict on a chat.
    pub(super) fn is_filter(&self, status: u16, body: &[u8]) -> bool {
        let any = Request::Chat(ChatRequest::default());
        self.site.profile.dialect.read(&self.site, &any, status, body).is_ok()
    }

    pub(super) fn now(&self) -> Duration {
        self.world.now()
    }

    pub(super) fn jitter(&self) -> u64 {
        self.world.jitter()
    }

    /// The request with the binding's parameters where it has none of its own.
    fn effective<'a>(&self, request: &'a Request) -> Cow<'a, Request> {
        match request {
            Request::Chat(chat) if self.parameters != Parameters::default() => {
                let parameters = chat.parameters.or(&self.parameters);
                Cow::Owned(Request::Chat(ChatRequest { parameters, ..chat.clone() }))
            }
            request => Cow::Borrowed(request),
        }
    }

    fn lines(&self) -> Result<&Lines, EndpointError> {
        let lines = self.lines.get_or_init(|| {
            let key = self.key_source.load(&self.name, &*self.world)?;
            let mut headers = HeaderMap::new();
            if let Some(key) = &key {
                let invalid = || EndpointError::KeyInvalid { endpoint: self.name.clone() };
                let (name, value) = self.site.profile.dialect.key_header(&self.site, key.expose_secret());
                let mut value = HeaderValue::from_str(&value).map_err(|_| invalid())?;
                value.set_sensitive(true);
                headers.insert(HeaderName::from_static(name), value);
            }
            let carrier = match self.provider() {
                ProviderKind::Command => {
                    let folder = self.folder.as_deref().unwrap_or(Path::new(""));
                    Carrier::Program(Box::new(Program::new(self.model(), &self.arguments, folder)))
                }
                _ => {
                    let base_url = &self.site.base_url;
                    let is_near = address::is_near(base_url, &*self.world);
                    let transport = Box::new(Transport::open(base_url, is_near, &self.limits)?);
                    Carrier::Http { transport, headers }
                }
            };
            Ok(Lines {
                carrier,
                key,
                limiter: Limiter::new(&self.limits),
                circuit: Circuit::new(self.limits.outage),
                budget: RetryBudget::new(),
            })
        });
        lines.as_ref().map_err(Clone::clone)
    }

    pub(super) fn tell(&self, event: AttemptEvent) {
        if let Some(observer) = &self.observer {
            observer(&self.name, &event);
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("base_url", &self.site.base_url).finish()
    }
}

/// `openai/gpt-4o`; of a provider that has no models, such as a search engine, its name alone.
fn name(provider: ProviderKind, model: &str) -> String {
    match model {
        "" => provider.name().to_owned(),
        same if same == provider.name() => same.to_owned(),
        model => format!("{provider}/{model}"),
    }
}

fn is_hosted(profile: &Profile, base_url: &str) -> bool {
    matches!(profile.address, Address::Hosted(address) if address == base_url)
        || profile.kind == ProviderKind::Azure
}

fn not_ready(error: &dyn fmt::Display) -> CallFailure {
    CallFailure { cause: FailureCause::NotReady(error.to_string()), attempts: 0, excerpt: String::new() }
}
