//! Whether there is room for more nodes, read for a plan alone: free addresses of the subnets, zones that offer the
//! instance types, vCPU limits of the account, and how long launches take.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use crate::cloud::AwsCloud;
use crate::failure::CallError;
use crate::group::activities::Launched;
use crate::group::{ScalingGroup, Source};
use crate::preflight::Concern;
use crate::read::{self, ReadGroupError};

/// Free addresses below which a subnet is told. A node takes one, and one for each pod beside where the VPC network
/// plugin runs, in blocks of up to 16 (Amazon VPC CNI: prefix delegation).
const FEW: u32 = 32;

impl AwsCloud {
    /// What there is to say of the room for `more` nodes. Nothing that cannot be read keeps a plan from being made.
    pub async fn room(&self, more: u32) -> Result<Vec<Concern>, ReadGroupError> {
        let group = self.group_now().await?;
        let mut found = Vec::new();
        for read in [
            self.addresses(&group, more).await,
            self.offerings(&group).await,
            self.quotas(&self.types(&group), more).await,
        ] {
            match read {
                Ok(concerns) => found.extend(concerns),
                Err(failure) => found.push(Concern::not_looked_at(&failure)),
            }
        }
        Ok(found)
    }

    /// How long recent launches of the group took until the instance was in service, the middle one; `None` when there
    /// was none, or nobody may read it.
    pub async fn launches_take(&self) -> Option<SignedDuration> {
        let mut took = Launched::durations(&read::activities(self).await.ok()?);
        took.sort_unstable();
        took.get(took.len() / 2).copied()
    }

    async fn addresses(&self, group: &ScalingGroup, more: u32) -> Result<Vec<Concern>, CallError> {
        let named = group.described.vpc_zone_identifier().unwrap_or_default();
        let ids: Vec<&str> = named.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<(String, &str)> =
            ids.iter().zip(1..).map(|(id, at)| (format!("SubnetId.{at}"), *id)).collect();
        let asked: Vec<(&str, &str)> = asked.iter().map(|(key, id)| (key.as_str(), *id)).collect();
        let subnets = self.aws.ec2.list("DescribeSubnets", &asked, "subnetSet").await?;
        let free: Vec<Subnet> = subnets.iter().filter_map(Subnet::of).collect();
        Ok(short_of_addresses(&free, more))
    }

    async fn offerings(&self, group: &ScalingGroup) -> Result<Vec<Concern>, CallError> {
        let types = self.types(group);
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let mut asked = vec![
            ("LocationType".to_owned(), "availability-zone"),
            ("Filter.1.Name".to_owned(), "instance-type"),
        ];
        asked.extend(types.iter().zip(1..).map(|(kind, at)| (format!("Filter.1.Value.{at}"), kind.as_str())));
        let asked: Vec<(&str, &str)> = asked.iter().map(|(key, value)| (key.as_str(), *value)).collect();
        let offered =
            self.aws.ec2.list("DescribeInstanceTypeOfferings", &asked, "instanceTypeOfferingSet").await?;
        let zones: BTreeSet<&str> = offered.iter().filter_map(|offering| offering.text("location")).collect();
        let without = group.zones.iter().filter(|zone| !zones.contains(zone.as_str()));
        let named: Vec<&str> = types.iter().map(String::as_str).collect();
        Ok(without
            .map(|zone| {
                Concern::note(
                    format!("zone {zone} does not offer {}: nothing is launched there", named.join(", ")),
                    "name another instance type, or take the zone's subnet out of the group",
                )
            })
            .collect())
    }

    /// Instance types that the group launches, as far as they have names.
    pub(crate) fn types(&self, group: &ScalingGroup) -> BTreeSet<String> {
        let Source::Template { base, overrides } = &group.source else { return BTreeSet::new() };
        let own: BTreeSet<String> =
            overrides.iter().flatten().filter_map(|one| one.instance_type.clone()).collect();
        if !own.is_empty() {
            return own;
        }
        let view = self.view();
        let version = view.templates.version(&base.id, &base.version);
        version
            .and_then(|(_, version)| version.data.text("instanceType"))
            .map(str::to_owned)
            .into_iter()
            .collect()
    }
}

/// A subnet of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subnet {
    id: String,
    zone: String,
    free: u32,
}

impl Subnet {
    fn of(tree: &crate::ec2::Tree) -> Option<Self> {
        let free = tree.text("availableIpAddressCount")?.parse().ok()?;
        let zone = tree.text("availabilityZone").unwrap_or_default().to_owned();
        Some(Self { id: tree.text("subnetId")?.to_owned(), zone, free })
    }
}

fn short_of_addresses(subnets: &[Subnet], more: u32) -> Vec<Concern> {
    let mut by_zone: BTreeMap<&str, u32> = BTreeMap::new();
    subnets.iter().for_each(|subnet| *by_zone.entry(&subnet.zone).or_default() += subnet.free);
    let all: u32 = by_zone.values().sum();
    if !subnets.is_empty() && all < more {
        let named: Vec<&str> = subnets.iter().map(|subnet| subnet.id.as_str()).collect();
        return vec![Concern::blocks(
            format!(
                "its subnets ({}) have {all} free addresses, and {more} more nodes need one each",
                named.join(", ")
            ),
            "free some, or give the group another subnet",
        )];
    }
    let few = by_zone.iter().filter(|(_, free)| **free < FEW);
    few.map(|(zone, free)| {
        Concern::note(
            format!("zone {zone} has {free} free addresses in the subnets of the group"),
            "a node takes one, and with the VPC network plugin one for each pod: launches may fail there",
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(zone: &str, free: u32) -> Subnet {
        Subnet { id: format!("subnet-{zone}"), zone: zone.into(), free }
    }

    #[test]
    fn addresses_are_told_where_they_run_out() {
        let told = |subnets: &[Subnet], more| -> Vec<(bool, String)> {
            short_of_addresses(subnets, more).into_iter().map(|one| (one.blocks, one.text)).collect()
        };
        assert_eq!(told(&[subnet("a", 200), subnet("b", 180)], 3), []);
        let few = told(&[subnet("a", 200), subnet("b", 5), subnet("b", 6)], 3);
        assert_eq!(few, [(false, "zone b has 11 free addresses in the subnets of the group".to_owned())]);
        let none = told(&[subnet("a", 1), subnet("b", 1)], 3);
        assert!(none[0].0 && none[0].1.contains("have 2 free addresses, and 3 more nodes"), "{none:?}");
        assert_eq!(told(&[], 3), [], "a group that names no subnets");
    }
}
