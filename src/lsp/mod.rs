//! What an editor is told of the files that are open in it: mistakes as they are typed, the one
//! layout, and what a column is.
//!
//! Texts come from the editor and everything else from the [`World`]; nothing is run.

mod documents;
mod hover;
mod position;

use std::error::Error;
use std::sync::Arc;

use lsp_server::{Connection, Message, Notification, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument, Notification as _,
    PublishDiagnostics,
};
use lsp_types::request::{Formatting, HoverRequest, Request as _};
use lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DocumentFormattingParams, HoverParams, HoverProviderCapability, OneOf, PublishDiagnosticsParams,
    ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions, TextEdit,
    Uri,
};

use crate::syntax::format::format;
use crate::world::World;

use documents::Documents;

/// What the connection broke on.
pub type ServeError = Box<dyn Error + Send + Sync>;

/// Serves one editor until it says goodbye. Errors: the connection breaks.
pub fn serve(connection: &Connection, world: Arc<dyn World>) -> Result<(), ServeError> {
    let capabilities = ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::FULL),
            save: Some(true.into()),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    };
    connection.initialize(serde_json::to_value(capabilities)?)?;
    let mut documents = Documents::new(world);
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                connection.sender.send(answer(&documents, request).into())?;
            }
            Message::Notification(notification) => {
                for (uri, params) in heard(&mut documents, notification) {
                    let params = PublishDiagnosticsParams { uri, diagnostics: params, version: None };
                    let told = Notification::new(PublishDiagnostics::METHOD.to_owned(), params);
                    connection.sender.send(told.into())?;
                }
            }
            Message::Response(_) => {}
        }
    }
    Ok(())
}

/// The files that are to be told anew, with what is wrong in them.
fn heard(documents: &mut Documents, notification: Notification) -> Vec<(Uri, Vec<lsp_types::Diagnostic>)> {
    match notification.method.as_str() {
        DidOpenTextDocument::METHOD => {
            let Some(DidOpenTextDocumentParams { text_document }) = read(notification.params) else {
                return Vec::new();
            };
            documents.put(&text_document.uri, &text_document.text);
            documents.told(&text_document.uri).into_iter().collect()
        }
        DidChangeTextDocument::METHOD => {
            let Some(DidChangeTextDocumentParams { text_document, content_changes }) =
                read(notification.params)
            else {
                return Vec::new();
            };
            let Some(change) = content_changes.into_iter().next_back() else { return Vec::new() };
            documents.put(&text_document.uri, &change.text);
            documents.told(&text_document.uri).into_iter().collect()
        }
        // What is open may use what was saved.
        DidSaveTextDocument::METHOD => documents.all_told(),
        DidCloseTextDocument::METHOD => {
            let Some(DidCloseTextDocumentParams { text_document }) = read(notification.params) else {
                return Vec::new();
            };
            documents.close(&text_document.uri);
            vec![(text_document.uri, Vec::new())]
        }
        _ => Vec::new(),
    }
}

fn answer(documents: &Documents, request: Request) -> Response {
    let result = match request.method.as_str() {
        Formatting::METHOD => read(request.params).map(|params: DocumentFormattingParams| {
            let text = documents.text(&params.text_document.uri);
            serde_json::to_value(text.and_then(laid_out))
        }),
        HoverRequest::METHOD => read(request.params).map(|params: HoverParams| {
            let place = params.text_document_position_params;
            let told = documents.open(&place.text_document.uri).and_then(|document| {
                hover::hover(&document.text, document.program.as_deref(), place.position)
            });
            serde_json::to_value(told)
        }),
        method => {
            let message = format!("`{method}` is not answered");
            return Response::new_err(request.id, lsp_server::ErrorCode::MethodNotFound as i32, message);
        }
    };
    match result {
        Some(Ok(result)) => Response::new_ok(request.id, result),
        _ => {
            let code = lsp_server::ErrorCode::InvalidParams as i32;
            Response::new_err(request.id, code, "what is asked can't be read".to_owned())
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(params: serde_json::Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

/// The edit that lays a text out; none for a text that has no layout, or has it already.
fn laid_out(text: &str) -> Option<Vec<TextEdit>> {
    let laid = format(text).ok()?;
    if laid == text {
        return Some(Vec::new());
    }
    Some(vec![TextEdit { range: position::range(text, 0, text.len()), new_text: laid }])
}
