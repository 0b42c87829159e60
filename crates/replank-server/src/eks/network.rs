//! Network settings of clusters and node groups, checked by their form: subnets, security groups, access to the
//! endpoint, addresses of services.

use serde_json::Value;

use super::{EksError, cidr};

/// Most security groups of a cluster (EKS: 5).
const GROUPS_MAX: usize = 5;

/// Refuses subnet ids that are invalid, repeated or too few for a cluster.
pub(super) fn cluster_subnets(network: &Value) -> Result<Vec<&str>, EksError> {
    let subnets = texts(&network["subnetIds"]);
    check_subnets(&subnets)?;
    let mut different = subnets.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() < 2 || different.len() < subnets.len() {
        return Err(too_few_zones());
    }
    Ok(subnets)
}

/// The error for subnets in too few zones (message of EKS).
pub(super) fn too_few_zones() -> EksError {
    EksError::invalid("Subnets specified must be in at least two different AZs")
}

/// Refuses invalid subnet ids.
pub(super) fn check_subnets(ids: &[&str]) -> Result<(), EksError> {
    match ids.iter().find(|id| !is_id("subnet-", id)) {
        None => Ok(()),
        Some(wrong) => Err(EksError::invalid(format!("The subnet ID '{wrong}' does not exist"))),
    }
}

/// Refuses invalid security group ids, and too many.
pub(super) fn check_groups(given: &Value) -> Result<(), EksError> {
    let groups = texts(given);
    if let Some(wrong) = groups.iter().find(|id| !is_id("sg-", id)) {
        return Err(EksError::invalid(format!("The security group ID '{wrong}' does not exist")));
    }
    if groups.len() > GROUPS_MAX {
        let said =
            format!("At most {GROUPS_MAX} security groups can be given, and there are {}", groups.len());
        return Err(EksError::invalid(said));
    }
    Ok(())
}

/// Refuses invalid members of `resourcesVpcConfig`; `with_ipv6` says whether the cluster uses IPv6.
pub(super) fn check(network: &Value, with_ipv6: bool) -> Result<(), EksError> {
    if !network["subnetIds"].is_null() {
        cluster_subnets(network)?;
    }
    check_groups(&network["securityGroupIds"])?;
    cidr::public(&texts(&network["publicAccessCidrs"]), with_ipv6)
}

/// Refuses an endpoint without any access. By default it is public and not private (EKS).
pub(super) fn check_access(network: &Value) -> Result<(), EksError> {
    let on = |member: &str, usual| network[member].as_bool().unwrap_or(usual);
    if on("endpointPublicAccess", true) || on("endpointPrivateAccess", false) {
        return Ok(());
    }
    Err(EksError::invalid("Private and public endpoint access cannot be false"))
}

/// Refuses invalid members of `kubernetesNetworkConfig` (EKS API reference: `KubernetesNetworkConfigRequest`).
pub(super) fn check_services(given: &Value) -> Result<(), EksError> {
    match given["serviceIpv4Cidr"].as_str() {
        Some(_) if has_ipv6(given) => {
            Err(EksError::invalid("serviceIpv4Cidr cannot be given when ipFamily is ipv6"))
        }
        Some(block) => cidr::services(block),
        None => Ok(()),
    }
}

/// Whether a `kubernetesNetworkConfig` is for IPv6.
pub(super) fn has_ipv6(given: &Value) -> bool {
    given["ipFamily"] == "ipv6"
}

/// Refuses invalid members of `remoteNetworkConfig`.
pub(super) fn check_remote(given: &Value) -> Result<(), EksError> {
    for member in ["remoteNodeNetworks", "remotePodNetworks"] {
        for one in given[member].as_array().into_iter().flatten() {
            cidr::remote(member, &texts(&one["cidrs"]))?;
        }
    }
    Ok(())
}

/// Refuses an invalid `encryptionConfig` (EKS API reference: `EncryptionConfig`, `Provider`).
pub(super) fn check_encryption(given: &Value) -> Result<(), EksError> {
    for one in given.as_array().into_iter().flatten() {
        if texts(&one["resources"]) != ["secrets"] {
            return Err(EksError::invalid("encryptionConfig.resources: the only supported value is secrets"));
        }
        let arn = one["provider"]["keyArn"].as_str().unwrap_or_default();
        if !is_key(arn) {
            let said = format!(
                "encryptionConfig.provider.keyArn: '{arn}' is no ARN of a KMS key; give one such as \
                 arn:aws:kms:us-west-2:111122223333:key/id"
            );
            return Err(EksError::invalid(said));
        }
    }
    Ok(())
}

