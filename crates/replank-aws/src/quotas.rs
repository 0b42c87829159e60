//! vCPU limits of EC2: what the account may run of a family of instance types, and what it runs (Service Quotas, whose
//! units are vCPUs for these).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Aws;
use crate::cloud::AwsCloud;
use crate::ec2::Tree;
use crate::failure::CallError;
use crate::preflight::Concern;

/// Families by the first letters of their types, with the codes of their limits: On-Demand and Spot (EC2: instance quotas).
const FAMILIES: [(&[&str], &str, Option<&str>); 6] = [
    (&["a", "c", "d", "h", "i", "m", "r", "t", "z"], "L-1216C47A", Some("L-34B43A08")),
    (&["g", "vt"], "L-DB2E81BA", Some("L-3819A6DF")),
    (&["p"], "L-417A185B", Some("L-7212CCBC")),
    (&["x"], "L-7295265B", Some("L-E3A00192")),
    (&["f"], "L-74FC7D96", Some("L-88CF9481")),
    (&["inf"], "L-1945791B", Some("L-B5D1601B")),
];
/// Types of one call (EC2: `DescribeInstanceTypes`).
const TYPES_MAX: usize = 100;

/// A limit, and the types that count against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Limit {
    code: &'static str,
    letters: &'static [&'static str],
    is_spot: bool,
}

impl Limit {
    /// The limit of an instance type; `None` for families that are counted otherwise.
    fn of(instance_type: &str, is_spot: bool) -> Option<Self> {
        let letters = letters(instance_type);
        let (own, on_demand, spot) = FAMILIES.iter().find(|(own, ..)| own.contains(&letters))?;
        let code = if is_spot { (*spot)? } else { on_demand };
        Some(Self { code, letters: own, is_spot })
    }

    fn counts(&self, instance_type: &str, is_spot: bool) -> bool {
        self.is_spot == is_spot && self.letters.contains(&letters(instance_type))
    }
}

/// Letters that an instance type begins with, such as `m` of `m5.large`.
fn letters(instance_type: &str) -> &str {
    let end = instance_type.find(|letter: char| !letter.is_ascii_lowercase());
    instance_type.get(..end.unwrap_or(instance_type.len())).unwrap_or_default()
}

impl AwsCloud {
    /// Whether the vCPU limits of the account leave room for `more` nodes of one of these types.
    pub(crate) async fn quotas(
        &self,
        types: &BTreeSet<String>,
        more: u32,
    ) -> Result<Vec<Concern>, CallError> {
        if more == 0 || types.is_empty() {
            return Ok(Vec::new());
        }
        let is_spot = self.view().group.as_ref().is_some_and(launches_spot);
        let limits: BTreeSet<Limit> = types.iter().filter_map(|one| Limit::of(one, is_spot)).collect();
        if limits.is_empty() {
            return Ok(Vec::new());
        }
        let running = running(&self.aws).await?;
        let all: BTreeSet<&str> =
            running.iter().map(|(kind, _)| kind.as_str()).chain(types.iter().map(String::as_str)).collect();
        let vcpus = vcpus(&self.aws, &all).await?;
        let mut found = Vec::new();
        for limit in limits {
            let most = self.aws.quotas.limit(limit.code).await?;
            let used: u32 = running
                .iter()
                .filter(|(kind, is_spot)| limit.counts(kind, *is_spot))
                .map(|(kind, _)| vcpus.get(kind).copied().unwrap_or_default())
                .sum();
            let own = types.iter().filter(|one| limit.counts(one, is_spot));
            let each = own.filter_map(|one| vcpus.get(one)).max().copied().unwrap_or_default();
            found.extend(short(limit.code, most, used, (each, more)));
        }
        Ok(found)
    }
}

/// What there is to say of a limit of `most` vCPUs, where `more` nodes of `each` come beside those that are `used`.
fn short(code: &str, most: f64, used: u32, (each, more): (u32, u32)) -> Option<Concern> {
    let left = most - f64::from(used);
    (f64::from(each) * f64::from(more) > left).then(|| {
        Concern::note(
            format!(
                "vCPU limit {code} of the account is {most}, of which {used} are used: {more} more nodes of {each} vCPUs \
                 do not fit, and launches will fail"
            ),
            format!(
                "have it raised: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {code} \
                 --desired-value {}; or replace fewer at a time (--max-unavailable)",
                f64::from(used) + f64::from(each) * f64::from(more)
            ),
        )
    })
}

