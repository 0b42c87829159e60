//! IP addresses that the API server no longer accepts: leading zeros, IPv4-mapped IPv6, networks with host bits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use replank_core::version::Minor;
use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text, texts};
use crate::subject::Facts;

static LOOSE: Check = Check {
    id: "address-not-strict",
    severity: Severity::Breaks,
    meaning: "The object holds an address that the API server refuses on writes from 1.36 on: leading zeros in IPv4, IPv4 \
              mapped into IPv6, or a network with bits beyond its prefix. What is stored stays as long as the field is \
              not changed.",
    advice: "Write the address in its plain form.",
    basis: "Kubernetes 1.36: StrictIPCIDRValidation; apimachinery, pkg/util/validation/ip.go",
};

pub(super) const CHECKS: &[&Check] = &[&LOOSE];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(36) {
        return;
    }
    let of = |group: &str, kind: &str, read: fn(&Value) -> Addresses<'_>| {
        facts.of(group, kind).map(move |item| (item, read(&item.object))).collect::<Vec<_>>()
    };
    let pods = facts.pods().iter().map(|maker| (maker.item, pod(maker.spec)));
    let others = [
        of("", "Service", service),
        of("", "Endpoints", endpoints),
        of("discovery.k8s.io", "EndpointSlice", slice),
        of("networking.k8s.io", "NetworkPolicy", policy),
    ];
    for (item, addresses) in others.into_iter().flatten().chain(pods) {
        for (field, value) in addresses {
            let why = if value.contains('/') { network(value) } else { address(value) };
            if let Some(why) = why {
                let seen = Seen::of(&LOOSE, item, format!("{field} is {value}: {why}"));
                findings.add(seen.breaks_in(Some(Minor(36))));
            }
        }
    }
}

/// Fields and their addresses.
type Addresses<'o> = Vec<(&'static str, &'o str)>;

fn service(object: &Value) -> Addresses<'_> {
    let spec = &object["spec"];
    let own = std::iter::once(("spec.clusterIP", text(spec, &["clusterIP"])));
    let all = texts(spec, &["clusterIPs"]).map(|it| ("spec.clusterIPs", it));
    let external = texts(spec, &["externalIPs"]).map(|it| ("spec.externalIPs", it));
    let ranges = texts(spec, &["loadBalancerSourceRanges"]).map(|it| ("spec.loadBalancerSourceRanges", it));
    let found = own.chain(all).chain(external).chain(ranges);
    found.filter(|(_, value)| !matches!(*value, "" | "None")).collect()
}

fn endpoints(object: &Value) -> Addresses<'_> {
    let all = list(object, &["subsets"]).flat_map(|it| list(it, &["addresses"]));
    all.map(|it| ("subsets.addresses.ip", text(it, &["ip"]))).collect()
}

fn slice(object: &Value) -> Addresses<'_> {
    if text(object, &["addressType"]) == "FQDN" {
        return Vec::new();
    }
    let all = list(object, &["endpoints"]).flat_map(|it| texts(it, &["addresses"]));
    all.map(|it| ("endpoints.addresses", it)).collect()
}

fn policy(object: &Value) -> Addresses<'_> {
    let spec = &object["spec"];
    let ways = [("ingress", "from"), ("egress", "to")];
    let peers =
        ways.into_iter().flat_map(|(way, side)| list(spec, &[way]).flat_map(move |rule| list(rule, &[side])));
    let blocks = peers.map(|peer| &peer["ipBlock"]).filter(|block| block.is_object());
    let mut found = Vec::new();
    for block in blocks {
        found.push(("ipBlock.cidr", text(block, &["cidr"])));
        found.extend(texts(block, &["except"]).map(|it| ("ipBlock.except", it)));
    }
    found
}

fn pod(spec: &Value) -> Addresses<'_> {
    let hosts = list(spec, &["hostAliases"]).map(|it| ("hostAliases.ip", text(it, &["ip"])));
    hosts.chain(texts(spec, &["dnsConfig", "nameservers"]).map(|it| ("dnsConfig.nameservers", it))).collect()
}

/// Why an address is refused; `None` when it is accepted, or never was an address.
fn address(text: &str) -> Option<String> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => mapped(v6).map(|v4| format!("IPv4 mapped into IPv6, write {v4}")),
        Ok(IpAddr::V4(_)) => None,
        // The library refuses leading zeros, which Kubernetes took.
        Err(_) => sloppy(text).map(|v4| format!("leading zeros, write {v4}")),
    }
}

/// The IPv4 address of an IPv4-mapped IPv6 address.
fn mapped(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    v6.to_ipv4_mapped()
}

/// Parses IPv4 with leading zeros as decimal, as Kubernetes did (Go: `netutils.ParseIPSloppy`).
fn sloppy(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part =
            parts.next().filter(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit()))?;
        *octet = part
            .trim_start_matches('0')
            .parse()
            .or(if part.trim_matches('0').is_empty() { Ok(0) } else { Err(()) })
            .ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn network(text: &str) -> Option<String> {
    let (ip, prefix) = text.split_once('/')?;
    if let Some(why) = address(ip) {
        return Some(why);
    }
    let length: u32 = prefix.parse().ok()?;
    if prefix.len() > 1 && prefix.starts_with('0') {
        return Some(format!("leading zeros, write {ip}/{length}"));
    }
    let plain = match ip.parse::<IpAddr>().ok()? {
        IpAddr::V4(v4) if length <= 32 => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4) & mask))
        }
        IpAddr::V6(v6) if length <= 128 => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => return None,
    };
    (plain != ip.parse::<IpAddr>().ok()?).then(|| format!("bits beyond the prefix, write {plain}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::{address, network};

    #[test]
    fn only_what_kubernetes_refuses_is_told() {
        for (text, wanted) in [
            ("10.0.0.1", None),
            ("10.00.0.1", Some("leading zeros, write 10.0.0.1")),
            ("010.002.003.004", Some("leading zeros, write 10.2.3.4")),
            ("::ffff:1.2.3.4", Some("IPv4 mapped into IPv6, write 1.2.3.4")),
            // Not canonical, but taken (kubernetes: IsValidIPForLegacyField).
            ("FE80:0:0:0:0:0:0:0abc", None),
            ("fe80::1", None),
            ("example.com", None),
            ("300.1.1.1", None),
        ] {
            assert_eq!(address(text).as_deref(), wanted, "{text}");
        }
        for (text, wanted) in [
            ("10.0.0.0/8", None),
            ("10.0.0.1/32", None),
            ("0.0.0.0/0", None),
            ("::/0", None),
            ("10.0.0.5/24", Some("bits beyond the prefix, write 10.0.0.0/24")),
            ("2001:db8::1/64", Some("bits beyond the prefix, write 2001:db8::/64")),
            ("10.0.00.0/24", Some("leading zeros, write 10.0.0.0")),
            ("10.0.0.0/024", Some("leading zeros, write 10.0.0.0/24")),
        ] {
            assert_eq!(network(text).as_deref(), wanted, "{text}");
        }
    }
}
