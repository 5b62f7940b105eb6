//! What an editor is told, over a connection in memory.

use std::path::Path;
use std::sync::Arc;

use lsp_server::{Connection, Message, Notification, Request, Response};
use serde_json::{Value, json};
use tgp::lsp::serve;
use tgp::world::Machine;

const TEXT: &str = "\
pipeline test.editor @ 1.0.0

use \"marks.tgp\" { marked }

## Where they come from.
curate items {
  rows [{ id = 1, question = \"é😀?\" }]
  key id
}

generate shown from items {
  let loud = marked(question)
  where loud != question
}
";

/// An editor with one file open in a folder of its own.
struct Editor {
    folder: tempfile::TempDir,
    connection: Connection,
    server: Option<std::thread::JoinHandle<()>>,
    asked: i32,
}

impl Editor {
    fn new() -> Editor {
        let folder = tempfile::tempdir().unwrap();
        let library = "library marks @ 1.0.0\n\nfn marked(x: text) -> text = upper(x) + \"!\"\n";
        std::fs::write(folder.path().join("marks.tgp"), library).unwrap();
        let (ours, theirs) = Connection::memory();
        let server = std::thread::spawn(move || serve(&theirs, Arc::new(Machine)).unwrap());
        let mut editor = Editor { folder, connection: ours, server: Some(server), asked: 0 };
        let answer = editor.ask("initialize", json!({ "capabilities": {} }));
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        editor.tell("initialized", json!({}));
        editor
    }

    fn address(&self, name: &str) -> String {
        let path: &Path = self.folder.path();
        format!("file://{}", path.join(name).display())
    }

    fn tell(&self, method: &str, params: Value) {
        let told = Notification { method: method.to_owned(), params };
        self.connection.sender.send(Message::Notification(told)).unwrap();
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let request = Request { id: self.asked.into(), method: method.to_owned(), params };
        self.connection.sender.send(Message::Request(request)).unwrap();
        loop {
            if let Message::Response(response) = self.connection.receiver.recv().unwrap() {
                return result(response);
            }
        }
    }

    fn open(&self, name: &str, text: &str) -> Vec<Value> {
        let document = json!({ "uri": self.address(name), "languageId": "tgp", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        self.mistakes()
    }

    fn change(&self, name: &str, text: &str) -> Vec<Value> {
        let document = json!({ "uri": self.address(name), "version": 2 });
        self.tell(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [{ "text": text }] }),
        );
        self.mistakes()
    }

    fn mistakes(&self) -> Vec<Value> {
        match self.connection.receiver.recv().unwrap() {
            Message::Notification(told) => told.params["diagnostics"].as_array().unwrap().clone(),
            other => panic!("{other:?}"),
        }
    }

    fn hover(&mut self, name: &str, line: u32, character: u32) -> Value {
        let address = self.address(name);
        self.ask(
            "textDocument/hover",
            json!({ "textDocument": { "uri": address }, "position": { "line": line, "character": character } }),
        )
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.server.take().unwrap().join().unwrap();
    }
}

fn result(response: Response) -> Value {
    serde_json::to_value(&response).unwrap()["result"].clone()
}

#[test]
fn mistakes_are_told_as_they_are_typed() {
    let editor = Editor::new();
    assert_eq!(editor.open("p.tgp", TEXT), Vec::<Value>::new());
    let wrong = TEXT.replace("question = \"é😀?\" }]", "question = \"é😀{{idd}}?\" }]");
    let told = editor.change("p.tgp", &wrong);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["severity"], 1);
    assert_eq!(told[0]["source"], "tgp");
    assert!(told[0]["message"].as_str().unwrap().contains("idd"), "{told:?}");
    // Columns count UTF-16 units: the face before the hole is two of them.
    let start = &told[0]["range"]["start"];
    let column = wrong.lines().nth(6).unwrap().split("idd").next().unwrap().encode_utf16().count();
    assert_eq!((start["line"].as_u64(), start["character"].as_u64()), (Some(6), Some(column as u64)));
    assert_eq!(editor.change("p.tgp", TEXT), Vec::<Value>::new());
}

#[test]
fn what_a_file_uses_counts_as_it_stands_in_the_editor() {
    let editor = Editor::new();
    editor.open("p.tgp", TEXT);
    editor.open("marks.tgp", "library marks @ 1.0.0\n\nfn marks(x: text) -> text = x\n");
    let told = editor.change("p.tgp", TEXT);
    assert!(told[0]["message"].as_str().unwrap().contains("marked"), "{told:?}");
}

#[test]
fn a_column_and_a_node_say_what_they_are() {
    let mut editor = Editor::new();
    editor.open("p.tgp", TEXT);
    let said = |hover: &Value| hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    let column = editor.hover("p.tgp", 11, 22);
    assert!(said(&column).contains("question: text"), "{column}");
    let node = editor.hover("p.tgp", 10, 23);
    assert!(said(&node).contains("curate items") && said(&node).contains("Where they come from."), "{node}");
    assert_eq!(editor.hover("p.tgp", 1, 0), Value::Null);
    // While it is mistaken, a file is known as it last was.
    editor.change("p.tgp", &TEXT.replace("!= question", "!= quest"));
    assert!(said(&editor.hover("p.tgp", 11, 22)).contains("question: text"));
}

#[test]
fn a_file_is_laid_out() {
    let mut editor = Editor::new();
    editor.open("p.tgp", &TEXT.replace("  key id", "        key   id"));
    let address = editor.address("p.tgp");
    let params = json!({
        "textDocument": { "uri": address }, "options": { "tabSize": 2, "insertSpaces": true }
    });
    let edits = editor.ask("textDocument/formatting", params.clone());
    assert_eq!(edits[0]["newText"], TEXT);
    editor.change("p.tgp", TEXT);
    assert_eq!(editor.ask("textDocument/formatting", params.clone()), json!([]));
    editor.change("p.tgp", "pipeline {");
    assert_eq!(editor.ask("textDocument/formatting", params), Value::Null);
}
