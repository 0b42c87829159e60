//! The scheduler's scores and their weights; ties are broken by a draw from the seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kubernetes::components;
use replank_world::object::{Pod, Spread, SpreadWhen};
use replank_world::store::{NodeId, PodId};
use replank_world::vocab::taint::Effect;
use replank_world::world::World;

use super::filter::Seeker;
use super::node_classes::NodeClasses;
use super::pod_constraints::{self, Domains};

const TAINT: i64 = 3;
const AFFINITY: i64 = 2;
const SPREAD: i64 = 2;
const NEAR: i64 = 2;

/// kube-scheduler's default spread constraints (key and `maxSkew`), for pods without their own.
const HOST: (&str, i64) = ("kubernetes.io/hostname", 3);
const ZONE: (&str, i64) = ("topology.kubernetes.io/zone", 5);

/// The best of the feasible nodes, each given with its score for resources. `points` is a buffer.
pub(super) fn best(
    seeker: &Seeker<'_>,
    node_classes: &NodeClasses,
    feasible: &[(NodeId, i32)],
    points: &mut Vec<i64>,
) -> Option<NodeId> {
    match feasible {
        [] => return None,
        // Scoring is skipped for a single node.
        [(only, _)] => return Some(*only),
        _ => {}
    }
    points.clear();
    points.extend(feasible.iter().map(|(_, points)| i64::from(*points)));
    let spec = &seeker.pod.template.spec;
    if components(&seeker.world.state).scheduler.discouraging > 0 {
        let counts = feasible.iter().map(|(at, _)| discouraged(seeker, *at)).collect();
        add(points, &reversed(counts), TAINT);
    }
    if !spec.node_preferred.is_empty() {
        let counts = feasible.iter().map(|(at, _)| preferred(seeker, *at)).collect();
        add(points, &to_largest(counts), AFFINITY);
    }
    spread(seeker, node_classes, feasible, points);
    if seeker.pod_constraints.prefers() {
        let counts =
            feasible.iter().map(|(at, _)| seeker.pod_constraints.points(labels(seeker.world, *at))).collect();
        add(points, &between(counts), NEAR);
    }
    let most = points.iter().copied().max()?;
    let draw = seeker.world.chance.draw("schedule", &seeker.pod.meta.name, u64::from(seeker.id.0));
    let number = draw as usize % points.iter().filter(|points| **points == most).count();
    let mut tied = feasible.iter().zip(&*points).filter(|(_, points)| **points == most);
    tied.nth(number).map(|((at, _), _)| *at)
}

fn add(points: &mut [i64], scores: &[i64], weight: i64) {
    points.iter_mut().zip(scores).for_each(|(points, score)| *points += score * weight);
}

/// Kubernetes: `DefaultNormalizeScore` reversed; all nodes get 100 when nothing was counted.
fn reversed(counts: Vec<i64>) -> Vec<i64> {
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.into_iter().map(|count| if most == 0 { 100 } else { 100 - 100 * count / most }).collect()
}

fn to_largest(counts: Vec<i64>) -> Vec<i64> {
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.into_iter().map(|count| if most == 0 { 0 } else { 100 * count / most }).collect()
}

/// Kubernetes: the normalisation of `InterPodAffinity`, from the lowest to the highest sum.
fn between(counts: Vec<i64>) -> Vec<i64> {
    let most = counts.iter().copied().max().unwrap_or(0);
    let least = counts.iter().copied().min().unwrap_or(0);
    counts
        .into_iter()
        .map(|count| if most == least { 0 } else { 100 * (count - least) / (most - least) })
        .collect()
}

/// Kubernetes: the normalisation of `PodTopologySpread`: fewer matching pods score higher.
fn crowding(counts: &[i64]) -> impl Iterator<Item = i64> + '_ {
    let most = counts.iter().copied().max().unwrap_or(0);
    let least = counts.iter().copied().min().unwrap_or(0);
    counts.iter().map(move |count| spread_score(*count, least, most))
}

fn spread_score(count: i64, least: i64, most: i64) -> i64 {
    if most == 0 { 100 } else { 100 * (most + least - count) / most }
}

