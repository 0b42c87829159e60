//! `UpdateClusterVersion`: checked and recorded; nothing is upgraded yet.

use replank_core::version::Minor;
use replank_service::ports::Account;
use replank_service::records::{Key, Kind};
use serde_json::{Value, json};

use super::catalogue::{cluster_version, clusters};
use super::clusters::may_change;
use super::{Exception, Failure, Input, token, update_cluster_config};
use crate::app::App;
use replank_service::records;
use replank_service::records::{Nodegroup, Owned, Owner, Param, Update, UpdateStatus};

/// Records the new version.
pub(super) fn run<A: Account>(app: &App<A>, input: &Input) -> Result<Value, Failure> {
    if let Some(answer) = token::replayed(app, input)? {
        return Ok(answer);
    }
    let name = input.text("name");
    let about = |failure: Failure| failure.cluster(name);
    may_change(app, name)?;
    token::once(app, input, |change| {
        let mut cluster = update_cluster_config::at_rest(change, name)?;
        let updates = change.list(Kind::Update, name).into_iter().map(|(_, document)| document);
        let back = replank_service::rollback::previous(updates, replank_service::now());
        let target = target(&cluster.version, input.text("version"), back).map_err(about)?;
        let is_back = Some(target) == back;
        let groups = change.list(Kind::NodeGroup, name).into_iter();
        let groups = groups.map(|(_, document)| records::read::<Nodegroup>(&document));
        skew(&groups.collect::<Result<Vec<_>, _>>()?, target).map_err(about)?;
        let from = Some(cluster.version.clone());
        let known = clusters().iter().find(|version| version.minor == target);
        cluster.version = target.to_string();
        cluster.platform_version = String::from(known.map_or("eks.1", |known| known.platform));
        let param = |kind: &str, value: &str| Param { kind: kind.into(), value: value.into() };
        let params =
            vec![param("Version", &cluster.version), param("PlatformVersion", &cluster.platform_version)];
        change.put(Key::new(Kind::Cluster, "", name), records::written(&cluster));
        let kind = if is_back { "VersionRollback" } else { "VersionUpdate" };
        let begun = Update::begun(&replank_service::uuid(), kind, params);
        let update = Update { status: UpdateStatus::Successful, ..begun.clone() };
        let owned = Owned { owner: Owner::Cluster, update, from };
        change.put(Key::new(Kind::Update, name, &begun.id), records::written(&owned));
        Ok(json!({ "update": begun }))
    })
}

/// The minor to go to: the next one, or the previous one while a rollback is possible.
fn target(from: &str, asked: &str, back: Option<Minor>) -> Result<Minor, Failure> {
    let wanted = cluster_version(asked)?.minor;
    match Minor::parse(from) {
        Some(from) if wanted == from => {
            let said = format!("Cluster is already at the desired configuration with version {wanted}");
            Err(Failure::invalid(said))
        }
        Some(from) if wanted.0 != from.0 + 1 && Some(wanted) != back => {
            let next = back.into_iter().chain([Minor(from.0 + 1)]).map(|minor| minor.to_string());
            let said = format!(
                "Unsupported Kubernetes minor version update from {from} to {wanted}; accepted is {}",
                next.collect::<Vec<_>>().join(" or ")
            );
            Err(Failure::invalid(said))
        }
        _ => Ok(wanted),
    }
}

/// Refuses a minor that node groups of the cluster could not run under.
fn skew(groups: &[Nodegroup], target: Minor) -> Result<(), Failure> {
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
    Err(Failure::new(Exception::InvalidRequest, said))
}
