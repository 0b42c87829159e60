//! An update of the version of a control plane (EKS: `UpdateClusterVersion`): the rules, and its beginning. How it goes
//! on is the business of [`crate::reconcile`].

use replank_core::cluster_upgrade::observed::FargatePod;
use replank_core::version::Minor;
use serde_json::Value;

use crate::catalogue::{cluster_version, clusters};
use crate::records::{
    self, Change, Cluster, ClusterStatus, ClusterVersionUpdate, Key, Kind, Nodegroup, Owned, Owner, Param,
    PendingOperation, Update,
};
use crate::refusal::{Refusal, RefusalKind};
use crate::rollback;
use crate::service::now;

/// Begins the update: the cluster is `UPDATING` when this returns with the update as EKS shows it. `id` is the id that it
/// gets, `fargate` are the pods that run on Fargate. Whoever called has to wake the reconciler.
pub fn begin(
    change: &mut Change<'_>,
    name: &str,
    version: &str,
    id: &str,
    fargate: &[FargatePod],
) -> Result<Update, Refusal> {
    let mut cluster = at_rest(change, name)?;
    let about = |refusal: Refusal| refusal.of_cluster(name);
    let updates = change.list(Kind::Update, name).into_iter().map(|(_, document)| document);
    let back = rollback::previous(updates, now());
    let target = target(&cluster.version, version, back).map_err(about)?;
    let groups = change.list(Kind::NodeGroup, name).into_iter();
    let groups = groups.map(|(_, document)| records::read::<Nodegroup>(&document));
    skew(&groups.collect::<Result<Vec<_>, _>>()?, target).map_err(about)?;
    fargate_level(fargate, &cluster.version, target).map_err(about)?;
    let known = clusters().iter().find(|version| version.minor == target);
    let pending = ClusterVersionUpdate {
        update: id.to_owned(),
        cluster: name.to_owned(),
        version: target.to_string(),
        platform_version: String::from(known.map_or("eks.1", |known| known.platform)),
        begun_second: None,
    };
    let param = |kind: &str, value: &str| Param { kind: kind.into(), value: value.into() };
    let params =
        vec![param("Version", &pending.version), param("PlatformVersion", &pending.platform_version)];
    let kind = if Some(target) == back { "VersionRollback" } else { "VersionUpdate" };
    let begun = Update::begun(id, kind, params);
    let owned = Owned { owner: Owner::Cluster, update: begun.clone(), from: Some(cluster.version.clone()) };
    change.put(Key::new(Kind::Update, name, id), records::written(&owned));
    cluster.status = ClusterStatus::Updating;
    change.put(Key::new(Kind::Cluster, "", name), records::written(&cluster));
    let key = Key::new(Kind::PendingOperation, name, id);
    change.put(key, records::written(&PendingOperation::ClusterVersion(pending)));
    Ok(begun)
}

/// The cluster, if nothing else is being done with it or its node groups.
pub fn at_rest(change: &Change<'_>, name: &str) -> Result<Cluster, Refusal> {
    let record = change.get(&Key::new(Kind::Cluster, "", name)).ok_or_else(|| Refusal::no_cluster(name))?;
    let cluster: Cluster = records::read(&record)?;
    if cluster.status != ClusterStatus::Active {
        let said = format!("Cluster '{name}' is not in ACTIVE status");
        return Err(Refusal::new(RefusalKind::InvalidRequest, said).of_cluster(name));
    }
    let groups = change.list(Kind::NodeGroup, name).into_iter();
    let is_busy = |group: &Value| group["status"] == "UPDATING";
    let busy = groups.filter(|(_, group)| is_busy(group)).map(|(key, _)| key.name).next();
    match busy {
        Some(group) => {
            let said = format!("Nodegroup {group} of cluster {name} has an update in progress");
            Err(Refusal::new(RefusalKind::InUse, said).about(name, &group))
        }
        None => Ok(cluster),
    }
}

/// One minor up, or back to the one before while that is open; and one that there is.
fn target(from: &str, asked: &str, back: Option<Minor>) -> Result<Minor, Refusal> {
    let wanted = cluster_version(asked)?.minor;
    match Minor::parse(from) {
        Some(from) if wanted == from => {
            let said = format!("Cluster is already at the desired configuration with version {wanted}");
            Err(Refusal::invalid(said))
        }
        Some(from) if wanted.0 != from.0 + 1 && Some(wanted) != back => {
            let next = back.into_iter().chain([from.next()]).map(|minor| minor.to_string());
            let said = format!(
                "Unsupported Kubernetes minor version update from {from} to {wanted}; accepted is {}",
                next.collect::<Vec<_>>().join(" or ")
            );
            Err(Refusal::invalid(said))
        }
        _ => Ok(wanted),
    }
}

/// No node group falls further behind than its kubelets may, and none is ahead.
fn skew(groups: &[Nodegroup], target: Minor) -> Result<(), Refusal> {
    let is_off = |group: &&Nodegroup| group.known_minor().is_some_and(|minor| !minor.may_serve_under(target));
    let names: Vec<&str> = groups.iter().filter(is_off).map(|group| &*group.nodegroup_name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let is_ahead =
        groups.iter().filter(is_off).any(|group| group.known_minor().is_some_and(|minor| minor > target));
    let match_to = if is_ahead { target } else { Minor(target.0 - 1) };
    let said = format!(
        "Nodegroups {} must be updated to match cluster version {match_to} before updating cluster version",
        names.join(", "),
    );
    Err(Refusal::new(RefusalKind::InvalidRequest, said))
}

/// Every pod on Fargate runs the version of the control plane before that goes up (EKS, in these words).
fn fargate_level(pods: &[FargatePod], from: &str, target: Minor) -> Result<(), Refusal> {
    let Some(from) = Minor::parse(from).filter(|from| *from < target) else { return Ok(()) };
    if pods.iter().all(|pod| pod.minor.is_none_or(|minor| minor >= from)) {
        return Ok(());
    }
    let said = format!(
        "Kubelet version of Fargate pods must be updated to match cluster version {from} before updating cluster version; \
         Please recycle all offending pod replicas"
    );
    Err(Refusal::new(RefusalKind::InvalidRequest, said))
}