fn labels(world: &World, at: NodeId) -> &replank_world::vocab::labels::Map {
    static NONE: replank_world::vocab::labels::Map = BTreeMap::new();
    world.store.nodes.get(at).map_or(&NONE, |node| world.store.labels.get(node.meta.labels))
}

fn discouraged(seeker: &Seeker<'_>, at: NodeId) -> i64 {
    let Some(node) = seeker.world.store.nodes.get(at) else { return 0 };
    let tolerations = &seeker.pod.template.spec.tolerations;
    let soft = node.taints.iter().filter(|taint| taint.effect == Effect::PreferNoSchedule);
    soft.filter(|taint| !taint.tolerated_by(tolerations)).count() as i64
}

fn preferred(seeker: &Seeker<'_>, at: NodeId) -> i64 {
    let labels = labels(seeker.world, at);
    let terms = seeker.pod.template.spec.node_preferred.iter();
    terms.filter(|it| it.term.matches(labels)).map(|it| it.weight).sum()
}

fn spread(seeker: &Seeker<'_>, node_classes: &NodeClasses, feasible: &[(NodeId, i32)], points: &mut [i64]) {
    let spec = &seeker.pod.template.spec;
    if spec.spread.is_empty() {
        if let Some(others) = companions(seeker.world, seeker.pod) {
            by_default(seeker, node_classes, feasible, others, points);
        }
        return;
    }
    let soft: Vec<&Spread> =
        spec.spread.iter().filter(|spread| spread.when == SpreadWhen::ScheduleAnyway).collect();
    if soft.is_empty() {
        return;
    }
    let crowd = by_constraints(seeker, feasible, &soft);
    points.iter_mut().zip(crowding(&crowd)).for_each(|(points, score)| *points += score * SPREAD);
}

/// The pods that the default spread constraints count: those of the same controller, or of the pod's first
/// service.
fn companions<'w>(world: &'w World, pod: &Pod) -> Option<impl Iterator<Item = PodId> + use<'w>> {
    use replank_world::store::Ref;
    let (of_owner, of_service) = match pod.meta.owner.as_ref().and_then(|owner| owner.at) {
        Some(owner @ (Ref::ReplicaSet(_) | Ref::StatefulSet(_))) => (Some(owner), Vec::new()),
        _ => {
            let users = world.store.index.users_of(&pod.meta.namespace, pod.meta.labels)?;
            let service = *users.services.first()?;
            (None, world.selected_by(Ref::Service(service)))
        }
    };
    let owned = of_owner.into_iter().flat_map(|owner| world.store.index.pods_of(owner));
    Some(owned.chain(of_service))
}

/// The weight of a spread constraint over this many domains (Kubernetes: `topologyNormalizingWeight`).
fn weight(domains: usize) -> f64 {
    (domains as f64 + 2.0).ln()
}

/// Adds the scores under the default constraints: matching pods around each node, by node and by zone.
///
/// Few nodes hold pods of the same kind. All others of a zone score the same, so what they score is worked out once for
/// each zone.
fn by_default(
    seeker: &Seeker<'_>,
    node_classes: &NodeClasses,
    feasible: &[(NodeId, i32)],
    others: impl Iterator<Item = PodId>,
    points: &mut [i64],
) {
    let mut zones = vec![0_i64; node_classes.zones() + 1];
    let pods = others.filter_map(|id| seeker.world.store.pods.get(id));
    let mut hosts: Vec<NodeId> = pods.filter_map(|pod| pod.node.filter(|_| !pod.terminating())).collect();
    hosts.sort_unstable();
    hosts.iter().for_each(|at| zones[usize::from(node_classes.zone(*at))] += 1);
    // How many feasible nodes there are in each zone, and then how many of them without such pods.
    let mut empty = vec![0_usize; zones.len()];
    feasible.iter().for_each(|(at, _)| empty[usize::from(node_classes.zone(*at))] += 1);
    let zone_weight = weight(empty.iter().filter(|count| **count > 0).count());
    let host_weight = weight(feasible.len());
    let total = |zone: i64, host: i64| {
        let (zone, host) = (zone as f64 * zone_weight, host as f64 * host_weight);
        (zone + (ZONE.1 - 1) as f64 + host + (HOST.1 - 1) as f64).round() as i64
    };
    let mut crowded: Vec<(usize, usize, i64)> = Vec::new();
    for alike in hosts.chunk_by(|one, other| one == other) {
        let (at, count) = (alike[0], alike.len() as i64);
        if let Some(place) = position(feasible, at) {
            let zone = usize::from(node_classes.zone(at));
            empty[zone] -= 1;
            crowded.push((place, zone, total(zones[zone], count)));
        }
    }
    let of_zone: Vec<i64> = zones.iter().map(|zone| total(*zone, 0)).collect();
    let free = of_zone.iter().zip(&empty).filter(|(_, count)| **count > 0).map(|(crowd, _)| *crowd);
    let all = || free.clone().chain(crowded.iter().map(|(.., crowd)| *crowd));
    let (least, most) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
    let score = |crowd: i64| spread_score(crowd, least, most) * SPREAD;
    let scores: Vec<i64> = of_zone.iter().map(|crowd| score(*crowd)).collect();
    for (points, (at, _)) in points.iter_mut().zip(feasible) {
        *points += scores[usize::from(node_classes.zone(*at))];
    }
    for (place, zone, crowd) in crowded {
        points[place] += score(crowd) - scores[zone];
    }
}

