//! An update that is declared, as the service is asked for it.

use replank_core::draw::stable_hash;
use replank_service::launch_template::{TemplateBy, TemplateRequest};
use replank_service::records::{NodeOrder, UpdateConfigChange};
use replank_service::start_update::StartUpdate;
use serde_json::{Value, json};

use crate::api::{ForceRule, NodeGroupUpdateSpec, Order, PlanSummary, Strategy};
use crate::approval::Consent;
use crate::governing::Governing;

/// Whether an update may use force, by itself and by its policy.
pub(crate) fn forces(update: &NodeGroupUpdateSpec, governing: &Governing) -> bool {
    update.force && governing.spec.force == ForceRule::Allowed
}

/// The request to the service; what the update leaves open comes from its policy.
pub(crate) fn of(
    update: &NodeGroupUpdateSpec,
    governing: &Governing,
    cluster: &str,
    token: &str,
) -> StartUpdate {
    let policy = &governing.spec;
    let (count, share) =
        update.max_unavailable.as_ref().or(policy.max_unavailable.as_ref()).map(batch).unwrap_or_default();
    let strategy = update.strategy.or(policy.strategy).map(|strategy| match strategy {
        Strategy::Default => "DEFAULT".to_owned(),
        Strategy::Minimal => "MINIMAL".to_owned(),
        Strategy::Replace => "REPLACE".to_owned(),
    });
    let order = update.order.or(policy.order).map(|order| match order {
        Order::Random => NodeOrder::Random,
        Order::ZoneByZone => NodeOrder::ZoneByZone,
        Order::Oldest => NodeOrder::Oldest,
        Order::Emptiest => NodeOrder::Emptiest,
    });
    let template = update.launch_template.as_ref().map(|template| TemplateRequest {
        by: TemplateBy::Name(template.name.clone()),
        version: Some(template.version.clone()),
    });
    StartUpdate {
        cluster: cluster.to_owned(),
        group: update.node_group.clone(),
        version: update.kubernetes_version.clone(),
        release_version: update.release_version.clone(),
        template,
        image: None,
        force: forces(update, governing),
        config: UpdateConfigChange {
            max_unavailable: count,
            max_unavailable_percentage: share,
            update_strategy: strategy,
        },
        order,
        token: Some(token.to_owned()),
    }
}

/// Identifies what a plan is made of: a plan of other wishes is old.
pub(crate) fn mark(asked: &StartUpdate) -> String {
    format!("{:016x}", stable_hash(json!(asked).to_string().bytes()))
}

/// What was approved is what begins: a release that the update left open is the one that its plan names, though a newer one
/// may be out by now.
pub(crate) fn as_approved(asked: &StartUpdate, consent: Consent, plan: Option<&PlanSummary>) -> StartUpdate {
    let is_open = asked.release_version.is_none() && asked.template.is_none();
    match plan.filter(|plan| is_open && consent == Consent::Given && !plan.version.is_empty()) {
        None => asked.clone(),
        Some(plan) => StartUpdate {
            version: Some(plan.version.clone()),
            release_version: Some(plan.release.clone()),
            ..asked.clone()
        },
    }
}

/// A number of nodes, or a share in percent. The definition lets nothing else in.
fn batch(value: &Value) -> (Option<u64>, Option<u64>) {
    let share = value.as_str().and_then(|text| text.strip_suffix('%')).and_then(|text| text.parse().ok());
    (value.as_u64(), share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::UpdatePolicySpec;

    fn governing(force: ForceRule) -> Governing {
        let spec = UpdatePolicySpec {
            max_unavailable: Some(json!("25%")),
            order: Some(Order::Oldest),
            strategy: Some(Strategy::Minimal),
            force,
            ..UpdatePolicySpec::default()
        };
        Governing { spec, ..Governing::default() }
    }

    #[test]
    fn what_an_update_leaves_open_comes_from_its_policy() {
        let update =
            NodeGroupUpdateSpec { node_group: "g".into(), force: true, ..NodeGroupUpdateSpec::default() };
        let asked = of(&update, &governing(ForceRule::Allowed), "c", "t");
        assert_eq!((asked.config.max_unavailable, asked.config.max_unavailable_percentage), (None, Some(25)));
        assert_eq!((asked.order, asked.force), (Some(NodeOrder::Oldest), true));
        let own =
            NodeGroupUpdateSpec { max_unavailable: Some(json!(3)), order: Some(Order::Random), ..update };
        let asked = of(&own, &governing(ForceRule::Forbidden), "c", "t");
        assert_eq!((asked.config.max_unavailable, asked.config.max_unavailable_percentage), (Some(3), None));
        assert_eq!((asked.order, asked.force), (Some(NodeOrder::Random), false));
        assert_eq!(asked.config.update_strategy.as_deref(), Some("MINIMAL"));
    }

    #[test]
    fn a_plan_is_old_when_the_wishes_are_others() {
        let update = NodeGroupUpdateSpec { node_group: "g".into(), ..NodeGroupUpdateSpec::default() };
        let approved = NodeGroupUpdateSpec { approved: true, ..update.clone() };
        let other = NodeGroupUpdateSpec { max_unavailable: Some(json!(3)), ..update.clone() };
        let mark = |update| mark(&of(update, &Governing::default(), "c", "t"));
        assert_eq!(mark(&update), mark(&approved));
        assert_ne!(mark(&update), mark(&other));
    }
}
