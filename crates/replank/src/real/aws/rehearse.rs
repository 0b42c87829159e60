//! `replank rehearse --cloud aws`: what is rehearsed for a group of AWS, yours or EKS's.

use anyhow::Result;
use replank_aws::AwsCloud;
use replank_aws::node_groups::NodeGroup;
use replank_aws::preflight;
use replank_core::names::NodeGroupName;
use replank_core::node_group::spec::Spec;
use replank_formats::snapshot::Snapshot;
use replank_kube::NodeScope;
use replank_kube::lists::version;
use replank_kwok::rehearsal::{Notes, Session};
use replank_kwok::snapshot_read::Taken;
use replank_service::records::UpdateConfigChange;
use replank_service::self_managed::{self, StartSelfManagedUpdate, Wanted};
use replank_service::start_update::Rules;
use std::sync::Arc;

use super::super::connect::{Reached, reach};
use super::group::{self, patiently};
use super::managed;
use super::plan;
use super::rehearsal::Rehearsing;
use crate::cli::remote::Engine;
use crate::cli::{Rehearse, Update};
use crate::errors::bad;
use crate::printer::Printer;
use crate::settings;

/// What a rehearsal needs.
pub(crate) struct Staged {
    pub(crate) taken: Snapshot,
    pub(crate) session: Session,
    pub(crate) notes: Notes,
    /// What the cloud shows that may matter, in sentences.
    pub(crate) cloud: Vec<String>,
}

/// Reads the cluster and the group, and makes a world of both.
pub(crate) fn staged(flags: &Rehearse) -> Result<Staged> {
    refuse(&flags.update)?;
    let name = flags.nodegroup.as_deref().unwrap_or_default();
    let reached = reach(&flags.reach)?;
    let aws = group::connect(&reached.runtime, &flags.account)?;
    let found = group::found(&reached.runtime, &aws, name, flags.cluster.as_deref())?;
    group::is_of_cluster(&found, &reached)?;
    let engine = group::engine(&found, None)?;
    let cloud = AwsCloud::new(aws.clone(), &found.group.name);
    let asked = match engine {
        Engine::Eks => of_eks(flags, &reached, &aws, &found)?,
        Engine::Replank => of_yours(flags, &reached, &found)?,
    };
    let ask = || self_managed::prepare(&cloud, &asked, Rules::default(), 0);
    let spec = patiently(&reached.runtime, ask)?;
    let scope = match engine {
        Engine::Eks => NodeScope::Group(NodeGroupName::from(found.name.as_str())),
        Engine::Replank => NodeScope::Instances,
    };
    let seen = plan::look(&reached, &cloud, reached.side(scope))?;
    let paces = plan::paces(&seen, reached.runtime.block_on(cloud.launches_take()));
    let more = plan::more(&spec, &seen, paces);
    let mut concerns = plan::concerns(&reached, &cloud, engine == Engine::Replank)?;
    concerns.extend(patiently(&reached.runtime, || cloud.room(more))?);
    concerns.extend(preflight::untold(&spec).filter(|_| engine == Engine::Replank));
    let told = concerns.into_iter().map(|one| format!("{}\n    {}", one.text, one.advice)).collect();
    let rehearsing = Rehearsing { reached: &reached, cloud: &cloud, found: &found, paces };
    session(&rehearsing, &spec, told)
}

fn session(rehearsing: &Rehearsing<'_>, spec: &Spec, cloud: Vec<String>) -> Result<Staged> {
    let (Taken { snapshot, without }, wanted) = rehearsing.stage(spec).map_err(bad)?;
    without.iter().for_each(|one| Printer::complain(&format!("note: {one}")));
    let made = Session::of_snapshot_for(&snapshot, wanted, spec);
    let (session, notes) = made.map_err(|error| bad(error.to_string()))?;
    Ok(Staged { taken: snapshot, session, notes, cloud })
}

/// Error for flags that no update on AWS has.
fn refuse(update: &Update) -> Result<()> {
    for (given, flag) in [
        (update.increment.is_some(), "--increment"),
        (update.guard.is_some(), "--guard"),
        (update.order.is_some(), "--order"),
        (update.keep_bare_pods, "--keep-bare-pods"),
        (update.keep_emptydir_pods, "--keep-emptydir-pods"),
        (update.wait_for_jobs, "--wait-for-jobs"),
        (update.grace_cap.is_some(), "--grace-cap"),
        (update.drain_timeout.is_some(), "--drain-timeout"),
        (update.join_timeout.is_some(), "--join-timeout"),
    ] {
        if given {
            return Err(bad(format!("{flag}: an update of a group on AWS has no such flag; leave it out")));
        }
    }
    Ok(())
}

fn of_yours(flags: &Rehearse, reached: &Reached, found: &NodeGroup) -> Result<StartSelfManagedUpdate> {
    let update = &flags.update;
    let (count, share) =
        update.max_unavailable.as_deref().map(settings::max_unavailable).transpose()?.unwrap_or_default();
    let wanted = match (&flags.image_id, &update.release_version, &update.kubernetes_version) {
        (Some(image), ..) => Wanted::Image(image.clone()),
        (None, Some(release), _) => Wanted::Release(release.clone()),
        (None, None, Some(minor)) => Wanted::Minor(minor.clone()),
        (None, None, None) => Wanted::Launched,
    };
    Ok(StartSelfManagedUpdate {
        cluster: found.cluster.clone().or_else(|| flags.cluster.clone()).unwrap_or_default(),
        control_plane: reached.runtime.block_on(version(&reached.connection.client)).ok(),
        group: found.group.name.clone(),
        wanted,
        force: update.force,
        config: UpdateConfigChange {
            max_unavailable: count.map(u64::from),
            max_unavailable_percentage: share.map(u64::from),
            update_strategy: update.strategy.map(|strategy| strategy.word().to_owned()),
        },
    })
}

fn of_eks(
    flags: &Rehearse,
    reached: &Reached,
    aws: &Arc<replank_aws::Aws>,
    found: &NodeGroup,
) -> Result<StartSelfManagedUpdate> {
    let (cluster, name) = (found.cluster.clone().unwrap_or_default(), &found.name);
    if flags.image_id.is_some() || flags.update.strategy.is_some() || flags.update.max_unavailable.is_some() {
        return Err(bad(format!(
            "--image-id, --strategy, --max-unavailable: node group {name} is EKS's, which takes these from the group itself"
        )));
    }
    let known = patiently(&reached.runtime, || aws.managed(&cluster, name))?;
    let known = known.ok_or_else(|| bad(format!("EKS knows no node group {name} in cluster {cluster}")))?;
    let (release, minor) =
        (flags.update.release_version.as_deref(), flags.update.kubernetes_version.as_deref());
    Ok(StartSelfManagedUpdate {
        cluster,
        control_plane: None,
        group: name.clone(),
        wanted: managed::wanted(&known, release, minor),
        force: flags.update.force,
        config: known.config,
    })
}
