//! Which policy governs an update, and what it means.

use jiff::Timestamp;
use kube::ResourceExt;
use replank_service::maintenance::{Calendar, CalendarError, Freeze, Opening, Window};

use crate::api::{ApprovalRule, NodeGroupUpdateSpec, UpdatePolicy, UpdatePolicySpec};
use crate::decide::Allowed;

/// The policy of an update.
#[derive(Clone, Debug, Default)]
pub(crate) struct Governing {
    /// Its name; `None` when no policy governs the update.
    pub(crate) name: Option<String>,
    /// Its values; those of no policy where there is none.
    pub(crate) spec: UpdatePolicySpec,
    pub(crate) calendar: Calendar,
    /// Whether a person has to approve its plan: one policy of its group that wants that is enough, so that nobody gets
    /// round it by naming another.
    pub(crate) needs_approval: bool,
}

impl Governing {
    /// The policy that an update names, or the only one that governs its group. The error is for people.
    pub(crate) fn of(update: &NodeGroupUpdateSpec, policies: &[UpdatePolicy]) -> Result<Self, String> {
        let group = update.node_group.as_str();
        let needs_approval = needs_approval(group, policies);
        let mut governing = policies.iter().filter(|policy| match &update.policy {
            Some(named) => policy.name_any() == *named,
            None => governs(&policy.spec, group),
        });
        let Some(policy) = governing.next() else {
            return match &update.policy {
                Some(named) => {
                    Err(format!("policy: there is no UpdatePolicy {named}; make it, or leave policy out"))
                }
                None => Ok(Self::default()),
            };
        };
        if let Some(other) = governing.next() {
            return Err(format!(
                "node group {group} is governed by UpdatePolicy {} and by {}; name one of them in policy",
                policy.name_any(),
                other.name_any()
            ));
        }
        if !governs(&policy.spec, group) {
            return Err(format!(
                "policy: UpdatePolicy {} does not govern node group {group}; its nodeGroups are {}",
                policy.name_any(),
                policy.spec.node_groups.join(", ")
            ));
        }
        let calendar = calendar(&policy.spec);
        let calendar = calendar.map_err(|why| format!("UpdatePolicy {}: {why}", policy.name_any()))?;
        Ok(Self { name: Some(policy.name_any()), spec: policy.spec.clone(), calendar, needs_approval })
    }

    /// When the update may act, as of `now`.
    pub(crate) fn allowed(&self, now: Timestamp) -> Allowed {
        Allowed {
            opening: self.calendar.at(now),
            at_end: self.spec.at_window_end,
            may_overrun: self.spec.may_overrun,
        }
    }
}

fn needs_approval(group: &str, policies: &[UpdatePolicy]) -> bool {
    let mut governing = policies.iter().filter(|policy| governs(&policy.spec, group));
    governing.any(|policy| policy.spec.approval == ApprovalRule::Required)
}

/// The windows and freezes of a policy. The error names field and value.
pub(crate) fn calendar(policy: &UpdatePolicySpec) -> Result<Calendar, CalendarError> {
    let windows = policy.windows.iter().map(|it| Window::parse(&it.cron, &it.time_zone, &it.duration));
    let freezes = policy.freezes.iter().map(|it| Freeze::parse(&it.from, &it.through, &it.time_zone));
    Ok(Calendar { windows: windows.collect::<Result<_, _>>()?, freezes: freezes.collect::<Result<_, _>>()? })
}

/// When an opening changes, as a text for people; `None` when it does not.
pub(crate) fn told(opening: Opening) -> Option<String> {
    match opening {
        Opening::Always => None,
        Opening::Open { until } => Some(format!("open until {until:.0}")),
        Opening::Closed { opens: Some(opens), frozen } => {
            Some(format!("{} until {opens:.0}", if frozen { "frozen" } else { "closed" }))
        }
        Opening::Closed { opens: None, .. } => Some("closed, and never opens again".to_owned()),
    }
}

fn governs(policy: &UpdatePolicySpec, group: &str) -> bool {
    policy.node_groups.iter().any(|name| match name.strip_suffix('*') {
        Some(begins) => group.starts_with(begins),
        None => name == group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::PolicyWindow;

    fn policy(name: &str, groups: &[&str]) -> UpdatePolicy {
        let node_groups = groups.iter().map(ToString::to_string).collect();
        UpdatePolicy::new(name, UpdatePolicySpec { node_groups, ..UpdatePolicySpec::default() })
    }

    fn update(policy: Option<&str>) -> NodeGroupUpdateSpec {
        NodeGroupUpdateSpec {
            node_group: "workers-a".into(),
            policy: policy.map(Into::into),
            ..NodeGroupUpdateSpec::default()
        }
    }

    #[test]
    fn one_policy_governs_a_group_or_it_is_said_which_do() {
        let policies = [policy("w", &["workers-*"]), policy("other", &["db"])];
        assert_eq!(Governing::of(&update(None), &policies).unwrap().name.as_deref(), Some("w"));
        assert_eq!(Governing::of(&update(None), &policies[1..]).unwrap().name, None);
        let both = [policy("w", &["workers-*"]), policy("all", &["*"])];
        let refused = Governing::of(&update(None), &both).unwrap_err();
        assert!(refused.contains("governed by UpdatePolicy w and by all; name one"), "{refused}");
        assert_eq!(Governing::of(&update(Some("all")), &both).unwrap().name.as_deref(), Some("all"));
        let mut strict = both.clone();
        strict[0].spec.approval = ApprovalRule::Required;
        assert!(
            Governing::of(&update(Some("all")), &strict).unwrap().needs_approval,
            "the other one wants it"
        );
        assert!(!Governing::of(&update(Some("all")), &both).unwrap().needs_approval);
        let refused = Governing::of(&update(Some("none")), &both).unwrap_err();
        assert!(refused.contains("there is no UpdatePolicy none"), "{refused}");
        let refused = Governing::of(&update(Some("other")), &policies).unwrap_err();
        assert!(refused.contains("does not govern node group workers-a; its nodeGroups are db"), "{refused}");
    }

    #[test]
    fn a_window_that_cannot_be_used_is_named() {
        let mut bad = policy("w", &["*"]);
        let (cron, time_zone, duration) = ("0 2 * * *".into(), "Berlin".into(), "4h".into());
        bad.spec.windows = vec![PolicyWindow { cron, time_zone, duration }];
        let refused = Governing::of(&update(None), &[bad]).unwrap_err();
        assert!(refused.starts_with("UpdatePolicy w: timeZone: \"Berlin\""), "{refused}");
    }
}
