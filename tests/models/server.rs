//! A small server on loopback that behaves as badly as it is told to.
//!
//! It speaks as much HTTP/1.1 as clients need, keeps connections open, and counts.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with requests. Shares are of all requests, decided at random but the
/// same in each run.
#[derive(Clone)]
pub(crate) struct Behaviour {
    pub(crate) latency: Duration,
    /// Share of requests refused with 429.
    pub(crate) refused: f64,
    /// Share of requests failed with 500.
    pub(crate) failed: f64,
    /// Share of requests whose connection is closed without an answer.
    pub(crate) dropped: f64,
    /// Share of requests answered with status 200 and half a body.
    pub(crate) torn: f64,
    /// Share of requests that are never answered; their connections stay open.
    pub(crate) stalled: f64,
    /// Requests allowed within any second; those beyond get 429 with `Retry-After: 1`.
    pub(crate) per_second: Option<usize>,
    /// Requests allowed at a time; those beyond get 429 without further word.
    pub(crate) at_a_time: Option<u64>,
    /// Header lines added to each refusal, each with its line end.
    pub(crate) refusal_headers: &'static str,
    pub(crate) respond: Respond,
}

/// Makes the response of a request that is answered at all.
pub(crate) type Respond = Arc<dyn Fn(&Incoming<'_>) -> Outgoing + Send + Sync>;

pub(crate) struct Incoming<'a> {
    /// Such as `POST`.
    pub(crate) method: &'a str,
    /// With the query.
    pub(crate) path: &'a str,
    /// All header lines.
    pub(crate) head: &'a str,
    pub(crate) body: &'a str,
}

pub(crate) struct Outgoing {
    /// 0 closes the connection without an answer.
    pub(crate) status: u16,
    pub(crate) media_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Outgoing {
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Outgoing {
        Outgoing { status, media_type: "application/json", body: body.into().into_bytes() }
    }

    /// The connection is closed without an answer.
    pub(crate) fn none() -> Outgoing {
        Outgoing::json(0, "")
    }
}

/// A chat completion as OpenAI gives it.
pub(crate) fn completion(text: &str) -> String {
    let content = serde_json::to_string(text).unwrap();
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"test-2024","choices":[{{"index":0,"message":{{"role":"assistant","content":{content},"refusal":null}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}}}"#
    )
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        let answer = completion("fine");
        Behaviour {
            latency: Duration::ZERO,
            refused: 0.0,
            failed: 0.0,
            dropped: 0.0,
            torn: 0.0,
            stalled: 0.0,
            per_second: None,
            at_a_time: None,
            refusal_headers: "",
            respond: Arc::new(move |_| Outgoing::json(200, answer.clone())),
        }
    }
}

impl Behaviour {
    /// Answers each request with the same JSON.
    pub(crate) fn answering(status: u16, body: &str) -> Behaviour {
        let body = body.to_owned();
        Behaviour { respond: Arc::new(move |_| Outgoing::json(status, body.clone())), ..Behaviour::default() }
    }
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    answered: AtomicU64,
    refused: AtomicU64,
    connections: AtomicU64,
    in_flight: AtomicU64,
    most_in_flight: AtomicU64,
    draws: AtomicU64,
    by_body: Mutex<BTreeMap<String, u64>>,
    last: Mutex<String>,
    recent: Mutex<VecDeque<Instant>>,
}

/// A server that runs until it is dropped, on a thread of its own.
pub(crate) struct Server {
    address: SocketAddr,
    counts: Arc<Counts>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Server {
    pub(crate) fn start(behaviour: Behaviour) -> Server {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Server::on(listener, behaviour)
    }

    /// Starts at the address of a server that went before.
    pub(crate) fn start_at(address: SocketAddr, behaviour: Behaviour) -> Server {
        Server::on(std::net::TcpListener::bind(address).unwrap(), behaviour)
    }

    fn on(listener: std::net::TcpListener, behaviour: Behaviour) -> Server {
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::clone(&counts);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let (behaviour, counts) = (behaviour.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let _ = serve(stream, &behaviour, &counts).await;
                });
            }
        });
        Server { address, counts, runtime: Some(runtime) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn root(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL as OpenAI's clients want it, with `/v1`.
    pub(crate) fn base_url(&self) -> String {
        format!("{}/v1", self.root())
    }

    /// Requests that came, whatever became of them.
    pub(crate) fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Requests that got their whole answer.
    pub(crate) fn answered(&self) -> u64 {
        self.counts.answered.load(Ordering::Relaxed)
    }

    /// Requests that got 429.
    pub(crate) fn refused(&self) -> u64 {
        self.counts.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// The most requests there were at a time.
    pub(crate) fn most_in_flight(&self) -> u64 {
        self.counts.most_in_flight.load(Ordering::Relaxed)
    }

    /// How often each body got its whole answer.
    pub(crate) fn by_body(&self) -> BTreeMap<String, u64> {
        self.counts.by_body.lock().unwrap().clone()
    }

    /// The last request, head and body.
    pub(crate) fn last(&self) -> String {
        self.counts.last.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // On a thread of its own, since tests drop servers within async code as well; the
            // port is free afterwards.
            std::thread::spawn(move || drop(runtime)).join().unwrap();
        }
    }
}

async fn serve(mut stream: TcpStream, behaviour: &Behaviour, counts: &Counts) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let Some((head, length)) = read_request(&mut stream, &mut buffer).await? else { return Ok(()) };
        counts.requests.fetch_add(1, Ordering::Relaxed);
        let now = counts.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        counts.most_in_flight.fetch_max(now, Ordering::Relaxed);
        let going_on = {
            let request = &buffer[..head + length];
            answer(&mut stream, request, head, now, behaviour, counts).await
        };
        counts.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !going_on? {
            return Ok(());
        }
        buffer.drain(..head + length);
    }
}

