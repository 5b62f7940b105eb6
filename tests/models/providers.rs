//! Each provider's replies, in the shapes that its documentation gives, and the requests that
//! it is sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tgp::digest::Digest;
use tgp::models::capability::Capability;
use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::error::ReadError;
use tgp::models::provider::ProviderKind;
use tgp::models::reply::{Content, FailureCause, Outcome, RawReply, Reply, Usage};
use tgp::models::request::{
    ChatRequest, PaintRequest, Parameters, Picture, Request, SearchRequest, Speaker, Turn,
};
use tgp::world::Machine;

use super::faults::chat;
use super::secrets::Environment;
use super::server::{Behaviour, Outgoing, Server};

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/models/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    tgp::world::World::read(&Machine, path.as_ref()).unwrap()
}

fn endpoint(provider: &str, model: &str) -> Endpoint {
    let provider = ProviderKind::named(provider).unwrap();
    let base_url = Some("http://127.0.0.1:9".to_owned());
    let spec = EndpointSpec { base_url, ..EndpointSpec::new(provider, model) };
    Endpoint::open(spec, Arc::new(Machine)).unwrap()
}

fn read_as(request: &Request, name: &str, status: u16) -> Result<Reply, ReadError> {
    let (provider, _) = name.split_once('/').unwrap();
    let raw = RawReply {
        status,
        body: fixture(name).into(),
        latency: Duration::ZERO,
        attempts: 1,
        at: Duration::ZERO,
    };
    endpoint(provider, "m").read(request, &raw)
}

fn usage(input: u64, output: u64, cached: u64, reasoning: u64) -> Usage {
    Usage { input, output, cached, reasoning }
}