/// The index of a node in the feasible list, which ascends and wraps around at most once.
fn position(feasible: &[(NodeId, i32)], at: NodeId) -> Option<usize> {
    let turn = feasible.first().map_or(0, |(first, _)| feasible.partition_point(|(id, _)| id >= first));
    let (head, tail) = feasible.split_at(turn);
    let find = |part: &[(NodeId, i32)]| part.binary_search_by_key(&at, |(id, _)| *id).ok();
    find(head).or_else(|| find(tail).map(|place| place + turn))
}

fn by_constraints(seeker: &Seeker<'_>, feasible: &[(NodeId, i32)], soft: &[&Spread]) -> Vec<i64> {
    let world = seeker.world;
    let counted: Vec<(&Arc<str>, Domains, f64, i64)> = soft
        .iter()
        .map(|spread| {
            let selector = pod_constraints::spread_selector(&world.store, seeker.pod, spread);
            let found =
                selector.map(|it| world.selected(&seeker.pod.meta.namespace, &it)).unwrap_or_default();
            let lives = |id: &PodId| world.store.pods.get(*id).is_some_and(|pod| !pod.terminating());
            let key = &spread.topology_key;
            let domains = pod_constraints::domains(world, found.into_iter().filter(lives), key);
            let values: std::collections::BTreeSet<&Arc<str>> =
                feasible.iter().filter_map(|(at, _)| labels(world, *at).get(key)).collect();
            (key, domains, weight(values.len()), spread.max_skew - 1)
        })
        .collect();
    let crowd = |at: NodeId| {
        let labels = labels(world, at);
        let one = |(key, domains, weight, extra): &(&Arc<str>, Domains, f64, i64)| {
            let count = labels.get(*key).and_then(|domain| domains.get(domain)).copied().unwrap_or(0);
            count as f64 * weight + *extra as f64
        };
        counted.iter().map(one).sum::<f64>().round() as i64
    };
    feasible.iter().map(|(at, _)| crowd(*at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_normalised_as_the_plugins_do() {
        assert_eq!(reversed(vec![0, 1, 2]), [100, 50, 0]);
        assert_eq!(reversed(vec![0, 0]), [100, 100]);
        assert_eq!(to_largest(vec![0, 5, 10]), [0, 50, 100]);
        assert_eq!(between(vec![-10, 0, 10]), [0, 50, 100]);
        assert_eq!(between(vec![3, 3]), [0, 0]);
        assert_eq!(crowding(&[6, 8, 10]).collect::<Vec<_>>(), [100, 80, 60]);
        assert_eq!(crowding(&[0, 0]).collect::<Vec<_>>(), [100, 100]);
    }

    #[test]
    fn a_place_is_found_in_a_row_that_begins_anew() {
        let row: Vec<(NodeId, i32)> = [5, 7, 9, 1, 3].iter().map(|id| (NodeId(*id), 0)).collect();
        for (place, (id, _)) in row.iter().enumerate() {
            assert_eq!(position(&row, *id), Some(place));
        }
        assert_eq!(position(&row, NodeId(4)), None);
    }
}
