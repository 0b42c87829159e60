//! What-if changes to an update before it is rehearsed: batch, strategy, order, a looser budget, a zone without
//! capacity.

use std::str::FromStr;
use std::sync::Arc;

use replank_core::node_group::spec::{Batch, Order, Spec, Strategy};
use thiserror::Error;

use replank_components::apiserver;
use replank_components::{kubelet, schedule};
use replank_world::api::Propagation;
use replank_world::object::Keep;
use replank_world::store::{Ref, Verb};
use replank_world::vocab::percent::IntOrPercent;
use replank_world::world::World;

/// The accepted forms, for errors.
const FORMS: &str = "`batch N` or `batch N%`, `strategy default`, `strategy minimal` or `strategy replace`, `order \
                     random`, `order zone-by-zone`, `order oldest` or `order emptiest`, `force`, `budget NAMESPACE/NAME minAvailable=N`, \
                     `budget NAMESPACE/NAME maxUnavailable=N` (a number or a share), `budget NAMESPACE/NAME none`, \
                     `zone ZONE no-capacity`, `jobs end-soon`, `unready stay`, `gates lifted`";

/// One write to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// How many nodes at once.
    Batch(Batch),
    /// The update strategy: new nodes first or old nodes first, and whether new ones stay.
    Strategy(Strategy),
    /// The order in which old nodes are replaced.
    Order(Order),
    /// Pods that are left at the drain deadline are deleted.
    Force,
    /// A budget keeps another number of pods; without one the budget is deleted.
    Budget {
        /// Namespace of the budget.
        namespace: Arc<str>,
        /// Name of the budget.
        name: Arc<str>,
        /// What it keeps; `None` deletes it.
        keep: Option<Keep>,
    },
    /// No instance can be launched in this zone.
    ZoneShort(Arc<str>),
    /// Jobs of unknown run time finish as early as they could.
    JobsEndSoon,
    /// Pods that are assumed to become Ready do not.
    UnreadyStay,
    /// Somebody lifts the scheduling gates of every pod at once.
    GatesLifted,
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChangeError {
    /// The text has none of the accepted forms.
    #[error("\"{0}\" is no change that can be rehearsed; give {FORMS}")]
    Form(String),
    /// There is no such budget.
    #[error("budget {asked}: there is no such PodDisruptionBudget in the snapshot; there is {known}")]
    Budget {
        /// The name given.
        asked: String,
        /// The budgets there are.
        known: String,
    },
    /// No updated group has this zone.
    #[error("zone {asked}: no node group that is updated has it; there is {known}")]
    Zone {
        /// The name given.
        asked: String,
        /// The budgets there are.
        known: String,
    },
}

impl FromStr for Change {
    type Err = ChangeError;

    fn from_str(text: &str) -> Result<Self, ChangeError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let change = match words.as_slice() {
            ["batch", amount] => batch(amount).map(Self::Batch),
            ["strategy", "default"] => Some(Self::Strategy(Strategy::Default)),
            ["strategy", "minimal"] => Some(Self::Strategy(Strategy::Minimal)),
            ["strategy", "replace"] => Some(Self::Strategy(Strategy::Replace)),
            ["order", "random"] => Some(Self::Order(Order::Random)),
            ["order", "zone-by-zone"] => Some(Self::Order(Order::ZoneByZone)),
            ["order", "oldest"] => Some(Self::Order(Order::Oldest)),
            ["order", "emptiest"] => Some(Self::Order(Order::Emptiest)),
            ["force"] => Some(Self::Force),
            ["budget", place, rule] => budget(place, rule),
            ["zone", zone, "no-capacity"] => Some(Self::ZoneShort(Arc::from(*zone))),
            ["jobs", "end-soon"] => Some(Self::JobsEndSoon),
            ["unready", "stay"] => Some(Self::UnreadyStay),
            ["gates", "lifted"] => Some(Self::GatesLifted),
            _ => None,
        };
        change.ok_or_else(|| ChangeError::Form(text.to_owned()))
    }
}

/// Parses a batch: 1 to 100, as a count or a percentage (EKS: `NodegroupUpdateConfig`).
fn batch(text: &str) -> Option<Batch> {
    let (number, is_share) = text.strip_suffix('%').map_or((text, false), |number| (number, true));
    let count: u32 = number.parse().ok().filter(|count| (1..=100).contains(count))?;
    Some(if is_share { Batch::Percent(count) } else { Batch::Count(count) })
}

