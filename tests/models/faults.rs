//! Servers that refuse, fail, drop, tear and stall.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tgp::models::attempt::AttemptEvent;
use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::limits::Limits;
use tgp::models::provider::ProviderKind;
use tgp::models::reply::{CallFailure, Content, FailureCause, Outcome, RawReply};
use tgp::models::request::{ChatRequest, Request, Speaker, Turn};
use tgp::world::{Machine, World};

use super::secrets::Environment;
use super::server::{Behaviour, Server};

pub(crate) fn chat(text: &str) -> Request {
    let turn = Turn { speaker: Speaker::User, text: text.into(), images: Vec::new() };
    Request::Chat(ChatRequest { turns: vec![turn], ..ChatRequest::default() })
}

fn endpoint(server: &Server, limits: Limits) -> Endpoint {
    endpoint_in(server, limits, Arc::new(Machine))
}

/// One whose environment names a proxy, so that it asks by the client for the whole web; the
/// environment is this endpoint's alone, and there is no proxy.
fn endpoint_by_client(server: &Server) -> Endpoint {
    let environment = Environment::new(&[("http_proxy", "http://proxy.invalid")]);
    endpoint_in(server, Limits::default(), Arc::new(environment))
}

fn endpoint_in(server: &Server, limits: Limits, world: Arc<dyn World>) -> Endpoint {
    let spec = EndpointSpec {
        base_url: Some(server.base_url()),
        limits,
        ..EndpointSpec::new(ProviderKind::Compatible, "test")
    };
    Endpoint::open(spec, world).unwrap()
}

/// Calls with so many different requests from so many tasks at a time.
async fn ask_many(
    endpoint: Endpoint,
    rows: usize,
    tasks: usize,
) -> (Arc<Endpoint>, Vec<Result<RawReply, CallFailure>>) {
    let endpoint = Arc::new(endpoint);
    let next = Arc::new(Mutex::new(0..rows));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (endpoint, next) = (Arc::clone(&endpoint), Arc::clone(&next));
        workers.spawn(async move {
            let mut results = Vec::new();
            loop {
                let row = next.lock().unwrap().next();
                let Some(row) = row else { return results };
                results.push(endpoint.call(&chat(&format!("row {row}"))).await);
            }
        });
    }
    let results = workers.join_all().await.into_iter().flatten().collect();
    (endpoint, results)
}

#[tokio::test]
async fn a_healthy_server_is_asked_once_a_call() {
    for open in [|server: &Server| endpoint(server, Limits::default()), endpoint_by_client] {
        let server = Server::start(Behaviour::default());
        each_call_asks_once(&server, open(&server)).await;
    }
}

async fn each_call_asks_once(server: &Server, endpoint: Endpoint) {
    let (endpoint, results) = ask_many(endpoint, 500, 64).await;
    for result in results {
        let raw = result.unwrap();
        assert_eq!(raw.attempts, 1);
        let reply = endpoint.read(&chat(""), &raw).unwrap();
        assert_eq!((reply.outcome, reply.content), (Outcome::Complete, Content::Text("fine".into())));
        assert_eq!((reply.usage.input, reply.usage.output), (12, 3));
        assert_eq!(reply.served_by.as_deref(), Some("test-2024"));
    }
    assert_eq!(server.requests(), 500);
    assert!(server.by_body().values().all(|count| *count == 1));
    assert!(server.connections() <= 128, "connections must be used again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_chaos_every_row_is_answered_once() {
    every_row_is_answered_once(|server| endpoint(server, Limits::default())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_chaos_every_row_is_answered_once_by_the_client_too() {
    every_row_is_answered_once(endpoint_by_client).await;
}

async fn every_row_is_answered_once(open: impl Fn(&Server) -> Endpoint) {
    let latency = Duration::from_millis(10);
    let server = Server::start(Behaviour {
        latency,
        refused: 0.10,
        failed: 0.05,
        dropped: 0.03,
        torn: 0.02,
        stalled: 0.01,
        ..Behaviour::default()
    });
    let (_, results) = ask_many(open(&server), 2_000, 512).await;
    let failures: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(failures.is_empty(), "{failures:?}");
    let answered = server.by_body();
    assert_eq!(answered.len(), 2_000);
    assert!(answered.values().all(|count| *count == 1), "a request was answered twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_limit_is_learned_from_few_refusals() {
    let server = Server::start(Behaviour {
        latency: Duration::from_millis(20),
        per_second: Some(20),
        ..Behaviour::default()
    });
    let (_, results) = ask_many(endpoint(&server, Limits::default()), 200, 200).await;
    assert!(results.iter().all(Result::is_ok));
    assert!(server.refused() <= 40, "{} refusals", server.refused());
}

#[tokio::test]
async fn a_dead_server_is_named_and_left_alone() {
    let server = Server::start(Behaviour::default());
    let address = server.address();
    let endpoint = endpoint(&server, Limits::default());
    drop(server);
    std::net::TcpListener::bind(address).expect("the port must be free again");
    let opened = Arc::new(Mutex::new(0));
    let count = Arc::clone(&opened);
    let endpoint = endpoint.observed_by(Arc::new(move |_, event| {
        if matches!(event, AttemptEvent::CircuitOpened { .. }) {
            *count.lock().unwrap() += 1;
        }
    }));
    let (_, results) = ask_many(endpoint, 300, 100).await;
    assert!(*opened.lock().unwrap() > 0, "the circuit did not say that it opened");
    let failures: Vec<CallFailure> = results.into_iter().map(Result::unwrap_err).collect();
    assert!(failures.iter().any(|failure| matches!(failure.cause, FailureCause::Unreachable(_))));
    let sent: u32 = failures.iter().map(|failure| failure.attempts).sum();
    assert!(sent < 200, "{sent} requests to a dead server");
}
