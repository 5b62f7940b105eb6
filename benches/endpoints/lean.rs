//! A server that answers every request at once with the same chat completion, and does nothing
//! else that costs time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::faulty::completion;

#[derive(Default)]
struct Seen {
    requests: AtomicU64,
    body: OnceLock<Vec<u8>>,
    kept: Mutex<()>,
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
        let body = completion("Paris is the capital of France.");
        let response: Arc<[u8]> = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
        .into();
        let shared = Arc::clone(&seen);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, response) = (Arc::clone(&shared), Arc::clone(&response));
                tokio::spawn(async move {
                    let _ = serve(stream, &seen, &response).await;
                });
            }
        });
        Server { address, seen, _runtime: runtime }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::Relaxed)
    }

    /// The body of the first request that came.
    pub(crate) fn body(&self) -> Vec<u8> {
        self.seen.body.get().cloned().unwrap_or_default()
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen, response: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let Some(end) = memchr::memmem::find(&buffer, b"\r\n\r\n") else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let whole = end + 4 + content_length(&buffer[..end]);
        while buffer.len() < whole {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        if seen.body.get().is_none() {
            let _one = seen.kept.lock();
            seen.body.get_or_init(|| buffer[end + 4..whole].to_vec());
        }
        seen.requests.fetch_add(1, Ordering::Relaxed);
        buffer.drain(..whole);
        stream.write_all(response).await?;
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).unwrap_or_default();
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
