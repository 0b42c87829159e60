//! Checks between fields of a world file: references exist, sizes fit, exclusive fields are not both given.

use std::collections::BTreeSet;

use super::spec::{
    Act, Cluster, Deed, Fault, FaultCall, NodeGroup, Update, Verdict, Workload, WorkloadKind, WorldSpec,
};
use super::{expand, forms, offers};
use crate::manifest::{self, names};
use crate::yaml::{BadInput, Doc, Field, nearest};

/// The origin of a world file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Written by a user: zones must belong to the region, versions must fit the control plane.
    Written,
    /// Made from a snapshot, whose zones and versions are accepted as they are.
    Found,
}

/// Adds the contradictions between fields to `wrong`.
pub(super) fn check(spec: &WorldSpec, doc: &Doc, from: Source, wrong: &mut Vec<BadInput>) {
    let root = doc.root();
    let clusters = root.get("clusters");
    if spec.clusters.is_empty() {
        wrong.push(clusters.error("is empty, expected at least one cluster"));
        return;
    }
    unique(spec.clusters.iter().map(|cluster| cluster.name.clone()), &clusters, "name", wrong);
    for (cluster, field) in spec.clusters.iter().zip(clusters.items()) {
        self::cluster(cluster, &field, from, wrong);
    }
    let updated = update(spec, &root.get("update"), wrong);
    offers::update(updated, &spec.update, &root.get("update"), wrong);
    for (act, field) in spec.acts.iter().zip(root.get("acts").items()) {
        self::act(act, updated, &field, wrong);
    }
    for (fault, field) in spec.faults.iter().zip(root.get("faults").items()) {
        self::fault(fault, &field, wrong);
    }
}

fn cluster(cluster: &Cluster, field: &Field<'_>, from: Source, wrong: &mut Vec<BadInput>) {
    let groups = field.get("nodeGroups");
    if cluster.node_groups.is_empty() {
        wrong.push(groups.error("is empty, expected at least one node group"));
    }
    unique(cluster.node_groups.iter().map(|group| group.name.clone()), &groups, "name", wrong);
    for (group, field) in cluster.node_groups.iter().zip(groups.items()) {
        self::group(cluster, group, &field, from, wrong);
    }
    for (pace, field) in cluster.paces.iter().zip(field.get("paces").items()) {
        let parts: Vec<&str> = pace.workload.split('/').collect();
        if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
            let message =
                format!("\"{}\" is not accepted, expected namespace/name such as shop/cart", pace.workload);
            wrong.push(field.get("workload").error(message));
        }
    }
    let workloads = field.get("workloads");
    let names =
        cluster.workloads.iter().map(|load| format!("{:?} {}/{}", load.kind, load.namespace, load.name));
    unique(names, &workloads, "name", wrong);
    for (load, field) in cluster.workloads.iter().zip(workloads.items()) {
        let before = wrong.len();
        workload(load, &field, wrong);
        if wrong.len() == before {
            objects(cluster, load, &field, wrong);
        }
    }
}

/// Validates the objects that a short form expands to. Priority classes may come with manifests and are checked
/// later.
fn objects(cluster: &Cluster, load: &Workload, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    let mut known = super::contents::known(cluster);
    let class = load.priority_class.clone().unwrap_or_else(|| expand::priority_class(load));
    known.priority_classes.entry(class).or_default();
    // All pods of a workload are alike.
    let one = Workload { replicas: load.replicas.min(1), ..load.clone() };
    for object in expand::objects(&one) {
        if let (false, Err(refusal)) = (object["kind"] == "PriorityClass", manifest::admit(&object, &known)) {
            wrong.push(field.error(&refusal.message));
        }
    }
}

fn group(cluster: &Cluster, group: &NodeGroup, field: &Field<'_>, from: Source, wrong: &mut Vec<BadInput>) {
    let zones = field.get("zones");
    if group.zones.is_empty() {
        wrong.push(zones.error("is empty, expected at least one zone"));
    }
    unique(group.zones.iter().cloned(), &zones, "", wrong);
    let foreign = |zone: &String| zone.strip_prefix(&cluster.region).is_none_or(|letter| letter.len() != 1);
    let foreign = |zone: &String| from == Source::Written && foreign(zone);
    for (index, zone) in group.zones.iter().enumerate().filter(|(_, zone)| foreign(zone)) {
        if zones.is_absent() {
            let message = format!("is missing, expected zones of region {0} such as [{0}a]", cluster.region);
            wrong.push(zones.error(message));
            break;
        }
        let message = format!("\"{zone}\" is no zone of region {0}, expected such as {0}a", cluster.region);
        wrong.push(zones.item(index).error(message));
    }
    let (min, desired, max) = (group.size.least(), group.size.desired, group.size.most());
    let size = field.get("size");
    if min > desired {
        wrong.push(size.get("min").error(format!("{min} is more than desired, which is {desired}")));
    }
    if max < desired {
        wrong.push(size.get("max").error(format!("{max} is less than desired, which is {desired}")));
    }
    if group.updated > desired {
        let message = format!("{} is more than size.desired, which is {desired}", group.updated);
        wrong.push(field.get("updated").error(message));
    }
    zone_sizes(group, &field.get("zoneSizes"), wrong);
    marks(&field.get("labels"), &field.get("taints"), wrong);
    offers::group(cluster, group, from, field, wrong);
    match (group.image_type == "CUSTOM", &group.image) {
        (true, Some(image)) if from == Source::Written && !forms::is_image(image) => {
            let message = format!("\"{image}\" is not accepted, expected {}", forms::IMAGE.accepts);
            wrong.push(field.get("image").error(message));
        }
        (true, None) => {
            wrong.push(field.get("image").error("is missing, imageType CUSTOM needs an image id"));
        }
        (false, Some(_)) => {
            let message = format!("is given, but imageType is {}, expected CUSTOM", group.image_type);
            wrong.push(field.get("image").error(message));
        }
        (true, Some(_)) | (false, None) => {}
    }
    exclusive(&field.get("updateConfig"), &["maxUnavailable", "maxUnavailablePercentage"], wrong);
}

