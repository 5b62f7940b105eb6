//! Straight connections to a server nearby.
//!
//! A server in the own network may answer in less time than a client for the whole web takes to ask:
//! its proxies, redirects, retries and versions cost more than the exchange. What is asked without
//! encryption and without a proxy goes over connections of our own.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{ACCEPT, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use tower_service::Service;

use super::idle::Idle;
use super::transport::{AGENT, Answer, CONNECT, Fault, Outgoing, reason};

/// How often a silent connection is asked whether it still stands, and how long an answer to that
/// may take: as reqwest does.
const KEEPALIVE: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 3;
/// How long a connection may take to be ready for the next request.
const READY: Duration = Duration::from_secs(1);

type Connection = SendRequest<Full<Bytes>>;

/// A server, and the connections to it that lie idle.
#[derive(Debug)]
pub(super) struct Direct {
    /// As it is written, such as `http://127.0.0.1:8000`.
    origin: String,
    server: Uri,
    connector: HttpConnector,
    /// What is said of ourselves in each request.
    usual: HeaderMap,
    /// How long a connection may lie idle: the server may be closing it.
    keep: Duration,
    /// The one that has lain there for the longest time is the first.
    free: Mutex<VecDeque<Free>>,
    /// What was asked for last: as a rule the next one too.
    last: Mutex<Option<(String, Uri)>>,
}

#[derive(Debug)]
struct Free {
    connection: Connection,
    since: Instant,
}

impl Direct {
    /// To the server of an address, if the address begins with `http://`.
    pub(super) fn to(base_url: &str, keep: Duration) -> Option<Direct> {
        let authority = base_url.strip_prefix("http://")?.split(['/', '?', '#']).next()?;
        let url = Url::parse(base_url).ok()?;
        let host = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str()?),
            None => url.host_str()?.to_owned(),
        };
        let mut usual = HeaderMap::new();
        usual.insert(HOST, HeaderValue::from_str(&host).ok()?);
        usual.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        usual.insert(ACCEPT, HeaderValue::from_static("*/*"));
        Some(Direct {
            origin: format!("http://{authority}"),
            server: format!("http://{host}").parse().ok()?,
            connector: connector(),
            usual,
            keep,
            free: Mutex::default(),
            last: Mutex::default(),
        })
    }

    /// What the server is asked for at an address, where the address is this server's.
    pub(super) fn place(&self, url: &str) -> Option<Uri> {
        let written = url.strip_prefix(&self.origin).filter(|place| place.starts_with('/'))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, place)) = &*last
            && known == written
        {
            return Some(place.clone());
        }
        // What no request can hold as it is written is encoded.
        let url = Url::parse(url).ok()?;
        let place: Uri = match url.query() {
            Some(query) => format!("{}?{query}", url.path()).parse().ok()?,
            None => url.path().parse().ok()?,
        };
        *last = Some((written.to_owned(), place.clone()));
        Some(place)
    }

    /// Asks for a place and brings the whole answer, whatever it says.
    pub(super) async fn send(&self, place: Uri, outgoing: Outgoing<'_>, idle: Idle) -> Result<Answer, Fault> {
        let mut request = Request::new(Full::new(outgoing.body.cloned().unwrap_or_default()));
        *request.method_mut() = outgoing.method();
        *request.uri_mut() = place;
        *request.headers_mut() = outgoing.headers;
        for (name, value) in &self.usual {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        loop {
            let (mut connection, is_new) = match self.take() {
                Some(connection) => (connection, false),
                None => (Box::pin(self.connect()).await?, true),
            };
            // One that closed while it lay idle, or is stuck, took nothing of the request.
            if !is_new && !is_ready(&mut connection).await {
                continue;
            }
            let response = match idle.wait(connection.try_send_request(request)).await? {
                Ok(response) => response,
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => {
                        request = unsent;
                        continue;
                    }
                    _ => return Err(Fault::Torn(reason(error.error()))),
                },
            };
            let (head, body) = response.into_parts();
            let body = idle.whole(body).await?;
            self.give_back(connection);
            return Ok(Answer { status: head.status.as_u16(), moved_to: None, headers: head.headers, body });
        }
    }

    fn free(&self) -> MutexGuard<'_, VecDeque<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that has lain idle for the shortest time.
    fn take(&self) -> Option<Connection> {
        let mut free = self.free();
        while let Some(Free { connection, since }) = free.pop_back() {
            if since.elapsed() <= self.keep && !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection, and closes those that nobody has needed for too long.
    fn give_back(&self, connection: Connection) {
        let now = Instant::now();
        let mut free = self.free();
        while free.front().is_some_and(|longest| now.duration_since(longest.since) > self.keep) {
            free.pop_front();
        }
        if !connection.is_closed() {
            free.push_back(Free { connection, since: now });
        }
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let stream = self.connector.clone().call(self.server.clone()).await;
        let stream = stream.map_err(|error| Fault::Unreachable(reason(&error)))?;
        // Head and body of a small request go out as one piece sooner than as two.
        let connecting = Builder::new().writev(false).handshake(stream);
        let (connection, traffic) = connecting.await.map_err(|error| Fault::Torn(reason(&error)))?;
        // What goes wrong with it is told to who waits for an answer.
        tokio::spawn(traffic);
        Ok(connection)
    }
}

/// Whether a connection that was used before takes another request.
async fn is_ready(connection: &mut Connection) -> bool {
    connection.is_ready() || matches!(tokio::time::timeout(READY, connection.ready()).await, Ok(Ok(())))
}

/// Tries a server's addresses as reqwest does, and looks after connections as it does.
fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE));
    connector.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
    #[cfg(target_os = "linux")]
    connector.set_tcp_user_timeout(Some(KEEPALIVE * 2));
    connector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_same_server_are_asked_for_straight() {
        let direct = Direct::to("http://127.0.0.1:8000/v1", Duration::ZERO).unwrap();
        let place = |url: &str| direct.place(url).map(|place| place.to_string());
        assert_eq!(place("http://127.0.0.1:8000/v1/chat"), Some("/v1/chat".to_owned()));
        assert_eq!(place("http://127.0.0.1:8000/search?q=a%20b"), Some("/search?q=a%20b".to_owned()));
        assert_eq!(place("http://127.0.0.1:8000/modèle x/chat"), Some("/mod%C3%A8le%20x/chat".to_owned()));
        assert_eq!(place("http://127.0.0.1:80001/v1/chat"), None);
        assert_eq!(place("http://127.0.0.1:8000"), None);
        assert_eq!(place("https://127.0.0.1:8000/v1/chat"), None);
        assert_eq!(place("http://127.0.0.2:8000/v1/chat"), None);
    }

    #[test]
    fn a_server_is_called_by_its_name_however_it_is_written() {
        let called = |url: &str| {
            let direct = Direct::to(url, Duration::ZERO).unwrap();
            (direct.server.to_string(), direct.usual[HOST].to_str().unwrap().to_owned())
        };
        let both = |name: &str| (format!("http://{name}/"), name.to_owned());
        assert_eq!(called("http://[::1]:8000/v1"), both("[::1]:8000"));
        assert_eq!(called("http://gpu-box"), both("gpu-box"));
        assert_eq!(called("http://GPU-box:80/v1"), both("gpu-box"));
        assert_eq!(called("http://127.1:8000/v1"), both("127.0.0.1:8000"));
    }
}
