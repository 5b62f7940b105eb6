//! Every parameter for every provider: it stands in what is sent, or it is refused by name.

use std::sync::Arc;

use tgp::models::capability::Capability;
use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::limits::Limits;
use tgp::models::provider::ProviderKind;
use tgp::models::request::{ChatRequest, PaintRequest, Parameters, Request, Speaker, Turn};
use tgp::world::{Machine, World};

use super::server::{Behaviour, Server};

/// A parameter, a request with that alone, and what of it must be seen in the message.
type Case = (&'static str, Request, &'static [&'static str]);

fn chat(parameters: Parameters) -> Request {
    let turn = Turn { speaker: Speaker::User, text: "hello".into(), images: Vec::new() };
    Request::Chat(ChatRequest { turns: vec![turn], parameters, ..ChatRequest::default() })
}

fn paint(size: Option<(u32, u32)>, seed: Option<i64>) -> Request {
    Request::Paint(PaintRequest { prompt: "a lighthouse".into(), count: 1, size, seed })
}

/// The request without any parameter is the first of each kind.
fn chats() -> Vec<Case> {
    let of = Parameters::default;
    vec![
        ("", chat(of()), &[]),
        ("temperature", chat(Parameters { temperature: Some(0.375), ..of() }), &["0.375"]),
        ("top_p", chat(Parameters { top_p: Some(0.8125), ..of() }), &["0.8125"]),
        ("max_tokens", chat(Parameters { max_tokens: Some(1_234_567), ..of() }), &["1234567"]),
        ("seed", chat(Parameters { seed: Some(-7_654_321), ..of() }), &["-7654321"]),
        (
            "stop",
            chat(Parameters { stop: vec!["HALT".into(), "ENOUGH".into()], ..of() }),
            &["HALT", "ENOUGH"],
        ),
        // Gemini's models up to 2.5 are told a number of tokens instead of the word.
        (
            "reasoning_effort",
            chat(Parameters { reasoning_effort: Some("low".into()), ..of() }),
            &["low|1024"],
        ),
    ]
}

fn pictures() -> Vec<Case> {
    vec![
        ("", paint(None, None), &[]),
        ("size", paint(Some((641, 487)), None), &["641", "487"]),
        ("seed", paint(None, Some(-7_654_321)), &["-7654321"]),
    ]
}

/// What is sent for a request; nothing where it is refused, and then why.
async fn sent(endpoint: &Endpoint, server: &Server, request: &Request) -> Result<String, String> {
    let before = server.requests();
    let failure = endpoint.call(request).await.unwrap_err();
    match server.requests() - before {
        0 => Err(failure.cause.to_string()),
        // The port is no parameter, and may have digits in common with one.
        _ => Ok(server.last().replace(server.root().trim_start_matches("http://"), "")),
    }
}

async fn holds(provider: ProviderKind, model: &str, cases: Vec<Case>) {
    let server = Server::start(Behaviour::answering(400, r#"{"error":{"message":"no"}}"#));
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    Machine.write(&key, b"the-key").unwrap();
    let spec = EndpointSpec {
        base_url: Some(server.base_url()),
        key_file: Some(key),
        limits: Limits { attempts: 1, ..provider.limits() },
        ..EndpointSpec::new(provider, model)
    };
    let endpoint = Endpoint::open(spec, Arc::new(Machine)).unwrap();
    let mut plain = None;
    for (parameter, request, marks) in cases {
        match sent(&endpoint, &server, &request).await {
            Err(reason) => assert!(
                !parameter.is_empty() && reason.contains(&format!("`{parameter}`")),
                "{provider}: {parameter}: {reason}"
            ),
            Ok(message) => {
                let has = |mark: &str| mark.split('|').any(|one| message.contains(one));
                assert!(marks.iter().all(|mark| has(mark)), "{provider} drops `{parameter}`:\n{message}");
                // The mark is the parameter's doing.
                let plain = plain.get_or_insert_with(|| message.clone());
                let lacks = |mark: &str| mark.split('|').all(|one| !plain.contains(one));
                assert!(marks.iter().all(|mark| lacks(mark)), "{provider}: {parameter}: {plain}");
            }
        }
    }
    assert!(plain.is_some(), "{provider} was sent nothing");
}

#[tokio::test]
async fn each_is_sent_or_refused_by_name() {
    for provider in ProviderKind::all().filter(|provider| *provider != ProviderKind::Command) {
        let can = |capability| provider.capabilities().contains(&capability);
        let models: &[&str] = match provider {
            ProviderKind::Gemini => &["gemini-2.5-flash", "gemini-3-pro"],
            ProviderKind::OpenAi => &["gpt-4o", "o3"],
            _ => &["some-model"],
        };
        for model in models {
            if can(Capability::Chat) {
                holds(provider, model, chats()).await;
            }
            if can(Capability::Image) {
                holds(provider, model, pictures()).await;
            }
        }
    }
}

#[tokio::test]
async fn a_program_is_told_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (script, heard) = (folder.path().join("hear.sh"), folder.path().join("heard"));
    let text = format!(
        "while read -r line; do echo \"$line\" >> {}; echo '{{\"error\":\"no\"}}'; done",
        heard.display()
    );
    Machine.write(&script, text.as_bytes()).unwrap();
    let spec = EndpointSpec {
        arguments: vec![script.to_str().unwrap().to_owned()],
        ..EndpointSpec::new(ProviderKind::Command, "sh")
    };
    let endpoint = Endpoint::open(spec, Arc::new(Machine)).unwrap();
    for (parameter, request, marks) in chats().into_iter().chain(pictures()) {
        endpoint.call(&request).await.unwrap_err();
        let lines = String::from_utf8(Machine.read(&heard).unwrap()).unwrap();
        let last = lines.lines().last().unwrap();
        let has = |mark: &str| mark.split('|').any(|one| last.contains(one));
        assert!(marks.iter().all(|mark| has(mark)), "`{parameter}`: {last}");
    }
}