/// Reads until a whole request is in the buffer: the lengths of its head and body.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<(usize, usize)>> {
    loop {
        if let Some(end) = memchr::memmem::find(buffer, b"\r\n\r\n") {
            let head = std::str::from_utf8(&buffer[..end]).unwrap();
            let length = header(head, "content-length").map_or(0, |value| value.parse().unwrap());
            while buffer.len() < end + 4 + length {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(None);
                }
            }
            return Ok(Some((end + 4, length)));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// A header's value.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.trim()))
}

async fn answer(
    stream: &mut TcpStream,
    request: &[u8],
    head: usize,
    at_a_time: u64,
    behaviour: &Behaviour,
    counts: &Counts,
) -> io::Result<bool> {
    let refused = behaviour.at_a_time.is_some_and(|most| at_a_time > most)
        || behaviour.per_second.is_some_and(|most| !within_rate(most, &counts.recent));
    if !behaviour.latency.is_zero() {
        tokio::time::sleep(behaviour.latency).await;
    }
    if refused {
        counts.refused.fetch_add(1, Ordering::Relaxed);
        let wait = if behaviour.per_second.is_some() { "Retry-After: 1\r\n" } else { "" };
        return write(stream, 429, wait, "application/json", LIMITED).await;
    }
    let mut draw = draw(counts.draws.fetch_add(1, Ordering::Relaxed));
    let mut falls_to = |share: f64| {
        let before = draw;
        draw -= share;
        before >= 0.0 && draw < 0.0
    };
    if falls_to(behaviour.refused) {
        counts.refused.fetch_add(1, Ordering::Relaxed);
        return write(stream, 429, behaviour.refusal_headers, "application/json", LIMITED).await;
    }
    if falls_to(behaviour.failed) {
        return write(stream, 500, "", "application/json", br#"{"error":{"message":"server failed"}}"#).await;
    }
    if falls_to(behaviour.dropped) {
        return Ok(false);
    }
    let torn = falls_to(behaviour.torn);
    if falls_to(behaviour.stalled) {
        tokio::time::sleep(Duration::from_secs(600)).await;
        return Ok(false);
    }

    let (head, body) = request.split_at(head);
    let head = std::str::from_utf8(head).unwrap();
    let body = std::str::from_utf8(body).unwrap();
    let mut words = head.split(' ');
    let incoming = Incoming { method: words.next().unwrap(), path: words.next().unwrap(), head, body };
    let outgoing = (behaviour.respond)(&incoming);
    if outgoing.status == 0 {
        return Ok(false);
    }
    if torn {
        let half = &outgoing.body[..outgoing.body.len() / 2];
        return write(stream, outgoing.status, "", outgoing.media_type, half).await;
    }
    counts.answered.fetch_add(1, Ordering::Relaxed);
    *counts.by_body.lock().unwrap().entry(body.to_owned()).or_default() += 1;
    *counts.last.lock().unwrap() = format!("{head}{body}");
    write(stream, outgoing.status, "", outgoing.media_type, &outgoing.body).await
}

const LIMITED: &[u8] =
    br#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#;

fn within_rate(most: usize, recent: &Mutex<VecDeque<Instant>>) -> bool {
    let now = Instant::now();
    let mut recent = recent.lock().unwrap();
    while recent.front().is_some_and(|at| now - *at >= Duration::from_secs(1)) {
        recent.pop_front();
    }
    let allowed = recent.len() < most;
    if allowed {
        recent.push_back(now);
    }
    allowed
}

async fn write(
    stream: &mut TcpStream,
    status: u16,
    headers: &str,
    media_type: &str,
    body: &[u8],
) -> io::Result<bool> {
    let mut response = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    response.extend_from_slice(body);
    stream.write_all(&response).await?;
    Ok(true)
}

/// The nth number of a fixed sequence between 0 and 1 (SplitMix64).
fn draw(n: u64) -> f64 {
    let mut z = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
