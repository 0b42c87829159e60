//! A proxy in front that signs people in itself and names them in a header. It is believed by where it connects from:
//! anybody else could write the same header.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::header::HeaderName;
use replank_listener::Peer;
use thiserror::Error;

use super::Person;
use crate::wire::Request;

/// Prefix of names and groups that only the API server gives out (Kubernetes: `system:`). Nobody is vouched for as one.
const RESERVED: &str = "system:";
/// The group of everybody whom a proxy signed in, as the API server has it for those whom it signed in itself.
const AUTHENTICATED: &str = "system:authenticated";

/// A proxy that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Header with the user name.
    pub user: HeaderName,
    /// Header with the groups, separated by commas; it may come several times.
    pub groups: Option<HeaderName>,
    /// Where it connects from.
    pub from: Vec<Network>,
}

/// Addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// What is no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}: not an address or a range such as 10.0.0.7, 10.0.0.0/24 or fd00::/64")]
pub struct NetworkError(String);

impl Proxy {
    /// Whom the proxy vouches for. Several user names are none: one of them would be from somebody else.
    pub(super) fn vouched(&self, request: &Request, peer: Peer) -> Option<Person> {
        if !self.from.iter().any(|network| network.has(peer.address)) {
            return None;
        }
        let mut names = request.headers.get_all(&self.user).iter();
        let name = names.next()?.to_str().ok()?.trim().to_owned();
        if name.is_empty() || name.starts_with(RESERVED) || names.next().is_some() {
            return None;
        }
        let told = self.groups.iter().flat_map(|header| request.headers.get_all(header));
        let told = told.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let groups = told.map(str::trim).filter(|group| !group.is_empty() && !group.starts_with(RESERVED));
        let groups = groups.map(str::to_owned).chain([AUTHENTICATED.to_owned()]).collect();
        Some(Person { name, uid: String::new(), groups, extra: BTreeMap::new() })
    }
}

impl Network {
    /// Whether an address is one of these.
    fn has(self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        // A listener on all addresses of both families sees those of IPv4 mapped.
        let ((ours, family), (theirs, other)) = (bits(self.address), bits(address.to_canonical()));
        let differ = (ours ^ theirs).checked_shr(128 - self.bits).unwrap_or(0);
        family == other && differ == 0
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NetworkError(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        // No bits would be everybody.
        if (1..=most).contains(&bits) { Ok(Self { address, bits }) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_what_begins_alike() {
        for (range, address, has) in [
            ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false),
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.0/24", "::ffff:10.0.0.3", true),
            ("fd00::/64", "fd00::1", true),
            ("fd00::/64", "fd00:0:0:1::1", false),
            ("0.0.0.0/1", "::1", false),
        ] {
            let network: Network = range.parse().unwrap();
            assert_eq!(network.has(address.parse().unwrap()), has, "{range} {address}");
        }
        for wrong in ["", "10.0.0", "10.0.0.0/33", "0.0.0.0/0", "fd00::/129", "10.0.0.0/x", "name"] {
            assert_eq!(wrong.parse::<Network>(), Err(NetworkError(wrong.to_owned())));
        }
    }
}