#[test]
fn chat_replies_mean_what_they_mean() {
    use Outcome::{Blocked, Complete, Cut, Empty};
    let refusal = "I'm sorry, I can't help with that.";
    let cases = [
        ("openai/success", 200, Complete, "Hello! How can I help?", usage(19, 10, 0, 0)),
        ("openai/length", 200, Cut, "The first three are", usage(19, 10, 0, 0)),
        ("openai/filter", 200, Blocked, "", usage(19, 10, 0, 0)),
        ("openai/refusal", 200, Complete, refusal, usage(19, 10, 0, 0)),
        ("openai/tool_calls", 200, Empty, "", usage(19, 10, 0, 0)),
        ("openai/reasoning_cut", 200, Cut, "", usage(50, 1024, 32, 1024)),
        ("openai/error_policy", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("azure/filter", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("deepseek/reasoning", 200, Complete, "Four.", usage(14, 25, 8, 18)),
        ("deepseek/risk", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("mistral/parts", 200, Complete, "Paris.", usage(9, 4, 0, 0)),
        ("zhipu/sensitive", 200, Blocked, "", usage(21, 0, 0, 0)),
        ("zhipu/filter", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("qwen/inspection", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("openrouter/moderation", 403, Blocked, "", usage(0, 0, 0, 0)),
        ("compatible/odd", 200, Complete, "ok", usage(0, 0, 0, 0)),
        ("anthropic/success", 200, Complete, "Hello, you.", usage(22, 12, 7, 0)),
        ("anthropic/thinking", 200, Complete, "42", usage(22, 12, 7, 0)),
        ("anthropic/length", 200, Cut, "Once upon", usage(22, 12, 7, 0)),
        ("anthropic/refusal", 200, Blocked, "", usage(22, 12, 7, 0)),
        ("anthropic/empty", 200, Empty, "", usage(22, 12, 7, 0)),
        ("anthropic/filter", 400, Blocked, "", usage(0, 0, 0, 0)),
        ("gemini/success", 200, Complete, "Blue.", usage(8, 35, 0, 30)),
        ("gemini/length", 200, Cut, "", usage(8, 35, 0, 30)),
        ("gemini/safety", 200, Blocked, "", usage(8, 35, 0, 30)),
        ("gemini/prompt_blocked", 200, Blocked, "", usage(8, 0, 0, 0)),
        ("cohere/success", 200, Complete, "Yes.", usage(71, 4, 16, 0)),
        ("cohere/length", 200, Cut, "Ye", usage(71, 1, 0, 0)),
        ("cohere/toxic", 200, Blocked, "", usage(0, 0, 0, 0)),
        ("replicate/success", 200, Complete, "Hi there.", usage(3, 4, 0, 0)),
        ("replicate/nsfw", 200, Blocked, "", usage(0, 0, 0, 0)),
    ];
    for (name, status, outcome, text, usage) in cases {
        let reply = read_as(&chat("?"), name, status).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reply.outcome, outcome, "{name}");
        let content = if outcome == Blocked { Content::None } else { Content::Text(text.into()) };
        assert_eq!(reply.content, content, "{name}");
        assert_eq!(reply.usage, usage, "{name}");
    }
}

#[test]
fn an_error_is_never_an_answer() {
    let cases = [
        ("openai/error_key", 401, 401),
        ("openai/error_quota", 429, 429),
        ("deepseek/resources", 200, 503),
        ("openrouter/within", 200, 502),
        ("together/plain_error", 503, 503),
        ("anthropic/overloaded", 529, 529),
        ("gemini/error", 429, 429),
        ("cohere/error", 401, 401),
        ("replicate/failed", 200, 500),
    ];
    for (name, status, expected) in cases {
        match read_as(&chat("?"), name, status) {
            Err(ReadError::Failed { status, message }) => {
                assert_eq!(status, expected, "{name}");
                assert!(!message.is_empty(), "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    for provider in ["openai", "anthropic", "gemini", "cohere", "replicate"] {
        for body in ["", "{", "{}", "null", "[]", "<html>502</html>", r#"{"choices":[]}"#] {
            let raw = RawReply {
                status: 200,
                body: Bytes::from_static(body.as_bytes()),
                latency: Duration::ZERO,
                attempts: 1,
                at: Duration::ZERO,
            };
            let read = endpoint(provider, "m").read(&chat("?"), &raw);
            assert!(matches!(read, Err(ReadError::Malformed { .. })), "{provider} {body}: {read:?}");
        }
    }
}

#[test]
fn a_bound_reply_is_its_json() {
    let reply = read_as(&chat("?"), "anthropic/tool", 200).unwrap();
    let Content::Text(text) = reply.content else { panic!("no text") };
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), serde_json::json!({ "score": 3 }));
}

#[test]
fn vectors_come_in_the_order_of_their_texts() {
    let texts = Request::Embed(vec!["a".into(), "b".into()]);
    let vectors = |name| read_as(&texts, name, 200).map(|reply| reply.content);
    let ordered = Content::Vectors(vec![vec![0.125, 1.0], vec![0.5, -0.25]]);
    assert_eq!(vectors("openai/embeddings"), Ok(ordered));
    let expected = Content::Vectors(vec![vec![0.5, 0.25], vec![1.0, 0.0]]);
    assert_eq!(vectors("gemini/embeddings"), Ok(expected.clone()));
    assert_eq!(vectors("cohere/embeddings"), Ok(expected));
    let three = Request::Embed(vec!["a".into(), "b".into(), "c".into()]);
    assert!(read_as(&three, "openai/embeddings", 200).is_err(), "a missing vector must not pass");
}

#[test]
fn classifiers_give_scores_by_name() {
    let request = Request::Classify("you".into());
    let scores = |name| match read_as(&request, name, 200).unwrap().content {
        Content::Scores(scores) => scores,
        other => panic!("{other:?}"),
    };
    assert_eq!(scores("openai/moderation"), [("violence".into(), 0.91), ("hate".into(), 0.02)]);
    assert_eq!(scores("perspective/success"), [("TOXICITY".into(), 0.9), ("INSULT".into(), 0.4)]);
}

#[test]
fn searches_give_hits() {
    let search = |images, top| Request::Search(SearchRequest { query: "q".into(), top, images });
    let urls = |name, images, top| match read_as(&search(images, top), name, 200).unwrap().content {
        Content::Hits(hits) => hits.iter().map(|hit| hit.url.to_string()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(urls("brave/web", false, 10), ["https://a.example/1", "https://a.example/2"]);
    assert_eq!(urls("brave/web", false, 1), ["https://a.example/1"]);
    assert_eq!(urls("brave/images", true, 10), ["https://a.example/cat.png"]);
    assert_eq!(urls("serper/search", false, 10), ["https://a.example/1"]);
    assert_eq!(urls("serper/images", true, 10), ["https://a.example/cat.png"]);
    assert_eq!(urls("searxng/search", false, 10), ["https://a.example/1", "https://a.example/2"]);
}

#[test]
fn pictures_come_with_their_kind() {
    let paint = Request::Paint(PaintRequest { prompt: "p".into(), count: 2, size: None, seed: None });
    let Content::Pictures(pictures) = read_as(&paint, "openai/images", 200).unwrap().content else {
        panic!("no pictures")
    };
    let kinds: Vec<&str> = pictures.iter().map(|picture| &*picture.media_type).collect();
    assert_eq!(kinds, ["image/png", "image/jpeg"]);
    assert_eq!(read_as(&paint, "openai/image_policy", 400).unwrap().outcome, Outcome::Blocked);
}

/// What a provider is sent for a request, as the request line, the headers and the JSON.
async fn sent(provider: &str, model: &str, request: &Request) -> (String, serde_json::Value) {
    let server = Server::start(Behaviour::answering(200, "{}"));
    let spec = EndpointSpec {
        base_url: Some(server.root()),
        key_variable: Some("KEY".to_owned()),
        limits: tgp::models::limits::Limits { attempts: 1, ..Default::default() },
        ..EndpointSpec::new(ProviderKind::named(provider).unwrap(), model)
    };
    let world = Environment::new(&[("KEY", "secret-key")]);
    // The answer is no answer; what was sent is what counts.
    let _ = Endpoint::open(spec, Arc::new(world)).unwrap().call(request).await;
    let last = server.last();
    let (head, body) = last.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

fn picture() -> Picture {
    let bytes = b"\x89PNG\r\n\x1a\n";
    Picture { digest: Digest::of(bytes), media_type: "image/png".into(), bytes: Bytes::from_static(bytes) }
}

fn full_chat(parameters: Parameters) -> Request {
    let turn = |speaker, text: &str, images| Turn { speaker, text: text.into(), images };
    Request::Chat(ChatRequest {
        system: Some("Be brief.".into()),
        turns: vec![
            turn(Speaker::User, "Hi", Vec::new()),
            turn(Speaker::Assistant, "Hello", Vec::new()),
            turn(Speaker::User, "What is this?", vec![picture()]),
        ],
        parameters,
        schema: None,
    })
}

#[tokio::test]
async fn each_provider_is_sent_its_own_terms() {
    let parameters = Parameters {
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_tokens: Some(77),
        seed: Some(3),
        stop: vec!["END".into()],
        reasoning_effort: None,
    };
    let request = full_chat(parameters.clone());
    let unseeded = full_chat(Parameters { seed: None, ..parameters });
    let data = "data:image/png;base64,iVBORw0KGgo=";

    let (head, body) = sent("compatible", "m", &request).await;
    assert!(head.starts_with("POST /chat/completions "), "{head}");
    assert!(head.contains("authorization: Bearer secret-key"), "{head}");
    let expected = serde_json::json!({
        "model": "m",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": "Hello" },
            { "role": "user", "content": [
                { "type": "image_url", "image_url": { "url": data } },
                { "type": "text", "text": "What is this?" },
            ] },
        ],
        "temperature": 0.5, "top_p": 0.9, "max_tokens": 77, "seed": 3, "stop": ["END"],
    });
    assert_eq!(body, expected);

    let (_, body) = sent("openai", "m", &request).await;
    assert_eq!((&body["max_completion_tokens"], body.get("max_tokens")), (&77.into(), None));
    let (_, body) = sent("mistral", "m", &request).await;
    assert_eq!((&body["random_seed"], body.get("seed")), (&3.into(), None));
    let (head, _) = sent("azure", "depl", &request).await;
    assert!(head.starts_with("POST /openai/deployments/depl/chat/completions?api-version="), "{head}");
    assert!(head.contains("api-key: secret-key"), "{head}");

    let (head, body) = sent("anthropic", "m", &unseeded).await;
    assert!(head.starts_with("POST /v1/messages "), "{head}");
    assert!(head.contains("x-api-key: secret-key") && head.contains("anthropic-version: 2023-06-01"));
    let source = serde_json::json!({ "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=" });
    let expected = serde_json::json!({
        "model": "m",
        "max_tokens": 77,
        "system": "Be brief.",
        "messages": [
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": "Hello" },
            { "role": "user", "content": [
                { "type": "image", "source": source },
                { "type": "text", "text": "What is this?" },
            ] },
        ],
        "temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"],
    });
    assert_eq!(body, expected);

    let (head, body) = sent("gemini", "gemini-2.5-flash", &request).await;
    assert!(head.starts_with("POST /models/gemini-2.5-flash:generateContent "), "{head}");
    assert!(head.contains("x-goog-api-key: secret-key"), "{head}");
    let inline = serde_json::json!({ "inlineData": { "mimeType": "image/png", "data": "iVBORw0KGgo=" } });
    let expected = serde_json::json!({
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "contents": [
            { "role": "user", "parts": [{ "text": "Hi" }] },
            { "role": "model", "parts": [{ "text": "Hello" }] },
            { "role": "user", "parts": [inline, { "text": "What is this?" }] },
        ],
        "generationConfig": {
            "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 77, "seed": 3, "stopSequences": ["END"],
        },
    });
    assert_eq!(body, expected);

    let (head, body) = sent("cohere", "m", &request).await;
    assert!(head.starts_with("POST /v2/chat "), "{head}");
    assert_eq!(body["messages"][0], serde_json::json!({ "role": "system", "content": "Be brief." }));
    assert_eq!((&body["p"], &body["stop_sequences"]), (&0.9.into(), &serde_json::json!(["END"])));

    let search = Request::Search(SearchRequest { query: "a b&c".into(), top: 5, images: false });
    let (head, _) = sent("brave", "", &search).await;
    assert!(head.starts_with("GET /web/search?q=a+b%26c&count=5 "), "{head}");
    assert!(head.contains("x-subscription-token: secret-key"), "{head}");
    let (head, body) = sent("serper", "", &search).await;
    assert!(head.starts_with("POST /search "), "{head}");
    assert_eq!(body, serde_json::json!({ "q": "a b&c", "num": 5 }));
    let (_, body) = sent("perspective", "TOXICITY, INSULT", &Request::Classify("x".into())).await;
    assert_eq!(body["requestedAttributes"], serde_json::json!({ "TOXICITY": {}, "INSULT": {} }));
}

#[tokio::test]
async fn schemas_go_where_the_provider_takes_them_and_else_into_the_prompt() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "score": { "type": "integer" } },
        "required": ["score"],
        "additionalProperties": false,
    });
    let Request::Chat(plain) = chat("Rate it.") else { panic!("no chat") };
    let request = Request::Chat(ChatRequest { schema: Some(Arc::new(schema.clone())), ..plain });

    let (_, body) = sent("openai", "m", &request).await;
    assert_eq!(body["response_format"]["json_schema"]["schema"], schema);
    assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    let (_, body) = sent("anthropic", "m", &request).await;
    assert_eq!(body["tools"][0]["input_schema"], schema);
    assert_eq!(body["tool_choice"], serde_json::json!({ "type": "tool", "name": "answer" }));
    let (_, body) = sent("gemini", "m", &request).await;
    assert_eq!(body["generationConfig"]["responseSchema"]["required"], serde_json::json!(["score"]));
    assert_eq!(body["generationConfig"]["responseSchema"].get("additionalProperties"), None);
    let (_, body) = sent("deepseek", "m", &request).await;
    assert_eq!(body.get("response_format"), None);
    let system = body["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains(&schema.to_string()), "{system}");
}

#[test]
fn what_a_provider_has_nothing_for_is_refused_by_name() {
    let with = |parameters| full_chat(parameters);
    let seed = || Parameters { seed: Some(1), ..Parameters::default() };
    let effort = || Parameters { reasoning_effort: Some("high".into()), ..Parameters::default() };
    let refusal =
        |provider, request: &Request| endpoint(provider, "m").refuse(request).map(|r| r.to_string());
    assert_eq!(refusal("anthropic", &with(seed())).as_deref(), Some("anthropic has no parameter `seed`"));
    assert_eq!(refusal("deepseek", &chat("x")), None);
    assert_eq!(
        refusal("cohere", &with(effort())).as_deref(),
        Some("cohere has no parameter `reasoning_effort`")
    );
    assert_eq!(refusal("brave", &chat("x")).as_deref(), Some("brave has no interface for `chat`"));
    assert!(refusal("replicate", &with(Parameters::default())).is_some(), "it takes no conversations");
    assert_eq!(refusal("openai", &with(seed())), None);
    assert!(endpoint("gemini", "m").supports(Capability::Embed));
    assert!(!endpoint("anthropic", "m").supports(Capability::Embed));

    let spec = EndpointSpec { parameters: seed(), ..EndpointSpec::new(ProviderKind::Anthropic, "m") };
    let bound = Endpoint::open(spec, Arc::new(Machine)).unwrap();
    assert!(bound.refuse(&chat("x")).is_some(), "a parameter of the binding is sent or refused as well");
}

#[tokio::test]
async fn pictures_at_addresses_are_kept_with_the_reply() {
    let png = b"\x89PNG\r\n\x1a\nrest";
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| {
            if incoming.path.starts_with("/files/") {
                assert!(!incoming.head.contains("secret-key"), "the key went to someone else's address");
                return Outgoing { status: 200, media_type: "image/png", body: png.to_vec() };
            }
            let host = super::server::header(incoming.head, "host").unwrap();
            let body = format!(r#"{{"created":1,"data":[{{"url":"http://{host}/files/a.png"}}]}}"#);
            Outgoing::json(200, body)
        }),
        ..Behaviour::default()
    });
    let spec = EndpointSpec {
        base_url: Some(server.root()),
        key_variable: Some("KEY".to_owned()),
        ..EndpointSpec::new(ProviderKind::Zhipu, "cogview-4")
    };
    let world = Environment::new(&[("KEY", "secret-key")]);
    let endpoint = Endpoint::open(spec, Arc::new(world)).unwrap();
    let request = Request::Paint(PaintRequest { prompt: "p".into(), count: 1, size: None, seed: None });
    let raw = endpoint.call(&request).await.unwrap();
    drop(server);
    let reply = endpoint.read(&request, &raw).unwrap();
    let Content::Pictures(pictures) = reply.content else { panic!("no pictures") };
    assert_eq!(pictures.iter().map(|picture| &picture.bytes[..]).collect::<Vec<_>>(), [&png[..]]);
}

/// What an image model's response comes to, with the pictures that it points to.
async fn painted(name: &str, status: u16) -> Result<Reply, FailureCause> {
    let (provider, _) = name.split_once('/').unwrap();
    let fixture = String::from_utf8(fixture(name)).unwrap();
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| {
            if let Some(file) = incoming.path.strip_prefix("/files/") {
                let kinds = [("png", "image/png"), ("jpg", "image/jpeg"), ("webp", "image/webp")];
                let kind = kinds.iter().find(|(ending, _)| file.ends_with(ending)).unwrap();
                return Outgoing { status: 200, media_type: kind.1, body: file.as_bytes().to_vec() };
            }
            let host = super::server::header(incoming.head, "host").unwrap();
            Outgoing::json(status, fixture.replace("HOST", host))
        }),
        ..Behaviour::default()
    });
    let spec = EndpointSpec {
        base_url: Some(server.root()),
        key_variable: Some("KEY".to_owned()),
        limits: tgp::models::limits::Limits { attempts: 1, ..Default::default() },
        ..EndpointSpec::new(ProviderKind::named(provider).unwrap(), "m")
    };
    let world = Environment::new(&[("KEY", "secret-key")]);
    let endpoint = Endpoint::open(spec, Arc::new(world)).unwrap();
    let request = Request::Paint(PaintRequest { prompt: "p".into(), count: 1, size: None, seed: None });
    let raw = endpoint.call(&request).await.map_err(|failure| failure.cause)?;
    drop(server);
    Ok(endpoint.read(&request, &raw).unwrap())
}

