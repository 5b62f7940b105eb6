//! Getting a file of any size, such as data, from a server.

use std::io::{self, Write};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::transport::{AGENT, CONNECT, Fault, fault, install_crypto};

/// Between two pieces of a body.
const IDLE: Duration = Duration::from_secs(60);

/// Why a file could not be got. Reads on after "`…` ".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    #[error("is no address of a server: {reason}")]
    Address { reason: String },
    #[error("can't be reached: {reason}")]
    Unreachable { reason: String },
    #[error("did not answer in time")]
    TimedOut,
    #[error("broke off after {received} bytes: {reason}")]
    Torn { received: u64, reason: String },
    #[error("was refused with status {status}{}", said(message))]
    Refused {
        status: u16,
        message: String,
        /// How long the server asks to be left alone.
        wait: Option<Duration>,
    },
    #[error("can't be kept: {reason}")]
    Unwritable { reason: String },
}

fn said(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

impl DownloadError {
    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            DownloadError::TimedOut | DownloadError::Torn { .. } => true,
            DownloadError::Refused { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

/// Gets what lies at an address, asking once, and writes it out as it comes, byte for byte as the
/// server keeps it. The token goes to the address's own server only, not to where it leads on to.
///
/// Blocks, and may be called from anywhere.
pub fn download(
    url: &str,
    token: Option<&SecretString>,
    to: &mut (dyn Write + Send),
) -> Result<u64, DownloadError> {
    let unreachable = |reason: String| DownloadError::Unreachable { reason };
    // A thread of its own: whoever calls may be within a runtime already, which must not block.
    std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| unreachable(error.to_string()))?;
            runtime.block_on(fetched(url, token, to))
        });
        work.join().unwrap_or_else(|_| Err(unreachable("the work on it ended without a result".to_owned())))
    })
}

async fn fetched(
    url: &str,
    token: Option<&SecretString>,
    to: &mut (dyn Write + Send),
) -> Result<u64, DownloadError> {
    let url =
        reqwest::Url::parse(url).map_err(|error| DownloadError::Address { reason: error.to_string() })?;
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| DownloadError::Address { reason: "its token is no text for a header".to_owned() })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    install_crypto();
    let mut builder = Client::builder()
        .user_agent(AGENT)
        .connect_timeout(CONNECT)
        .read_timeout(IDLE)
        // A packed file stays packed: what is pinned is what the server keeps.
        .no_gzip();
    if url.scheme() == "http" && is_local(&url) {
        builder = builder.tls_certs_only([]);
    }
    let client = builder.build().map_err(|error| DownloadError::Unreachable { reason: error.to_string() })?;
    let mut response = client.get(url).headers(headers).send().await.map_err(|error| failed(error, 0))?;
    let status = response.status();
    if !status.is_success() {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.text().await.unwrap_or_default();
        return Err(DownloadError::Refused {
            status: status.as_u16(),
            message: first_words(&body),
            wait: wait.map(Duration::from_secs),
        });
    }
    let expected = response.content_length();
    let mut received = 0;
    while let Some(piece) = response.chunk().await.map_err(|error| failed(error, received))? {
        to.write_all(&piece).map_err(unwritable)?;
        received += piece.len() as u64;
    }
    to.flush().map_err(unwritable)?;
    if expected.is_some_and(|expected| expected != received) {
        let reason = "the server promised more".to_owned();
        return Err(DownloadError::Torn { received, reason });
    }
    Ok(received)
}

fn is_local(url: &reqwest::Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn failed(error: reqwest::Error, received: u64) -> DownloadError {
    match fault(error) {
        Fault::Unreachable(reason) if received == 0 => DownloadError::Unreachable { reason },
        Fault::TimedOut if received == 0 => DownloadError::TimedOut,
        Fault::TimedOut => DownloadError::Torn { received, reason: "nothing more came".to_owned() },
        Fault::Torn(reason) | Fault::Unreachable(reason) => DownloadError::Torn { received, reason },
    }
}

fn unwritable(error: io::Error) -> DownloadError {
    DownloadError::Unwritable { reason: error.to_string() }
}

/// What a server says about a refusal, in a line; pages meant for browsers say nothing.
fn first_words(body: &str) -> String {
    const MOST: usize = 200;
    let body = body.trim();
    if body.starts_with('<') {
        return String::new();
    }
    let said = serde_json::from_str::<serde_json::Value>(body).ok();
    let said = said.as_ref().and_then(|json| json.get("error")?.as_str()).unwrap_or(body);
    said.lines().next().unwrap_or_default().chars().take(MOST).collect()
}
