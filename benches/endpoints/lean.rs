//! A server that answers every chat request at once: a usual HTTP server that reads what it is
//! asked, and answers the same completion each time.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::faulty::completion;

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    body: OnceLock<Bytes>,
}

/// As much of a request as a server must know to answer it.
#[derive(serde::Deserialize)]
struct Asked {
    model: String,
    messages: Vec<Message>,
}

#[derive(serde::Deserialize)]
struct Message {
    role: String,
    content: String,
}

/// Runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    pub(crate) fn start() -> Server {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let seen = Arc::new(Seen::default());
        let completion = Bytes::from(completion("Paris is the capital of France."));
        let shared = Arc::clone(&seen);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let (seen, completion) = (Arc::clone(&shared), completion.clone());
                tokio::spawn(async move {
                    let answer = service_fn(|request| answer(request, &seen, &completion));
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Server { address, seen, _runtime: runtime }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Requests answered with a completion.
    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// The body of the first request that came.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.seen.body.get().map(|body| body.to_vec()).unwrap_or_default()
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: &Seen,
    completion: &Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let is_sound = serde_json::from_slice(&body).is_ok_and(|asked: Asked| {
        !asked.model.is_empty()
            && asked.messages.iter().all(|message| !message.role.is_empty() && !message.content.is_empty())
    });
    if !is_sound {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    }
    if seen.body.get().is_none() {
        let _ = seen.body.set(body);
    }
    seen.requests.fetch_add(1, Ordering::Relaxed);
    let mut response = Response::new(Full::new(completion.clone()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}
