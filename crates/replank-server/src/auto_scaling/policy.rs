//! The mixed instances policy that EKS gives the groups of node groups: one instance type, On-Demand or Spot alone.

use replank_service::ports::auto_scaling::Group;
use serde_json::Value;

use super::failure::AutoScalingError;
use super::xml;
use crate::given::Given;

/// The members of `InstancesDistribution`, by their names in the API.
fn distribution(is_spot: bool) -> [(&'static str, String); 4] {
    let share = if is_spot { 0 } else { 100 };
    [
        ("OnDemandAllocationStrategy", "prioritized".to_owned()),
        ("OnDemandBaseCapacity", "0".to_owned()),
        ("OnDemandPercentageAboveBaseCapacity", share.to_string()),
        ("SpotAllocationStrategy", "price-capacity-optimized".to_owned()),
    ]
}

/// The policy of a group; `specification` is the content of its launch template's element.
pub(super) fn shown(group: &Group, is_spot: bool, specification: &str) -> String {
    let overrides = xml::list("Overrides", [xml::text("InstanceType", &group.instance_type)]);
    let distribution = distribution(is_spot).map(|(name, value)| xml::text(name, value)).concat();
    let launched = xml::element("LaunchTemplateSpecification", specification) + &overrides;
    let policy =
        xml::element("LaunchTemplate", &launched) + &xml::element("InstancesDistribution", &distribution);
    xml::element("MixedInstancesPolicy", &policy)
}

/// Refuses a policy that would change more than the version of the launch template.
pub(super) fn stays(given: &Given, group: &Group, is_spot: bool) -> Result<(), AutoScalingError> {
    const OVERRIDES: &str = "MixedInstancesPolicy.LaunchTemplate.Overrides";
    const DISTRIBUTION: &str = "MixedInstancesPolicy.InstancesDistribution";
    if group.nodegroup.is_none() {
        return Err(AutoScalingError::not_here("MixedInstancesPolicy of a group that is not one of EKS"));
    }
    let overrides = given.structure(&format!("{OVERRIDES}.member")).unwrap_or_default();
    let types = overrides.as_array().into_iter().flatten();
    let is_same = |one: &Value| {
        one.as_object().is_some_and(|one| one.len() == 1) && one["instanceType"] == *group.instance_type
    };
    if !types.into_iter().all(is_same) {
        return Err(AutoScalingError::not_here(&format!("{OVERRIDES} other than {}", group.instance_type)));
    }
    let known = distribution(is_spot);
    let differs = |(name, value): &(&str, String)| {
        given.given(&format!("{DISTRIBUTION}.{name}")).is_some_and(|wanted| wanted != value)
    };
    let members = known.iter().filter(|(name, _)| given.has(&format!("{DISTRIBUTION}.{name}"))).count();
    if known.iter().any(differs) || given.below(DISTRIBUTION) != members {
        return Err(AutoScalingError::not_here(&format!("{DISTRIBUTION} other than the present one")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use replank_core::sizes::Sizes;
    use replank_service::ports::auto_scaling::LaunchSource;

    use super::*;

    #[test]
    fn a_policy_may_be_repeated_and_nothing_else() {
        let mut group = Group {
            name: "g".into(),
            id: String::new(),
            cluster: "c".into(),
            nodegroup: Some("default".into()),
            created_at: None,
            zones: Vec::new(),
            sizes: Sizes { min: 0, desired: 0, max: 0 },
            source: LaunchSource { template: "lt-1".into(), version: "1".into() },
            instance_type: "m5.large".into(),
            instances: Vec::new(),
            suspended: Vec::new(),
            hooks: Vec::new(),
            tags: Vec::new(),
            protects_new: false,
            is_leaving: false,
        };
        let kind = "MixedInstancesPolicy.LaunchTemplate.Overrides.member.1.InstanceType";
        let share = "MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity";
        let price = "MixedInstancesPolicy.InstancesDistribution.SpotMaxPrice";
        for (name, value, good) in [
            (kind, "m5.large", true),
            (kind, "m5.xlarge", false),
            (share, "100", true),
            (share, "0", false),
            (price, "1", false),
        ] {
            let given = Given::of([(name, value)]);
            assert_eq!(stays(&given, &group, false).is_ok(), good, "{name}={value}");
        }
        group.nodegroup = None;
        assert!(stays(&Given::of([(kind, "m5.large")]), &group, false).is_err());
    }
}