#[tokio::test]
async fn image_models_answer_in_many_shapes() {
    let cases: [(&str, &[&str]); 5] = [
        ("replicate/picture", &["image/webp"]),
        ("replicate/pictures", &["image/png", "image/jpeg"]),
        ("zhipu/picture", &["image/png"]),
        ("compatible/pictures", &["image/png", "image/jpeg"]),
        ("compatible/pictures_at", &["image/png", "image/jpeg"]),
    ];
    for (name, kinds) in cases {
        let reply = painted(name, 200).await.unwrap();
        let Content::Pictures(pictures) = reply.content else { panic!("{name}: no pictures") };
        let found: Vec<&str> = pictures.iter().map(|picture| &*picture.media_type).collect();
        assert_eq!(found, kinds, "{name}");
        assert_eq!(reply.outcome, Outcome::Complete, "{name}");
    }
    for (name, status) in [("replicate/nsfw", 201), ("zhipu/filter", 400), ("openai/image_policy", 400)] {
        assert_eq!(painted(name, status).await.unwrap().outcome, Outcome::Blocked, "{name}");
    }
    let failures = [
        ("replicate/failed", 201, FailureCause::Server(500)),
        ("zhipu/error", 400, FailureCause::Refused(400)),
        ("compatible/picture_error", 500, FailureCause::Server(500)),
    ];
    for (name, status, cause) in failures {
        assert_eq!(painted(name, status).await.unwrap_err(), cause, "{name}");
    }
}