fn zone_sizes(group: &NodeGroup, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    let Some(sizes) = &group.zone_sizes else { return };
    for (zone, given) in field.entries() {
        if !group.zones.iter().any(|known| known == zone) {
            wrong.push(
                given.error(format!("is no zone of the group, expected one of {}", group.zones.join(", "))),
            );
        }
    }
    let sum: u64 = sizes.values().map(|size| u64::from(*size)).sum();
    if sum != u64::from(group.size.desired) {
        let message =
            format!("the sizes add up to {sum}, expected size.desired, which is {}", group.size.desired);
        wrong.push(field.error(message));
    }
}

/// Validates labels and taints of nodes.
fn marks(labels: &Field<'_>, taints: &Field<'_>, wrong: &mut Vec<BadInput>) {
    for (key, value) in labels.entries() {
        let words = [names::qualified(key), value.text().and_then(names::label_value).map(str::to_owned)];
        wrong.extend(words.into_iter().flatten().map(|detail| value.error(detail)));
    }
    for taint in taints.items() {
        let (key, value) = (taint.get("key"), taint.get("value"));
        wrong.extend(key.text().and_then(names::qualified).map(|detail| key.error(detail)));
        wrong.extend(value.text().and_then(names::label_value).map(|detail| value.error(detail)));
    }
}

fn workload(load: &Workload, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    budget(&field.get("budget"), wrong);
    exclusive(field, &["priority", "priorityClass"], wrong);
    let is_job = matches!(load.kind, WorkloadKind::Job | WorkloadKind::CronJob);
    let only = [
        ("volume", load.volume.is_some(), load.kind == WorkloadKind::StatefulSet, "StatefulSet"),
        ("schedule", load.schedule.is_some(), load.kind == WorkloadKind::CronJob, "CronJob"),
        ("runs", load.runs.is_some(), is_job, "Job or CronJob"),
    ];
    for (name, given, fits, kind) in only {
        if given && !fits {
            wrong.push(
                field.get(name).error(format!("is given for a {:?}, expected with kind {kind}", load.kind)),
            );
        }
    }
    if load.kind == WorkloadKind::CronJob && load.schedule.is_none() {
        wrong.push(field.get("schedule").error("is missing, a CronJob needs one such as \"*/5 * * * *\""));
    }
    for (toleration, field) in load.tolerations.iter().zip(field.get("tolerations").items()) {
        if toleration.key.is_none() && toleration.operator != "Exists" {
            wrong.push(field.get("operator").error("must be Exists when there is no key"));
        }
        if toleration.value.is_some() && toleration.operator == "Exists" {
            wrong.push(field.get("value").error("must be left out when operator is Exists"));
        }
    }
}

fn budget(field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    if field.is_absent() {
        return;
    }
    exclusive(field, &["minAvailable", "maxUnavailable"], wrong);
    if field.get("minAvailable").is_absent() && field.get("maxUnavailable").is_absent() {
        wrong.push(field.error("says nothing, expected minAvailable or maxUnavailable"));
    }
}

/// Checks the update; returns the cluster it is about.
fn update<'s>(spec: &'s WorldSpec, field: &Field<'_>, wrong: &mut Vec<BadInput>) -> &'s Cluster {
    let Update { cluster, groups, .. } = &spec.update;
    exclusive(field, &["maxUnavailable", "maxUnavailablePercentage"], wrong);
    let found = match cluster {
        None => None,
        Some(name) => {
            let found = spec.clusters.iter().find(|cluster| cluster.name == *name);
            if found.is_none() {
                let known = spec.clusters.iter().map(|cluster| cluster.name.as_str());
                wrong.push(no_such(&field.get("cluster"), "cluster", name, known));
            }
            found
        }
    };
    let found = found.unwrap_or(&spec.clusters[0]);
    for (index, name) in groups.iter().flatten().enumerate() {
        group_exists(found, name, &field.get("groups").item(index), wrong);
    }
    if let Some(groups) = groups {
        unique(groups.iter().cloned(), &field.get("groups"), "", wrong);
        if groups.is_empty() {
            wrong.push(field.get("groups").error("is empty, expected at least one node group"));
        }
    }
    found
}