fn launches_spot(group: &crate::group::ScalingGroup) -> bool {
    let policy = group.described.mixed_instances_policy().and_then(|policy| policy.instances_distribution());
    policy.is_some_and(|shares| shares.on_demand_percentage_above_base_capacity() == Some(0))
}

/// Types of the account's instances in the region that run, each with whether it is Spot.
async fn running(aws: &Aws) -> Result<Vec<(String, bool)>, CallError> {
    let filter = [
        ("Filter.1.Name", "instance-state-name"),
        ("Filter.1.Value.1", "pending"),
        ("Filter.1.Value.2", "running"),
        ("MaxResults", "1000"),
    ];
    let reservations = aws.ec2.list("DescribeInstances", &filter, "reservationSet").await?;
    let instances = reservations.iter().flat_map(|one| one.items("instancesSet"));
    let kind = |instance: &Tree| {
        let is_spot = instance.text("instanceLifecycle") == Some("spot");
        Some((instance.text("instanceType")?.to_owned(), is_spot))
    };
    Ok(instances.filter_map(kind).collect())
}

/// vCPUs of each type.
async fn vcpus(aws: &Aws, types: &BTreeSet<&str>) -> Result<BTreeMap<String, u32>, CallError> {
    let mut found = BTreeMap::new();
    let types: Vec<&str> = types.iter().copied().collect();
    for some in types.chunks(TYPES_MAX) {
        let asked: Vec<(String, &str)> =
            some.iter().zip(1..).map(|(kind, at)| (format!("InstanceType.{at}"), *kind)).collect();
        let asked: Vec<(&str, &str)> = asked.iter().map(|(key, kind)| (key.as_str(), *kind)).collect();
        let told = aws.ec2.list("DescribeInstanceTypes", &asked, "instanceTypeSet").await?;
        found.extend(told.iter().filter_map(|one| {
            let vcpus = one.get("vCpuInfo")?.text("defaultVCpus")?.parse().ok()?;
            Some((one.text("instanceType")?.to_owned(), vcpus))
        }));
    }
    Ok(found)
}

/// A client of Service Quotas.
#[derive(Debug)]
pub(crate) struct Quotas(pub(crate) crate::json::Json);

impl Quotas {
    /// The value of a limit of EC2.
    async fn limit(&self, code: &str) -> Result<f64, CallError> {
        let asked = Value::from_iter([("ServiceCode", "ec2"), ("QuotaCode", code)]);
        let answer = self.0.call("GetServiceQuota", asked).await?;
        let told = answer["Quota"]["Value"].as_f64();
        told.ok_or_else(|| {
            let message = format!("there is no value of {code}");
            CallError::answered("GetServiceQuota", 200, Some("NoValue"), Some(&message))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_the_limit_of_its_family_and_purchase() {
        let code = |kind: &str, is_spot| Limit::of(kind, is_spot).map(|limit| limit.code);
        assert_eq!(code("m5.large", false), Some("L-1216C47A"));
        assert_eq!(code("m6i.large", true), Some("L-34B43A08"));
        assert_eq!(code("inf2.xlarge", false), Some("L-1945791B"));
        assert_eq!(code("p5.48xlarge", false), Some("L-417A185B"));
        assert_eq!(code("u-6tb1.metal", false), None, "counted otherwise");
        let standard = Limit::of("m5.large", false).unwrap();
        assert!(standard.counts("c7g.large", false) && !standard.counts("c7g.large", true));
        assert!(!standard.counts("g5.xlarge", false) && !standard.counts("inf2.xlarge", false));
    }

    #[test]
    fn a_limit_that_is_too_small_is_told_with_the_one_that_would_do() {
        assert_eq!(short("L-1", 64.0, 58, (2, 3)), None);
        let found = short("L-1", 64.0, 60, (2, 3)).unwrap();
        assert!(!found.blocks && found.text.contains("is 64, of which 60 are used"), "{}", found.text);
        assert!(found.advice.contains("--desired-value 66"), "{}", found.advice);
    }
}
