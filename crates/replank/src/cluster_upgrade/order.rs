//! What an upgrade of a real cluster is asked for: the cluster as it is found, and what a person should know of that.

use anyhow::Result;
use replank_addons::BuildVersion;
use replank_aws::CallError;
use replank_check::version::NEWEST;
use replank_core::cluster_upgrade::observed::State;
use replank_core::cluster_upgrade::spec::{GroupKind, Mover, PlannedGroup, Spec};
use replank_core::names::{NodeGroupName, UpdateId};
use replank_core::version::Minor;
use replank_engine::ports::ReadError;
use replank_service::start_cluster_upgrade::{self, FoundToUpgrade, StartClusterUpgrade};
use replank_service::uuid;

use super::add_on::ALL;
use super::hands::Hands;
use super::plane::{Plane, unread};
use super::port::Port;
use crate::errors::bad;

/// An upgrade that may begin.
pub(super) struct Ordered {
    /// What is to be done; `None` when the control plane is there already.
    pub(super) spec: Option<Spec>,
    /// Minor of the control plane.
    pub(super) version: String,
    /// What a person should know of the cluster.
    pub(super) notes: Vec<String>,
}

/// What is asked of the cluster behind the port.
pub(super) fn of<H: Hands>(port: &Port<'_, H>, asked: &StartClusterUpgrade) -> Result<Ordered> {
    let runtime = &port.reached.runtime;
    let found = runtime.block_on(async {
        port.filled().await?;
        found(port).await
    });
    let (found, notes) = found.map_err(|error| bad(format!("the cluster cannot be read: {error}")))?;
    let version = found.from.to_string();
    let spec = start_cluster_upgrade::of_found(asked, found).map_err(|refusal| bad(refusal.to_string()))?;
    Ok(Ordered { spec, version, notes })
}

async fn found<H: Hands>(port: &Port<'_, H>) -> Result<(FoundToUpgrade, Vec<String>), ReadError> {
    let mut notes = Vec::new();
    let connection = &port.reached.connection;
    let control_plane = port.plane.look(connection).await?;
    let from = control_plane.minor;
    let failed = |error: CallError| unread(&error);
    let (add_ons, fargate_profiles, served, mover) = match &port.plane {
        Plane::Owner => {
            notes.push(format!(
                "the cluster is the one at {}, which serves {}; its owner moves its control plane",
                connection.server, control_plane.version
            ));
            let known = (from.0.saturating_sub(3)..=NEWEST.0).map(Minor);
            (Vec::new(), Vec::new(), known.collect(), Mover::Owner)
        }
        Plane::Eks(plane) => {
            if let State::Busy { status, .. } = &control_plane.state {
                notes.push(plane.busy_note(status).await);
            }
            let served = plane.aws.cluster_versions().await.map_err(failed)?;
            let served: Vec<Minor> = served.iter().filter_map(|version| Minor::parse(version)).collect();
            let add_ons = plane.aws.add_on_names(&plane.cluster).await.map_err(failed)?;
            let profiles = plane.aws.fargate_profiles(&plane.cluster).await.map_err(failed)?;
            (add_ons, profiles, served, Mover::Service)
        }
    };
    let own_add_ons = own(port, &add_ons, &mut notes).await?;
    let groups = groups(port, from, &mut notes).await?;
    let upgrade = UpdateId::new(uuid());
    let control_plane = mover;
    let found = FoundToUpgrade {
        upgrade,
        from,
        served,
        control_plane,
        groups,
        add_ons,
        own_add_ons,
        fargate_profiles,
    };
    Ok((found, notes))
}

/// Add-ons that are their owner's and can be moved, by the names of EKS.
async fn own<H: Hands>(
    port: &Port<'_, H>,
    managed: &[String],
    notes: &mut Vec<String>,
) -> Result<Vec<String>, ReadError> {
    let mut found = Vec::new();
    for add_on in ALL.into_iter().filter(|add_on| !managed.iter().any(|name| name == add_on.eks_name())) {
        let Some(tag) = port.own.tag(add_on).await? else { continue };
        let is_read = BuildVersion::parse(&tag).is_some();
        match &port.plane {
            _ if !is_read => notes.push(format!(
                "{} runs an image with tag {tag:?}, which is no version; it stays as it is",
                add_on.name()
            )),
            Plane::Eks(_) => found.push(add_on.eks_name().to_owned()),
            Plane::Owner if add_on == replank_addons::AddOn::KubeProxy => {
                found.push(add_on.eks_name().to_owned());
            }
            Plane::Owner => notes.push(format!(
                "{} {tag} stays as it is: which version goes with a minor, the tools of the control plane say",
                add_on.name()
            )),
        }
    }
    Ok(found)
}

/// The node groups, those of a cloud first.
async fn groups<H: Hands>(
    port: &Port<'_, H>,
    from: Minor,
    notes: &mut Vec<String>,
) -> Result<Vec<PlannedGroup>, ReadError> {
    let known = port.hand_groups().await?;
    let seen = port.groups().await?;
    let oldest = |name: &NodeGroupName| {
        let nodes = seen.get(name).and_then(|group| group.nodes.keys().next().copied());
        nodes.unwrap_or(from)
    };
    let mut planned: Vec<PlannedGroup> = known
        .iter()
        .map(|group| {
            let name = NodeGroupName::from(group.name.as_str());
            let minor = oldest(&name);
            PlannedGroup { minor, name, kind: group.kind, nodes: group.nodes, batch: group.batch }
        })
        .collect();
    for (name, group) in
        seen.iter().filter(|(name, _)| planned.iter().all(|it| it.name != **name)).collect::<Vec<_>>()
    {
        let nodes = group.nodes.values().map(|nodes| nodes.count).sum();
        notes.push(format!(
            "{name}: {nodes} nodes that only their owner can bring along; the upgrade waits for it"
        ));
        let (name, minor) = (name.clone(), oldest(name));
        planned.push(PlannedGroup { name, minor, kind: GroupKind::SelfManaged, nodes, batch: 1 });
    }
    Ok(planned)
}