#[tokio::test]
async fn started_work_is_asked_after_until_it_is_done() {
    let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let server = Server::start(Behaviour {
        respond: Arc::new(move |incoming| {
            let host = super::server::header(incoming.head, "host").unwrap();
            let get = format!("http://{host}/predictions/p1");
            let asked = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let status = if asked < 2 { "processing" } else { "succeeded" };
            let body =
                format!(r#"{{"id":"p1","status":"{status}","output":["do","ne"],"urls":{{"get":"{get}"}}}}"#);
            Outgoing::json(if incoming.method == "POST" { 201 } else { 200 }, body)
        }),
        ..Behaviour::default()
    });
    let spec = EndpointSpec {
        base_url: Some(server.root()),
        ..EndpointSpec::new(ProviderKind::Replicate, "owner/name")
    };
    let endpoint = Endpoint::open(spec, Arc::new(Machine)).unwrap();
    let raw = endpoint.call(&chat("hi")).await.unwrap();
    assert_eq!(raw.attempts, 1, "questions after the work are no new attempts");
    let reply = endpoint.read(&chat("hi"), &raw).unwrap();
    assert_eq!(reply.content, Content::Text("done".into()));
}

#[tokio::test]
async fn pages_become_text_by_their_character_set() {
    let server = Server::start(Behaviour {
        respond: Arc::new(|incoming| match incoming.path {
            "/page" => Outgoing {
                status: 200,
                media_type: "text/html; charset=iso-8859-1",
                body: b"<title>Caf\xe9</title><nav>menu</nav><p>Caf\xe9 open".to_vec(),
            },
            "/picture" => Outgoing { status: 200, media_type: "image/png", body: vec![0x89] },
            _ => Outgoing { status: 404, media_type: "text/html", body: b"<p>gone".to_vec() },
        }),
        ..Behaviour::default()
    });
    let endpoint = Endpoint::open(EndpointSpec::new(ProviderKind::Web, ""), Arc::new(Machine)).unwrap();
    let request = |path: &str| Request::Fetch(format!("{}{path}", server.root()).into());
    let raw = endpoint.call(&request("/page")).await.unwrap();
    let Content::Page(page) = endpoint.read(&request("/page"), &raw).unwrap().content else {
        panic!("no page")
    };
    assert_eq!((&*page.title, &*page.text), ("Café", "Café open"));
    for (path, status) in [("/picture", 415), ("/gone", 404)] {
        let failure = endpoint.call(&request(path)).await.unwrap_err();
        assert_eq!((failure.cause, failure.attempts), (FailureCause::Refused(status), 1), "{path}");
    }
}

#[test]
fn call_keys_hold_what_goes_on_the_wire_and_nothing_else() {
    let open = |change: fn(&mut EndpointSpec)| {
        let mut spec = EndpointSpec::new(ProviderKind::OpenAi, "gpt-4o");
        change(&mut spec);
        let world = Environment::new(&[("KEY", "secret-key")]);
        Endpoint::open(spec, Arc::new(world)).unwrap().call_key(&chat("x"), 0, None)
    };
    let plain = open(|_| {});
    let same: [fn(&mut EndpointSpec); 4] = [
        |spec| spec.name = "other".to_owned(),
        |spec| spec.limits.concurrency = 1,
        |spec| spec.key_variable = Some("KEY".to_owned()),
        |spec| spec.base_url = Some("https://api.openai.com/v1/".to_owned()),
    ];
    for change in same {
        assert_eq!(open(change), plain);
    }
    let different: [fn(&mut EndpointSpec); 4] = [
        |spec| spec.model = "gpt-4o-mini".to_owned(),
        |spec| spec.parameters.temperature = Some(0.0),
        |spec| spec.base_url = Some("http://localhost:8000/v1".to_owned()),
        |spec| spec.provider = ProviderKind::OpenRouter,
    ];
    for change in different {
        assert_ne!(open(change), plain);
    }
    let stated = |address: &str| {
        let spec = EndpointSpec {
            base_url: Some(address.to_owned()),
            identity: Some("our-llama".to_owned()),
            ..EndpointSpec::new(ProviderKind::Vllm, "llama")
        };
        Endpoint::open(spec, Arc::new(Machine)).unwrap().call_key(&chat("x"), 0, None)
    };
    assert_eq!(stated("http://a:1/v1"), stated("http://b:2/v1"));
    let endpoint = Endpoint::open(EndpointSpec::new(ProviderKind::OpenAi, "m"), Arc::new(Machine)).unwrap();
    assert_ne!(endpoint.call_key(&chat("x"), 0, None), endpoint.call_key(&chat("x"), 1, None));
    assert_ne!(endpoint.call_key(&chat("x"), 0, None), endpoint.call_key(&chat("x"), 0, Some("2026-12")));
}
