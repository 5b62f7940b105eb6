//! External programs as endpoints.

use std::path::Path;
use std::sync::Arc;

use tgp::models::endpoint::{Endpoint, EndpointSpec};
use tgp::models::limits::Limits;
use tgp::models::provider::ProviderKind;
use tgp::models::reply::{Content, FailureCause};
use tgp::models::request::Request;
use tgp::world::{Machine, World};

fn endpoint(script: &Path) -> Endpoint {
    let spec = EndpointSpec {
        arguments: vec![script.to_str().unwrap().to_owned()],
        limits: Limits { attempts: 3, ..Limits::default() },
        ..EndpointSpec::new(ProviderKind::Command, "sh")
    };
    Endpoint::open(spec, Arc::new(Machine)).unwrap()
}

fn write(path: &Path, script: &str) {
    Machine.write(path, script.as_bytes()).unwrap();
}

#[tokio::test]
async fn lines_are_answered_and_a_program_that_dies_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("score.sh");
    // Answers two lines, then dies.
    write(
        &script,
        r#"read line; echo '{"scores":{"first":0.25}}'; read line; echo '{"scores":{"second":1}}'; exit 1"#,
    );
    let endpoint = endpoint(&script);
    let request = Request::Classify("text".into());
    let mut names = Vec::new();
    for _ in 0..5 {
        let raw = endpoint.call(&request).await.unwrap();
        let Content::Scores(scores) = endpoint.read(&request, &raw).unwrap().content else {
            panic!("no scores")
        };
        names.extend(scores.into_iter().map(|(name, _)| name.to_string()));
    }
    assert_eq!(names, ["first", "second", "first", "second", "first"]);
}

#[tokio::test]
async fn answers_find_their_questions_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("swap.sh");
    // Takes two lines and answers the second one first.
    write(
        &script,
        r#"
text() { sed 's/.*"classify":"\([^"]*\)".*/\1/'; }
id() { sed 's/{"id":\([0-9]*\),.*/\1/'; }
read -r one; read -r two
for line in "$two" "$one"; do
  echo "{\"id\":$(echo "$line" | id),\"scores\":{\"$(echo "$line" | text)\":1}}"
done
cat > /dev/null
"#,
    );
    let endpoint = endpoint(&script);
    let (a, b) = (Request::Classify("a".into()), Request::Classify("b".into()));
    let (first, second) = tokio::join!(endpoint.call(&a), endpoint.call(&b));
    for (request, raw, name) in [(&a, first, "a"), (&b, second, "b")] {
        let content = endpoint.read(request, &raw.unwrap()).unwrap().content;
        assert_eq!(content, Content::Scores(vec![(name.into(), 1.0)]));
    }
}

#[tokio::test]
async fn what_a_program_cannot_do_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("error.sh");
    write(&script, r#"while read line; do echo '{"error":"no such language"}'; done"#);
    let failure = endpoint(&script).call(&Request::Classify("x".into())).await.unwrap_err();
    assert_eq!((failure.cause, failure.attempts), (FailureCause::Refused(422), 1));
    assert!(failure.excerpt.contains("no such language"));
}

#[test]
fn a_program_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.sh"), folder.path().join("two.sh"));
    write(&one, "echo 1");
    write(&two, "echo 1");
    let key = |script: &Path| endpoint(script).call_key(&Request::Classify("x".into()), 0, None);
    assert_eq!(key(&one), key(&two), "a path is no part of it");
    let before = key(&one);
    write(&one, "echo 2");
    assert_ne!(key(&one), before);
}

#[test]
fn a_missing_program_is_named() {
    let spec = EndpointSpec::new(ProviderKind::Command, "./no-such-program");
    let error = Endpoint::open(spec, Arc::new(Machine)).unwrap_err().to_string();
    assert!(error.contains("./no-such-program"), "{error}");
}
