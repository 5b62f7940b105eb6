//! Addresses of servers: how they are written, and whose network they are in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use super::error::EndpointError;
use crate::world::World;

/// Names that no public name server knows: RFC 6761, RFC 6762, RFC 8375, and `internal`, which ICANN
/// set aside.
const OWN_NAMES: [&str; 4] = ["localhost", "local", "home.arpa", "internal"];

/// Variables that name a proxy for what is not encrypted.
const PROXIES: [&str; 4] = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];

/// An address without a slash at its end, and without a password in it.
pub(super) fn clean(address: &str) -> Result<String, EndpointError> {
    let invalid = |reason: String| EndpointError::AddressInvalid { address: address.to_owned(), reason };
    let url = Url::parse(address).map_err(|error| invalid(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid("it starts neither with `http://` nor with `https://`".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let address = url.host_str().unwrap_or_default().to_owned();
        let reason = "name and password do not belong into an address; use a key".to_owned();
        return Err(EndpointError::AddressInvalid { address, reason });
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// Whether a server is on this machine or in a network of one's own, by its address alone: no name
/// is looked up. A name without a dot, such as `gpu-box`, is one of the own network.
pub(super) fn is_in_own_network(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => is_own(address),
        Ok(IpAddr::V6(address)) => is_own_v6(address),
        Err(_) => is_own_name(host.trim_end_matches('.')),
    }
}

/// Whether a server is in the own network and spoken to with nothing between: neither encryption nor
/// a proxy, be it of the environment or of the system. Where the environment names one, reqwest knows
/// which addresses it is not for.
pub(super) fn is_near(address: &str, world: &dyn World) -> bool {
    let named = |name: &&str| world.variable(name).is_some_and(|proxy| !proxy.is_empty());
    let Ok(uri) = address.parse::<Uri>() else { return false };
    address.starts_with("http://")
        && is_in_own_network(address)
        && !PROXIES.iter().any(named)
        && Matcher::from_system().intercept(&uri).is_none()
}

fn is_own_name(host: &str) -> bool {
    let below = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    !host.contains('.') || OWN_NAMES.iter().any(|name| host == *name || below(name))
}

fn is_own(address: Ipv4Addr) -> bool {
    // RFC 6598: addresses behind a carrier's or a private overlay's translation.
    let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || is_shared
}

fn is_own_v6(address: Ipv6Addr) -> bool {
    match address.to_ipv4_mapped() {
        Some(mapped) => is_own(mapped),
        None => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_in_the_own_network_by_its_address() {
        let own = [
            "http://localhost:8000/v1",
            "http://LOCALHOST/v1",
            "http://127.0.0.1:11434/v1",
            "http://127.1.2.3",
            "http://0.0.0.0:8000/v1",
            "http://10.0.0.7/v1",
            "http://172.16.4.1",
            "http://192.168.1.20:8080/v1",
            "http://169.254.3.4",
            "http://100.101.102.103/v1",
            "http://[::1]:8000/v1",
            "http://[fd00::12]/v1",
            "http://[fe80::1]/v1",
            "http://[::ffff:10.0.0.7]/v1",
            "http://gpu-box:8000/v1",
            "http://vllm.default.svc.cluster.local/v1",
            "https://models.corp.internal/v1",
            "http://pi.home.arpa./v1",
        ];
        for address in own {
            assert!(is_in_own_network(address), "{address}");
        }
        let public = [
            "https://api.openai.com/v1",
            "https://models.example.org/v1",
            "https://local.example.org",
            "https://mylocal.net",
            "http://8.8.8.8/v1",
            "http://172.32.0.1",
            "http://100.128.0.1",
            "http://[2001:db8::1]/v1",
            "http://[::ffff:8.8.8.8]/v1",
        ];
        for address in public {
            assert!(!is_in_own_network(address), "{address}");
        }
    }
}
