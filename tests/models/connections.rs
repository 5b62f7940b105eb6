//! How a server is reached: straight where it is near, by the client where something stands between.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::provider::ProviderKind;

use super::faults::chat;
use super::secrets::Environment;
use super::server::{Behaviour, Server, header};

const ANSWER: &str =
    r#"{"model":"m","choices":[{"message":{"content":"fine"},"finish_reason":"stop"}],"usage":{}}"#;

fn endpoint(root: &str, variables: &[(&str, &str)]) -> Endpoint {
    let spec = EndpointSpec {
        base_url: Some(format!("{root}/v1")),
        ..EndpointSpec::new(ProviderKind::Compatible, "test")
    };
    Endpoint::open(spec, Arc::new(Environment::new(variables))).unwrap()
}

/// A server of few words: gives each connection one response, and closes it without saying so.
fn abrupt(response: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            count.fetch_add(1, Ordering::Relaxed);
            let mut request = Vec::new();
            let mut part = [0; 4096];
            loop {
                let head = memchr::memmem::find(&request, b"\r\n\r\n");
                let length = head.map(|at| {
                    let head = String::from_utf8_lossy(&request[..at]).into_owned();
                    at + 4 + header(&head, "content-length").map_or(0, |length| length.parse().unwrap())
                });
                if length.is_some_and(|length| request.len() >= length) {
                    break;
                }
                match stream.read(&mut part) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let _ = stream.write_all(response.as_bytes());
        }
    });
    (root, connections)
}

/// A response that sends elsewhere.
fn moved(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_connection_that_closed_while_it_lay_idle_costs_no_call() {
    let response = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{ANSWER}", ANSWER.len());
    let (root, connections) = abrupt(response);
    let endpoint = endpoint(&root, &[]);
    for row in 0..5 {
        let raw = endpoint.call(&chat(&format!("row {row}"))).await.unwrap();
        assert_eq!((&raw.body[..], raw.attempts), (ANSWER.as_bytes(), 1));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(connections.load(Ordering::Relaxed) >= 5);
}

#[tokio::test]
async fn a_server_that_sends_elsewhere_is_followed_and_the_key_stays() {
    let there = Server::start(Behaviour::default());
    let (root, connections) = abrupt(moved(307, &format!("{}/v1/chat/completions", there.root())));
    let endpoint = endpoint(&root, &[("OPENAI_API_KEY", "sk-known")]);
    let raw = endpoint.call(&chat("where are you?")).await.unwrap();
    assert_eq!((raw.status, raw.attempts), (200, 1));
    assert_eq!(connections.load(Ordering::Relaxed), 1, "what sends elsewhere is asked once");
    let asked = there.last();
    assert!(asked.contains("where are you?"), "{asked}");
    assert!(!asked.contains("sk-known"), "another server was shown the key");
}

#[tokio::test]
async fn where_a_server_names_a_place_to_read_nothing_is_sent() {
    let there = Server::start(Behaviour::default());
    let (root, connections) = abrupt(moved(303, &format!("{}/results/1", there.root())));
    endpoint(&root, &[]).call(&chat("do the work")).await.unwrap();
    let asked = there.last();
    assert!(asked.starts_with("GET /results/1 ") && !asked.contains("do the work"), "{asked}");
    assert_eq!(connections.load(Ordering::Relaxed), 1, "the work is done once");
}

#[tokio::test]
async fn both_ways_say_the_same() {
    let server = Server::start(Behaviour::default());
    let mut asked = Vec::new();
    for variables in [&[("OPENAI_API_KEY", "k")][..], &[("OPENAI_API_KEY", "k"), ("http_proxy", "http://p")]]
    {
        endpoint(&server.root(), variables).call(&chat("what do you hear?")).await.unwrap();
        let mut heard: Vec<String> = server.last().lines().map(str::to_lowercase).collect();
        heard.sort();
        asked.push(heard);
    }
    assert_eq!(asked[0], asked[1]);
}
