//! A key goes into one header and nowhere else.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::limits::Limits;
use tgp::models::provider::ProviderKind;
use tgp::models::reply::FailureCause;
use tgp::world::{Machine, Stamp, World};

use super::faults::chat;
use super::server::{Behaviour, Outgoing, Server, header};

/// The machine, with an environment of its own.
pub(crate) struct Environment(Vec<(String, String)>);

impl Environment {
    pub(crate) fn new(variables: &[(&str, &str)]) -> Environment {
        Environment(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

impl World for Environment {
    fn is_folder(&self, path: &std::path::Path) -> bool {
        path.is_dir()
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn tgp::world::File>> {
        Machine.open(path)
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        Machine.stamp(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Machine.list(folder)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        Machine.write(path, bytes)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        Machine.absolute(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_700_000_000)
    }

    fn jitter(&self) -> u64 {
        0
    }
}

const KEY: &str = "sk-planted-0123456789abcdef";

fn spec(server: &Server) -> EndpointSpec {
    EndpointSpec {
        base_url: Some(server.base_url()),
        limits: Limits { attempts: 2, ..Limits::default() },
        ..EndpointSpec::new(ProviderKind::OpenAi, "m")
    }
}

/// Everything that an endpoint says about itself and its calls.
async fn everything_said(spec: EndpointSpec, world: Environment) -> (String, bool) {
    let said = Arc::new(Mutex::new(format!("{spec:?}\n")));
    let listening = Arc::clone(&said);
    let endpoint =
        Endpoint::open(spec, Arc::new(world)).unwrap().observed_by(Arc::new(move |name, event| {
            listening.lock().unwrap().push_str(&format!("{name} {event:?}\n"));
        }));
    let result = endpoint.call(&chat("x")).await;
    let mut said = said.lock().unwrap().clone();
    said += &format!("{endpoint:?}\n{result:?}\n{}\n", endpoint.canonical_json(&chat("x")));
    (said, result.is_ok())
}

#[tokio::test]
async fn the_key_is_said_nowhere_even_when_the_server_echoes_it() {
    for status in [400, 401, 429, 500] {
        let server = Server::start(Behaviour {
            respond: Arc::new(move |incoming| {
                let key = header(incoming.head, "authorization").unwrap();
                assert_eq!(key, format!("Bearer {KEY}"));
                let wait = if status == 429 { r#","code":"insufficient_quota""# } else { "" };
                Outgoing::json(status, format!(r#"{{"error":{{"message":"bad key {key}"{wait}}}}}"#))
            }),
            ..Behaviour::default()
        });
        let (said, ok) = everything_said(spec(&server), Environment::new(&[("OPENAI_API_KEY", KEY)])).await;
        assert!(!ok && server.requests() > 0);
        assert!(!said.contains(KEY), "{said}");
        assert!(said.contains("bad key Bearer [key]"), "{said}");
    }
}

#[tokio::test]
async fn a_key_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    Machine.write(&path, format!("{KEY}\n").as_bytes()).unwrap();
    let server = Server::start(Behaviour::default());
    let from_file = EndpointSpec { key_file: Some(path), ..spec(&server) };
    let (said, ok) = everything_said(from_file, Environment::new(&[])).await;
    assert!(ok, "{said}");
    assert!(!said.contains(KEY), "{said}");
    assert!(server.last().contains(&format!("Bearer {KEY}")));

    let missing = EndpointSpec { key_file: Some(folder.path().join("none")), ..spec(&server) };
    assert!(Endpoint::open(missing, Arc::new(Machine)).unwrap().ready().is_err());
}

#[tokio::test]
async fn a_missing_key_is_an_error_when_asked_for_and_not_before() {
    let spec = EndpointSpec::new(ProviderKind::Anthropic, "m");
    let endpoint = Endpoint::open(spec, Arc::new(Environment::new(&[]))).unwrap();
    let error = endpoint.ready().unwrap_err().to_string();
    assert_eq!(error, "`anthropic/m` needs a key: set the variable `ANTHROPIC_API_KEY`");
    endpoint.call_key(&chat("x"), 0, None);
    let failure = endpoint.call(&chat("x")).await.unwrap_err();
    assert_eq!((failure.cause, failure.attempts), (FailureCause::NotReady(error), 0));
}

#[test]
fn a_password_in_an_address_is_refused_and_not_repeated() {
    let spec = EndpointSpec {
        base_url: Some("http://user:hunter2@example.org/v1".to_owned()),
        ..EndpointSpec::new(ProviderKind::Compatible, "m")
    };
    let error = Endpoint::open(spec, Arc::new(Machine)).unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn the_usual_variable_sets_the_address() {
    let server = Server::start(Behaviour::default());
    let base_url = server.base_url();
    let world = Environment::new(&[("OPENAI_BASE_URL", &base_url)]);
    let spec = EndpointSpec::new(ProviderKind::OpenAi, "m");
    let endpoint = Endpoint::open(spec, Arc::new(world)).unwrap();
    endpoint.call(&chat("x")).await.unwrap();
    assert_eq!(server.answered(), 1);
    assert!(server.last().starts_with("POST /v1/chat/completions "));
}
