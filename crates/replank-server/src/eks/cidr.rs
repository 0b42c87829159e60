//! CIDR blocks in cluster settings (RFC 4632), and which are allowed where.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::EksError;

/// Private addresses (RFC 1918).
const PRIVATE: [&str; 3] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
/// Addresses that do not occur on the internet (RFC 6890, RFC 5737): this network, shared, loopback, link-local,
/// documentation, benchmarks, multicast, reserved.
const RESERVED: [&str; 11] = [
    "0.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// A CIDR block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    address: IpAddr,
    length: u32,
}

impl Block {
    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
        let is_number = (1..=3).contains(&length.len()) && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|length| is_number && *length <= most)?;
        Some(Self { address, length })
    }

    /// Whether it lies within another block.
    fn is_in(self, other: Self) -> bool {
        match (self.address, other.address) {
            (IpAddr::V4(own), IpAddr::V4(outer)) => {
                let shift = Ipv4Addr::BITS - other.length;
                let head = |address: Ipv4Addr| u64::from(address.to_bits()) >> shift;
                self.length >= other.length && head(own) == head(outer)
            }
            (IpAddr::V6(_), _) | (IpAddr::V4(_), IpAddr::V6(_)) => false,
        }
    }

    fn is_in_any(self, others: &[&str]) -> bool {
        others.iter().filter_map(|other| Self::read(other)).any(|other| self.is_in(other))
    }
}

/// Refuses blocks that may not be in `publicAccessCidrs`; `with_ipv6` allows those of IPv6 (the messages begin as those
/// of EKS).
pub(super) fn public(given: &[&str], with_ipv6: bool) -> Result<(), EksError> {
    let refuse = |what: &str, wrong: Vec<&str>| match wrong[..] {
        [] => Ok(()),
        _ => {
            let wrong = wrong.join(", ");
            Err(EksError::invalid(format!("The following CIDRs are {what} in publicAccessCidrs: [{wrong}]")))
        }
    };
    let is_valid = |text: &&str| Block::read(text).is_some_and(|block| block.address.is_ipv4() || with_ipv6);
    refuse("invalid", given.iter().copied().filter(|text| !is_valid(text)).collect())?;
    let is_nobodys = |text: &&str| {
        Block::read(text).is_some_and(|block| block.is_in_any(&PRIVATE) || block.is_in_any(&RESERVED))
    };
    // One address of `0.0.0.0/8` is nobody's; the block of all is everybody's.
    refuse("not allowed", given.iter().copied().filter(is_nobodys).collect())
}

/// Refuses a block that may not be `serviceIpv4Cidr` (EKS API reference: `KubernetesNetworkConfigRequest`).
pub(super) fn services(given: &str) -> Result<(), EksError> {
    let good = |block: Block| block.is_in_any(&PRIVATE) && (12..=24).contains(&block.length);
    if Block::read(given).is_some_and(good) {
        return Ok(());
    }
    let said = format!(
        "serviceIpv4Cidr '{given}' is not valid: it must be within {} and between /24 and /12",
        PRIVATE.join(", ")
    );
    Err(EksError::invalid(said))
}

/// Refuses blocks that may not be networks of hybrid nodes or their pods (EKS API reference: `RemoteNodeNetwork`; user
/// guide: shared addresses too).
pub(super) fn remote(member: &str, given: &[&str]) -> Result<(), EksError> {
    let good = |block: Block| {
        (8..=32).contains(&block.length) && (block.is_in_any(&PRIVATE) || block.is_in_any(&["100.64.0.0/10"]))
    };
    match given.iter().find(|text| !Block::read(text).is_some_and(good)) {
        None => Ok(()),
        Some(wrong) => {
            let said =
                format!("{member}: '{wrong}' is not valid: it must be a private IPv4 block, /8 to /32");
            Err(EksError::invalid(said))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_told_from_the_rest() {
        for (text, wanted) in [
            ("0.0.0.0/0", true),
            ("10.0.0.0/8", true),
            ("10.1.2.3/32", true),
            ("::/0", true),
            ("2001:db8::/128", true),
            ("", false),
            ("10.0.0.0", false),
            ("10.0.0.0/", false),
            ("10.0.0.0/33", false),
            ("10.0.0.0/+8", false),
            ("10.0.0.0/-1", false),
            ("10.0.0/8", false),
            ("10.0.0.256/8", false),
            ("::/129", false),
            ("banana", false),
            ("10.0.0.0/8 ", false),
        ] {
            assert_eq!(Block::read(text).is_some(), wanted, "{text}");
        }
    }

    #[test]
    fn a_public_endpoint_is_reached_from_public_addresses() {
        for (text, said) in [
            ("0.0.0.0/0", None),
            ("8.8.8.8/32", None),
            ("8.0.0.0/7", None),
            ("0.0.0.0/8", Some("not allowed")),
            ("10.1.0.128/27", Some("not allowed")),
            ("172.31.0.0/16", Some("not allowed")),
            ("172.32.0.0/16", None),
            ("203.0.113.0/24", Some("not allowed")),
            ("240.0.0.1/32", Some("not allowed")),
            ("::/0", Some("invalid")),
            ("banana", Some("invalid")),
        ] {
            let found = public(&["1.1.1.1/32", text], false).err().map(|failure| failure.message);
            let wanted =
                said.map(|what| format!("The following CIDRs are {what} in publicAccessCidrs: [{text}]"));
            assert_eq!(found, wanted, "{text}");
        }
        assert!(public(&["::/0"], true).is_ok());
    }

    #[test]
    fn services_and_remote_networks_are_private() {
        for (text, of_services, of_remote) in [
            ("10.100.0.0/16", true, true),
            ("172.20.0.0/12", true, true),
            ("192.168.5.0/24", true, true),
            ("10.0.0.0/8", false, true),
            ("10.0.0.0/25", false, true),
            ("100.64.0.0/16", false, true),
            ("11.0.0.0/16", false, false),
            ("172.0.0.0/12", false, false),
            ("::/16", false, false),
            ("x", false, false),
        ] {
            assert_eq!(services(text).is_ok(), of_services, "{text}");
            assert_eq!(remote("m", &[text]).is_ok(), of_remote, "{text}");
        }
    }
}