fn budget(place: &str, rule: &str) -> Option<Change> {
    let (namespace, name) = place.split_once('/')?;
    let amount = |text: &str| {
        let share = IntOrPercent::parse_percent(text);
        let share = share.filter(|share| matches!(share, IntOrPercent::Percent(0..=100)));
        share.or_else(|| text.parse().ok().filter(|count: &i64| *count >= 0).map(IntOrPercent::Int))
    };
    let keep = match rule.split_once('=') {
        None if rule == "none" => None,
        Some(("minAvailable", text)) => Some(Keep::MinAvailable(amount(text)?)),
        Some(("maxUnavailable", text)) => Some(Keep::MaxUnavailable(amount(text)?)),
        _ => return None,
    };
    Some(Change::Budget { namespace: namespace.into(), name: name.into(), keep })
}

impl Change {
    /// Applies the change before the updates begin.
    pub(super) fn apply(&self, world: &mut World, specs: &mut [Spec]) -> Result<(), ChangeError> {
        match self {
            Self::Batch(batch) => specs.iter_mut().for_each(|spec| spec.batch = *batch),
            Self::Strategy(strategy) => specs.iter_mut().for_each(|spec| spec.strategy = *strategy),
            Self::Order(order) => specs.iter_mut().for_each(|spec| spec.order = *order),
            Self::Force => specs.iter_mut().for_each(|spec| spec.force = true),
            Self::Budget { namespace, name, keep } => {
                let Some(id) = world.store.budgets.find(namespace, name) else {
                    let known = world.store.budgets.in_order();
                    let known =
                        known.map(|(_, budget)| format!("{}/{}", budget.meta.namespace, budget.meta.name));
                    return Err(ChangeError::Budget {
                        asked: format!("{namespace}/{name}"),
                        known: list(known),
                    });
                };
                match keep {
                    None => drop(apiserver::delete(world, Ref::Budget(id), Propagation::Background)),
                    Some(keep) => {
                        if let Some(budget) = world.store.budgets.get_mut(id) {
                            budget.keep = *keep;
                            budget.meta.generation += 1;
                        }
                        world.changed(Ref::Budget(id), Verb::Modified);
                    }
                }
            }
            Self::JobsEndSoon => kubelet::work_ends_soon(world),
            Self::UnreadyStay => kubelet::unready_stay(world),
            Self::GatesLifted => schedule::lift_gates(world),
            Self::ZoneShort(zone) => {
                let numbers = specs.iter().filter_map(|spec| world.cloud.group_of(spec.group.as_str()));
                let zones = numbers.flat_map(|number| world.cloud.group(number).spec.zones.clone());
                let zones: std::collections::BTreeSet<Arc<str>> = zones.collect();
                if !zones.contains(zone) {
                    let known = list(zones.iter().map(ToString::to_string));
                    return Err(ChangeError::Zone { asked: zone.to_string(), known });
                }
                world.cloud.conditions.room.insert(zone.clone(), 0);
            }
        }
        Ok(())
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read() {
        let budget = |keep| Change::Budget { namespace: "shop".into(), name: "web".into(), keep };
        let rows = [
            ("batch 3", Change::Batch(Batch::Count(3))),
            ("batch 33%", Change::Batch(Batch::Percent(33))),
            ("strategy minimal", Change::Strategy(Strategy::Minimal)),
            ("strategy replace", Change::Strategy(Strategy::Replace)),
            ("order oldest", Change::Order(Order::Oldest)),
            ("force", Change::Force),
            ("budget shop/web minAvailable=2", budget(Some(Keep::MinAvailable(IntOrPercent::Int(2))))),
            (
                "budget shop/web maxUnavailable=30%",
                budget(Some(Keep::MaxUnavailable(IntOrPercent::Percent(30)))),
            ),
            ("budget shop/web none", budget(None)),
            ("gates lifted", Change::GatesLifted),
            ("zone us-west-2a no-capacity", Change::ZoneShort("us-west-2a".into())),
        ];
        for (text, wanted) in rows {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_change_says_what_is() {
        for text in [
            "",
            "batch",
            "batch 0",
            "batch 101%",
            "strategy fast",
            "order",
            "force yes",
            "budget web minAvailable=2",
            "budget shop/web minAvailable=-1",
            "budget shop/web maxUnavailable=101%",
            "zone us-west-2a",
        ] {
            let error = text.parse::<Change>().expect_err(text).to_string();
            assert!(
                error.starts_with(&format!("\"{text}\" is no change")) && error.contains("zone ZONE"),
                "{error}"
            );
        }
    }
}
