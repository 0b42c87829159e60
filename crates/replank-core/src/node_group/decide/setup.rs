//! Setup: a template version with the target's content, the group pointed at it, and the numbers of the update.
//!
//! EKS: "managed node update behavior", first phase.

use std::collections::{BTreeMap, BTreeSet};

use super::point;
use super::turn::Turn;
use crate::action::{ActionKey, CloudAction};
use crate::names::Zone;
use crate::node_group::batch;
use crate::node_group::batch::Layout;
use crate::node_group::event::{Fact, Measured};
use crate::node_group::phase::Phase;
use crate::node_group::problem::{FailureCode, Why};
use crate::node_group::spec::Strategy;
use crate::node_group::wait::On;
use crate::observed::{Group, MemberClass, MemberState, Taint};
use crate::sizes::Sizes;

pub(super) fn step(turn: &mut Turn<'_>) {
    if turn.is_cancelled() {
        return;
    }
    let Some(group) = turn.group() else { return };
    if turn.is_paused() {
        return turn.wait_all(On::Paused, None);
    }
    let Some(version) = target_version(turn, group) else {
        return make_version(turn, group);
    };
    // Worked out once, before anything changes: it remembers the version and the sizes from before.
    if turn.measured().is_none() {
        let measured = measure(turn, group, version);
        turn.note(Fact::Measured(measured));
    }
    if !point::at(turn, group, version) {
        return;
    }
    let next = match turn.rollout.spec.strategy {
        _ if turn.old_count() == 0 => Phase::ScaleDown,
        Strategy::Default | Strategy::Replace => Phase::ScaleUp,
        Strategy::Minimal => Phase::Guard,
    };
    if next == Phase::ScaleDown {
        let sizes = group.sizes;
        turn.note(Fact::SizesAsked { to: sizes });
    }
    turn.enter(next);
}

/// The template version with the target's content: the one in use if it has that, else the newest that has; `None` when
/// there is none.
fn target_version(turn: &Turn<'_>, group: &Group) -> Option<u64> {
    if !turn.is_old_version(group.version) {
        return Some(group.version);
    }
    group.versions.keys().rev().find(|version| !turn.is_old_version(**version)).copied()
}

fn make_version(turn: &mut Turn<'_>, group: &Group) {
    if let Some(message) = turn.refused_for_good(&ActionKey::CreateVersion) {
        let why = Why::Refused { act: "create the launch template version".into(), message };
        return turn.fail(FailureCode::Unknown, why, vec![group.template.to_string()]);
    }
    let spec = &turn.rollout.spec;
    let action = CloudAction::CreateVersion {
        template: group.template.clone(),
        content: spec.target.content.clone(),
        token: spec.update.clone(),
    };
    turn.ask(action);
    turn.wait_all(On::TemplateVersion, None);
}

fn measure(turn: &Turn<'_>, group: &Group, target_version: u64) -> Measured {
    let spec = &turn.rollout.spec;
    let inherited = spec.inherited.filter(|original| original.desired <= group.sizes.desired);
    let original: Sizes = inherited.unwrap_or(group.sizes);
    let old = turn.old_count();
    let batch = batch::batch(spec.batch, original.desired, old);
    let in_zone =
        |zone| turn.seen.members.count(|class| class.zone == zone && class.state != MemberState::Leaving);
    let layout = Layout {
        zones: group.zones.len() as u32,
        members: turn.standing_count(),
        fullest_zone: group.zones.iter().map(|zone| in_zone(zone.clone())).max().unwrap_or(0),
        zone_without_new: !turn.zones_without_new().is_empty(),
        raised: group.sizes.desired.saturating_sub(original.desired),
    };
    let increment = match spec.strategy {
        Strategy::Minimal => 0,
        Strategy::Default | Strategy::Replace if old == 0 => 0,
        Strategy::Default => batch::increment(spec.increment, &layout, batch),
        // New nodes stay: more of them than old ones would have to go again. A zone left without one gets one more.
        Strategy::Replace => batch::increment(spec.increment, &layout, batch).min(old),
    };
    Measured {
        original,
        previous_version: group.version,
        target_version,
        old,
        batch,
        increment: increment + layout.raised,
        ceiling: batch::ceiling(&layout, batch).max(increment + layout.raised),
        zones: serving_by_zone(turn),
        taints: carried(turn),
    }
}

fn serving_by_zone(turn: &Turn<'_>) -> BTreeMap<Zone, u32> {
    let mut zones = BTreeMap::new();
    for (class, count) in turn.seen.members.classes().filter(|(class, _)| turn.serves(class)) {
        *zones.entry(class.zone.clone()).or_default() += count as u32;
    }
    zones
}

/// The taints that more than half of the old nodes carry. Left out are those of autoscalers that mark a node for
/// removal and those of the node lifecycle controller.
fn carried(turn: &Turn<'_>) -> Vec<Taint> {
    let members = &turn.seen.members;
    let old = |class: &MemberClass| class.joined && turn.is_old(class);
    let most = members.count(old) / 2;
    let taints: BTreeSet<&Taint> =
        members.classes().filter(|(class, _)| old(class)).flat_map(|(class, _)| &class.taints).collect();
    let carries = |taint: &&&Taint| members.count(|class| old(class) && class.taints.contains(taint)) > most;
    taints
        .iter()
        .filter(|taint| taint.owner().is_none())
        .filter(carries)
        .map(|taint| (*taint).clone())
        .collect()
}
