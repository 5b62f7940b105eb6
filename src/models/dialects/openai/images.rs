//! Pictures from prompts, as base64 or at addresses.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chat::Counts;
use super::failure;
use crate::models::dialects::download::Kept;
use crate::models::dialects::{Next, Site, parse, picture_from_base64};
use crate::models::error::ReadError;
use crate::models::provider::Quirk;
use crate::models::reply::{Content, Reply};
use crate::models::request::PaintRequest;

#[derive(Serialize)]
pub(super) struct Body<'a> {
    model: &'a str,
    prompt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<&'static str>,
}

pub(super) fn lacks(site: &Site, paint: &PaintRequest) -> Option<String> {
    if paint.seed.is_some() && !site.profile.has(Quirk::PictureSeed) {
        return Some("parameter `seed` for pictures".to_owned());
    }
    if paint.count > 1 && site.profile.has(Quirk::OnePicture) {
        return Some("way to ask for several pictures at once".to_owned());
    }
    None
}

pub(super) fn body<'a>(site: &'a Site, paint: &'a PaintRequest) -> Body<'a> {
    let one = site.profile.has(Quirk::OnePicture);
    // OpenAI's newer models always send base64 and refuse to be told so.
    let told = !one && !site.model.starts_with("gpt-image");
    Body {
        model: &site.model,
        prompt: &paint.prompt,
        n: (!one).then_some(paint.count),
        size: paint.size.map(|(width, height)| format!("{width}x{height}")),
        seed: paint.seed,
        response_format: told.then_some("b64_json"),
    }
}

#[derive(Deserialize)]
struct Images<'a> {
    #[serde(borrow)]
    data: Option<Vec<Image<'a>>>,
    usage: Option<Counts>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Image<'a> {
    #[serde(borrow)]
    b64_json: Option<Cow<'a, str>>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
}

pub(super) fn next(body: &[u8]) -> Next {
    let Ok(Images { data: Some(data), .. }) = parse(body) else { return Next::Done };
    let urls: Vec<String> = data
        .into_iter()
        .filter(|image| image.b64_json.is_none())
        .filter_map(|image| image.url)
        .map(Cow::into_owned)
        .collect();
    if urls.is_empty() { Next::Done } else { Next::Download(urls) }
}

pub(super) fn read(body: &[u8]) -> Result<Reply, ReadError> {
    let kept = Kept::open(body)?;
    let answer: Images<'_> = parse(kept.response())?;
    if let Some(error) = answer.error.filter(|error| !error.is_null()) {
        return failure::within(&error);
    }
    let data = answer.data.ok_or_else(|| ReadError::malformed("it has no `data`"))?;
    let pictures = data
        .iter()
        .map(|image| match (&image.b64_json, &image.url) {
            (Some(text), _) => picture_from_base64(text),
            (None, Some(url)) => kept.picture(url),
            (None, None) => Err(ReadError::malformed("a picture has neither content nor address")),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let empty = pictures.is_empty();
    let reply = Reply::of(Content::Pictures(pictures), empty);
    Ok(Reply { usage: answer.usage.map(Into::into).unwrap_or_default(), ..reply })
}
