//! An answer together with the pictures it points to, so that replaying it needs no network.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::picture;
use crate::models::error::ReadError;
use crate::models::request::Picture;

/// The body that is kept: the response as it came, under the name that says what else is there.
#[derive(Serialize, Deserialize)]
struct Wrapped<'a> {
    downloads: Vec<Download>,
    #[serde(borrow)]
    response: &'a RawValue,
}

/// What lay at an address.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::models) struct Download {
    pub(in crate::models) url: String,
    media_type: String,
    base64: String,
}

impl Download {
    pub(in crate::models) fn new(url: String, media_type: String, bytes: &[u8]) -> Download {
        Download { url, media_type, base64: STANDARD.encode(bytes) }
    }
}

/// The response with its downloads in one body.
pub(in crate::models) fn wrap(response: &[u8], downloads: Vec<Download>) -> Result<Bytes, ReadError> {
    let response = serde_json::from_slice(response).map_err(ReadError::malformed)?;
    let body = serde_json::to_vec(&Wrapped { downloads, response }).map_err(ReadError::malformed)?;
    Ok(body.into())
}

/// A body that may be wrapped.
pub(super) struct Kept<'a> {
    response: &'a [u8],
    downloads: Vec<Download>,
}

impl<'a> Kept<'a> {
    pub(super) fn open(body: &'a [u8]) -> Result<Kept<'a>, ReadError> {
        if !body.starts_with(br#"{"downloads":"#) {
            return Ok(Kept { response: body, downloads: Vec::new() });
        }
        let wrapped: Wrapped<'a> = serde_json::from_slice(body).map_err(ReadError::malformed)?;
        Ok(Kept { response: wrapped.response.get().as_bytes(), downloads: wrapped.downloads })
    }

    pub(super) fn response(&self) -> &'a [u8] {
        self.response
    }

    /// The picture that lay at an address.
    pub(super) fn picture(&self, url: &str) -> Result<Picture, ReadError> {
        let download = self.downloads.iter().find(|download| download.url == url);
        let download =
            download.ok_or_else(|| ReadError::malformed("a picture at an address was not kept"))?;
        let bytes = STANDARD.decode(&download.base64).map_err(ReadError::malformed)?;
        Ok(picture(bytes, Some(&download.media_type)))
    }
}
