//! Batches: handed in, asked after, taken in.

use std::sync::Arc;

use tgp::models::batch::{BatchId, BatchState};
use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::provider::ProviderKind;
use tgp::models::reply::{Content, FailureCause};
use tgp::models::request::Request;
use tgp::world::Machine;

use super::faults::chat;
use super::server::{Behaviour, Outgoing, Server, completion};

fn server(respond: fn(&str, &str, &str) -> Outgoing) -> Server {
    Server::start(Behaviour {
        respond: Arc::new(move |incoming| respond(incoming.method, incoming.path, incoming.body)),
        ..Behaviour::default()
    })
}

fn endpoint(provider: ProviderKind, base_url: String) -> Endpoint {
    let spec = EndpointSpec { base_url: Some(base_url), ..EndpointSpec::new(provider, "m") };
    Endpoint::open(spec, Arc::new(Machine)).unwrap()
}

fn requests() -> Vec<(String, Request)> {
    ["a", "b", "c"].map(|name| (name.to_owned(), chat(name))).to_vec()
}

fn openai(method: &str, path: &str, body: &str) -> Outgoing {
    match (method, path) {
        ("POST", "/v1/files") => {
            let rows: Vec<serde_json::Value> = body
                .lines()
                .filter(|line| line.starts_with('{'))
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert_eq!(rows.len(), 3);
            assert_eq!(rows[1]["custom_id"], "b");
            assert_eq!(rows[1]["url"], "/v1/chat/completions");
            assert_eq!(rows[1]["body"]["messages"][0]["content"], "b");
            assert!(body.contains("name=\"purpose\"\r\n\r\nbatch\r\n"));
            Outgoing::json(200, r#"{"id":"file-in","object":"file"}"#)
        }
        ("POST", "/v1/batches") => {
            assert!(body.contains(r#""input_file_id":"file-in""#));
            assert!(body.contains(r#""metadata":{"tgp":"mark"}"#));
            Outgoing::json(200, r#"{"id":"batch_1","status":"validating"}"#)
        }
        ("GET", "/v1/batches/batch_1") => Outgoing::json(
            200,
            r#"{"id":"batch_1","status":"completed","output_file_id":"file-out","error_file_id":"file-err","request_counts":{"total":3,"completed":2,"failed":1}}"#,
        ),
        ("GET", "/v1/batches/batch_2") => Outgoing::json(
            200,
            r#"{"id":"batch_2","status":"in_progress","request_counts":{"total":3,"completed":1,"failed":0}}"#,
        ),
        ("GET", "/v1/files/file-out/content") => {
            let body = completion("fine");
            let rows = ["b", "a"].map(|name| {
                format!(r#"{{"id":"r","custom_id":"{name}","response":{{"status_code":200,"request_id":"q","body":{body}}},"error":null}}"#)
            });
            Outgoing::json(200, rows.join("\n"))
        }
        ("GET", "/v1/files/file-err/content") => Outgoing::json(
            200,
            r#"{"id":"r","custom_id":"c","response":{"status_code":401,"request_id":"q","body":{"error":{"message":"no"}}},"error":null}"#,
        ),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn openai_takes_a_file_and_gives_one() {
    let server = server(openai);
    let endpoint = endpoint(ProviderKind::OpenAi, server.base_url());
    let id = endpoint.submit(&requests(), "mark").await.unwrap();
    assert_eq!(id, BatchId("batch_1".to_owned()));
    let second = BatchId("batch_2".to_owned());
    assert_eq!(endpoint.poll(&second).await.unwrap(), BatchState::Working { done: 1, total: 3 });
    assert_eq!(endpoint.poll(&id).await.unwrap(), BatchState::Ended);
    let collected = endpoint.collect(&id).await.unwrap();
    let names: Vec<&str> = collected.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["b", "a", "c"]);
    for (name, raw) in &collected[..2] {
        let reply = endpoint.read(&chat(name), raw.as_ref().unwrap()).unwrap();
        assert_eq!(reply.content, Content::Text("fine".into()));
    }
    assert_eq!(collected[2].1.as_ref().unwrap_err().cause, FailureCause::Refused(401));
}

fn anthropic(method: &str, path: &str, body: &str) -> Outgoing {
    const COUNTS: &str =
        r#""request_counts":{"processing":0,"succeeded":1,"errored":1,"canceled":0,"expired":1}"#;
    match (method, path) {
        ("POST", "/v1/messages/batches") => {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(body["requests"][2]["custom_id"], "c");
            assert_eq!(body["requests"][2]["params"]["messages"][0]["content"], "c");
            Outgoing::json(200, format!(r#"{{"id":"msgbatch_1","processing_status":"in_progress",{COUNTS}}}"#))
        }
        ("GET", "/v1/messages/batches/msgbatch_1") => {
            Outgoing::json(200, format!(r#"{{"id":"msgbatch_1","processing_status":"ended",{COUNTS}}}"#))
        }
        ("GET", "/v1/messages/batches/msgbatch_1/results") => Outgoing::json(
            200,
            [
                r#"{"custom_id":"a","result":{"type":"succeeded","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"fine"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}}}"#,
                r#"{"custom_id":"b","result":{"type":"errored","error":{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}}}"#,
                r#"{"custom_id":"c","result":{"type":"expired"}}"#,
            ]
            .join("\n"),
        ),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn anthropic_gives_an_ending_to_each_request() {
    let server = server(anthropic);
    let endpoint = endpoint(ProviderKind::Anthropic, server.root());
    let id = endpoint.submit(&requests(), "mark").await.unwrap();
    assert_eq!(endpoint.poll(&id).await.unwrap(), BatchState::Ended);
    let collected = endpoint.collect(&id).await.unwrap();
    let reply = endpoint.read(&chat("a"), collected[0].1.as_ref().unwrap()).unwrap();
    assert_eq!(reply.content, Content::Text("fine".into()));
    assert_eq!(collected[1].1.as_ref().unwrap_err().cause, FailureCause::Server(529));
    assert_eq!(
        collected[2].1.as_ref().unwrap_err().cause,
        FailureCause::NotAnswered("it is expired".to_owned())
    );
}

#[tokio::test]
async fn a_batch_that_may_have_been_taken_is_not_handed_in_again() {
    let server =
        Server::start(Behaviour { torn: 1.0, ..Behaviour::answering(200, r#"{"id":"msgbatch_1"}"#) });
    let endpoint = endpoint(ProviderKind::Anthropic, server.root());
    endpoint.submit(&requests(), "mark").await.unwrap_err();
    assert_eq!(server.requests(), 1);
}
