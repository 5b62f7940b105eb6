//! Straight connections to a server nearby.
//!
//! A server in the own network may answer in less time than a client for the whole web takes to ask:
//! its proxies, redirects, retries and versions cost more than the exchange. What is asked without
//! encryption and without a proxy goes over connections of our own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::idle::Idle;
use super::transport::{AGENT, Answer, CONNECT, Fault, Outgoing, reason};

type Connection = SendRequest<Full<Bytes>>;

/// A server, and the connections to it that lie idle.
#[derive(Debug)]
pub(super) struct Direct {
    /// Such as `http://127.0.0.1:8000`.
    origin: String,
    host: String,
    port: u16,
    /// What is said of ourselves in each request.
    usual: HeaderMap,
    /// How long a connection may lie idle: the server may be closing it.
    keep: Duration,
    free: Mutex<Vec<Free>>,
    /// What was asked for last: as a rule the next one too.
    last: Mutex<Option<Uri>>,
}

#[derive(Debug)]
struct Free {
    connection: Connection,
    since: Instant,
}

impl Direct {
    /// To the server of an address that begins with `http://`.
    pub(super) fn to(base_url: &str, keep: Duration) -> Option<Direct> {
        let uri: Uri = base_url.parse().ok()?;
        let authority = uri.authority()?;
        let mut usual = HeaderMap::new();
        usual.insert(HOST, HeaderValue::from_str(authority.as_str()).ok()?);
        usual.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        usual.insert(ACCEPT, HeaderValue::from_static("*/*"));
        Some(Direct {
            origin: format!("http://{authority}"),
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(80),
            usual,
            keep,
            free: Mutex::default(),
            last: Mutex::default(),
        })
    }

    /// What the server is asked for at an address, where the address is this server's.
    pub(super) fn place(&self, url: &str) -> Option<Uri> {
        let place = url.strip_prefix(&self.origin).filter(|place| place.starts_with('/'))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(known) if known.path_and_query().is_some_and(|known| known.as_str() == place) => {}
            _ => *last = Some(place.parse().ok()?),
        }
        last.clone()
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
                None => (self.connect().await?, true),
            };
            // One that closed while it lay idle took nothing of the request.
            if connection.ready().await.is_err() && !is_new {
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

    fn free(&self) -> MutexGuard<'_, Vec<Free>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that has lain idle for the shortest time.
    fn take(&self) -> Option<Connection> {
        let mut free = self.free();
        while let Some(Free { connection, since }) = free.pop() {
            if since.elapsed() > self.keep {
                // Those below have lain for longer.
                free.clear();
            } else if !connection.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    fn give_back(&self, connection: Connection) {
        if !connection.is_closed() {
            self.free().push(Free { connection, since: Instant::now() });
        }
    }

    async fn connect(&self) -> Result<Connection, Fault> {
        let connecting = TcpStream::connect((self.host.as_str(), self.port));
        let stream = match tokio::time::timeout(CONNECT, connecting).await {
            Ok(stream) => stream.map_err(|error| Fault::Unreachable(reason(&error)))?,
            Err(_) => {
                return Err(Fault::Unreachable(format!("no connection within {} s", CONNECT.as_secs())));
            }
        };
        // A connection that waits to fill its packets is slower, but works.
        let _ = stream.set_nodelay(true);
        let (connection, traffic) =
            handshake(TokioIo::new(stream)).await.map_err(|error| Fault::Torn(reason(&error)))?;
        // What goes wrong with it is told to who waits for an answer.
        tokio::spawn(traffic);
        Ok(connection)
    }
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
        assert_eq!(place("http://127.0.0.1:80001/v1/chat"), None);
        assert_eq!(place("http://127.0.0.1:8000"), None);
        assert_eq!(place("https://127.0.0.1:8000/v1/chat"), None);
        assert_eq!(place("http://127.0.0.2:8000/v1/chat"), None);
    }

    #[test]
    fn a_server_is_found_at_its_host_and_port() {
        let found = |url: &str| {
            let direct = Direct::to(url, Duration::ZERO).unwrap();
            (direct.host.clone(), direct.port, direct.usual[HOST].to_str().unwrap().to_owned())
        };
        assert_eq!(found("http://[::1]:8000/v1"), ("::1".to_owned(), 8000, "[::1]:8000".to_owned()));
        assert_eq!(found("http://gpu-box"), ("gpu-box".to_owned(), 80, "gpu-box".to_owned()));
    }
}
