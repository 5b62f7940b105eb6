//! What a call is known by to the cache.

use super::dialects::Site;
use super::provider::{Address, Profile, ProviderKind};
use super::request::Request;
use crate::digest::{Digest, Hasher};

/// Where a request goes, as far as it is part of the call's identity.
pub(super) fn place<'a>(site: &'a Site, identity: Option<&'a str>) -> &'a str {
    match identity {
        Some(identity) => identity,
        None if is_official(site.profile, &site.base_url) => "",
        None => &site.base_url,
    }
}

fn is_official(profile: &Profile, base_url: &str) -> bool {
    match profile.address {
        Address::Hosted(address) => address == base_url,
        Address::Local(_) | Address::Stated => false,
        Address::None => true,
    }
}

/// The identity of a call: provider, model, place, request, sample number, edition.
pub(super) fn call_key(
    site: &Site,
    identity: Option<&str>,
    request: &Request,
    sample: u32,
    edition: Option<&str>,
) -> Digest {
    let mut hasher = Hasher::new("tgp.call.v1");
    // A program is known by its content, wherever it lies.
    let model = if site.profile.kind == ProviderKind::Command { "" } else { &site.model };
    hasher.text(site.profile.name).text(model).text(place(site, identity));
    request.write_to(&mut hasher);
    hasher.number(u64::from(sample));
    match edition {
        Some(edition) => hasher.number(1).text(edition),
        None => hasher.number(0),
    };
    hasher.finish()
}