/// Whether a text is the ARN of a KMS key or alias.
fn is_key(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "kms", region, account, resource] = parts[..] else { return false };
    let name = resource.strip_prefix("key/").or_else(|| resource.strip_prefix("alias/"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_/".contains(c);
    partition.starts_with("aws")
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && name.is_some_and(|name| !name.is_empty() && name.chars().all(plain))
}

/// Whether a text is an id of EC2 with this prefix: up to 17 hexadecimal digits. Real ones have 8 or 17; those in tests
/// are often shorter.
fn is_id(kind: &str, id: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    id.strip_prefix(kind).is_some_and(|rest| (1..=17).contains(&rest.len()) && rest.bytes().all(digit))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_network_is_one_that_can_be() {
        let two = json!(["subnet-1", "subnet-0a"]);
        for (network, good) in [
            (json!({}), true),
            (json!({ "subnetIds": two }), true),
            (json!({ "subnetIds": [] }), false),
            (json!({ "subnetIds": ["subnet-1"] }), false),
            (json!({ "subnetIds": ["subnet-1", "subnet-1"] }), false),
            (json!({ "subnetIds": ["subnet-1", "subnet-2", "subnet-1"] }), false),
            (json!({ "subnetIds": ["subnet-1", "banana"] }), false),
            (json!({ "subnetIds": ["subnet-1", "subnet-"] }), false),
            (json!({ "subnetIds": ["subnet-1", "subnet-xyz"] }), false),
            (json!({ "subnetIds": ["subnet-1", "sg-1"] }), false),
            (json!({ "securityGroupIds": ["sg-0a1"] }), true),
            (json!({ "securityGroupIds": ["subnet-1"] }), false),
            (json!({ "securityGroupIds": [""] }), false),
            (json!({ "securityGroupIds": ["sg-1", "sg-2", "sg-3", "sg-4", "sg-5", "sg-6"] }), false),
            (json!({ "publicAccessCidrs": ["8.8.8.8/32"] }), true),
            (json!({ "publicAccessCidrs": ["8.8.8.8"] }), false),
        ] {
            assert_eq!(check(&network, false).is_ok(), good, "{network}");
        }
    }

    #[test]
    fn one_endpoint_is_reached() {
        for (public, private, good) in [
            (None, None, true),
            (Some(false), None, false),
            (None, Some(false), true),
            (Some(false), Some(true), true),
            (Some(false), Some(false), false),
        ] {
            let network = json!({ "endpointPublicAccess": public, "endpointPrivateAccess": private });
            assert_eq!(check_access(&network).is_ok(), good, "{network}");
        }
    }

    #[test]
    fn keys_are_keys_of_kms() {
        let with = |resources: &[&str], arn: &str| {
            check_encryption(&json!([{ "resources": resources, "provider": { "keyArn": arn } }])).is_ok()
        };
        let key = "arn:aws:kms:us-west-2:111122223333:key/1-a";
        assert!(with(&["secrets"], key) && with(&["secrets"], &key.replace("key/", "alias/")));
        assert!(!with(&[], key) && !with(&["pods"], key));
        for wrong in ["", "arn:of:the:key", "arn:aws:iam::111122223333:role/r", &key[..key.len() - 3]] {
            assert!(!with(&["secrets"], wrong), "{wrong}");
        }
    }

    #[test]
    fn services_have_addresses_of_one_kind() {
        for (given, good) in [
            (json!({}), true),
            (json!({ "serviceIpv4Cidr": "10.100.0.0/16" }), true),
            (json!({ "serviceIpv4Cidr": "banana" }), false),
            (json!({ "ipFamily": "ipv6" }), true),
            (json!({ "ipFamily": "ipv6", "serviceIpv4Cidr": "10.100.0.0/16" }), false),
        ] {
            assert_eq!(check_services(&given).is_ok(), good, "{given}");
        }
        let remote = |cidr: &str| json!({ "remotePodNetworks": [{ "cidrs": ["10.0.0.0/16", cidr] }] });
        assert!(
            check_remote(&remote("172.16.0.0/16")).is_ok() && check_remote(&remote("8.8.0.0/16")).is_err()
        );
    }
}