fn act(act: &Act, cluster: &Cluster, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    exclusive(field, &["at", "when"], wrong);
    if act.at.is_none() && act.when.is_none() {
        wrong.push(field.error("does not say when, expected `at` or `when`"));
    }
    if act.when.is_none() && !field.get("after").is_absent() {
        wrong.push(field.get("after").error("is given without `when`"));
    }
    match &act.deed {
        Deed::Pause { group: Some(group), .. }
        | Deed::Resume { group: Some(group) }
        | Deed::Cancel { group: Some(group), .. }
        | Deed::Force { group: Some(group) }
        | Deed::SetSizes { group: Some(group), .. }
        | Deed::ImageDisappears { group: Some(group) }
        | Deed::ImageReturns { group: Some(group) }
        | Deed::EditTemplate { group: Some(group), .. }
        | Deed::RevertTemplate { group: Some(group) } => {
            group_exists(cluster, group, &field.get("group"), wrong);
        }
        Deed::ZoneCapacity { zone, .. } | Deed::ZoneAddresses { zone, .. } => {
            let zones: BTreeSet<_> = cluster.node_groups.iter().flat_map(|group| &group.zones).collect();
            if !zones.contains(zone) {
                let known = zones.iter().map(|zone| zone.as_str());
                wrong.push(no_such(&field.get("zone"), "zone", zone, known));
            }
        }
        Deed::AddBudget { .. } => budget(&field.get("budget"), wrong),
        Deed::Pause { group: None, .. }
        | Deed::Resume { group: None }
        | Deed::Cancel { group: None, .. }
        | Deed::Force { group: None }
        | Deed::SetSizes { group: None, .. }
        | Deed::ImageDisappears { group: None }
        | Deed::ImageReturns { group: None }
        | Deed::EditTemplate { group: None, .. }
        | Deed::RevertTemplate { group: None }
        | Deed::DeleteNode { .. }
        | Deed::TerminateInstance { .. }
        | Deed::KubeletSilent { .. }
        | Deed::NodeDies { .. }
        | Deed::Cordon { .. }
        | Deed::Uncordon { .. }
        | Deed::HoldNode { .. }
        | Deed::ReleaseNode { .. }
        | Deed::AnnotateNode { .. }
        | Deed::DeleteBudget { .. }
        | Deed::Scale { .. }
        | Deed::DeletePod { .. }
        | Deed::PodUnready { .. }
        | Deed::BreakWorkload { .. }
        | Deed::HealWorkload { .. }
        | Deed::Quota { .. }
        | Deed::AutoscalerOn {}
        | Deed::AutoscalerOff {}
        | Deed::AutoscalerStops {}
        | Deed::AutoscalerStarts {} => {}
    }
}

fn fault(fault: &Fault, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    exclusive(field, &["nth", "every", "chance"], wrong);
    if fault.until.is_some_and(|until| until < fault.from) {
        wrong.push(field.get("until").error(format!("is before `from`, which is {}", fault.from)));
    }
    let reads =
        matches!(fault.call, FaultCall::ObserveCluster | FaultCall::ObserveCloud | FaultCall::ListPods);
    if matches!(fault.verdict, Verdict::Stale { .. }) && !reads {
        let message = "must be observe-cluster, observe-cloud or list-pods with the verdict stale";
        wrong.push(field.get("call").error(message));
    }
}

fn group_exists(cluster: &Cluster, name: &str, field: &Field<'_>, wrong: &mut Vec<BadInput>) {
    if !cluster.node_groups.iter().any(|group| group.name == name) {
        let known = cluster.node_groups.iter().map(|group| group.name.as_str());
        wrong.push(no_such(field, "node group", name, known));
    }
}

fn no_such<'a>(
    field: &Field<'_>,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> BadInput {
    let hint =
        nearest(name, known.clone()).map_or(String::new(), |near| format!("; did you mean \"{near}\"?"));
    let known = known.collect::<Vec<_>>().join(", ");
    field.error(format!("there is no {what} \"{name}\", expected one of {known}{hint}"))
}

fn exclusive(field: &Field<'_>, names: &[&str], wrong: &mut Vec<BadInput>) {
    let given: Vec<_> = names.iter().filter(|name| !field.get(name).is_absent()).copied().collect();
    if given.len() > 1 {
        wrong.push(field.get(given[1]).error(format!("cannot be given together with {}", given[0])));
    }
}

fn unique(names: impl Iterator<Item = String>, list: &Field<'_>, key: &str, wrong: &mut Vec<BadInput>) {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        if !seen.insert(name.clone()) {
            let item = list.item(index);
            let field = if key.is_empty() { item } else { item.get(key) };
            wrong.push(field.error(format!("\"{name}\" is there twice")));
        }
    }
}
