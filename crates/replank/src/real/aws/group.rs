//! The group on AWS that flags name, checked against the cluster that they name.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use replank_aws::node_groups::{self, Kind, NodeGroup};
use replank_aws::{Access, Aws, AwsCloud, Passing};
use replank_core::observed::{Lifecycle, Observation};
use replank_kube::NodeScope;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::super::connect::Reached;
use crate::cli::remote::{AwsAccount, Engine};
use crate::errors::bad;
use crate::printer::Printer;

/// Pauses between tries of a question.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Connects to the account that the flags name.
pub(crate) fn connect(runtime: &Runtime, flags: &AwsAccount) -> Result<Arc<Aws>> {
    let is_keyed = std::env::var_os("AWS_ACCESS_KEY_ID").is_some_and(|key| !key.is_empty());
    if let Some(profile) = flags.profile.as_ref().filter(|_| is_keyed) {
        return Err(bad(format!(
            "--profile {profile}: the keys in AWS_ACCESS_KEY_ID go before any profile; unset them, or leave the flag out"
        )));
    }
    let access = Access { profile: flags.profile.clone(), region: flags.region.clone() };
    let aws = runtime.block_on(Aws::connect(&access)).map_err(|error| bad(error.to_string()))?;
    patiently(runtime, || aws.caller())?;
    Ok(Arc::new(aws))
}

/// What a question is answered, asked again a few times while AWS throttles or does not answer: before an update runs
/// there are no waits that would show it.
pub(crate) fn patiently<T, E: Passing + Display, F: Future<Output = Result<T, E>>>(
    runtime: &Runtime,
    ask: impl Fn() -> F,
) -> Result<T> {
    for pause in PAUSES {
        match runtime.block_on(ask()) {
            Ok(answer) => return Ok(answer),
            Err(error) if error.passes() => {
                Printer::complain(&format!("note: {error}; asked again in {} s", pause.as_secs()));
                std::thread::sleep(pause);
            }
            Err(error) => return Err(bad(error.to_string())),
        }
    }
    runtime.block_on(ask()).map_err(|error| bad(error.to_string()))
}

/// The group of that name.
pub(crate) fn found(runtime: &Runtime, aws: &Aws, name: &str, cluster: Option<&str>) -> Result<NodeGroup> {
    patiently(runtime, || node_groups::find(aws, name, cluster))
}

/// Who updates the group: EKS its own, replank those of the user. Refused is what the group does not allow.
pub(crate) fn engine(found: &NodeGroup, asked: Option<Engine>) -> Result<Engine> {
    let (name, group) = (&found.name, &found.group.name);
    match (&found.kind, asked) {
        (Kind::Operated(by), _) => Err(bad(format!(
            "Auto Scaling group {group} is operated by {by}, which alone may change it: update it there"
        ))),
        (Kind::EksManaged, Some(Engine::Replank)) => Err(bad(format!(
            "--engine replank: node group {name} is EKS's, which puts back what others change in its Auto Scaling group \
             {group} (health issue Ec2LaunchTemplateVersionMismatch); --engine eks lets EKS update it and explains it"
        ))),
        (Kind::EksManaged, Some(Engine::Eks) | None) => Ok(Engine::Eks),
        (Kind::SelfManaged | Kind::Eksctl, Some(Engine::Eks)) => Err(bad(format!(
            "--engine eks: EKS knows no node group {name}; it is yours, so replank updates it"
        ))),
        (Kind::SelfManaged | Kind::Eksctl, Some(Engine::Replank) | None) => Ok(Engine::Replank),
    }
}

/// Error unless the group's instances are nodes of the cluster: the names in the flags may belong to two clusters.
pub(crate) fn is_of_cluster(group: &NodeGroup, reached: &Reached) -> Result<()> {
    let serving: Vec<&str> = group
        .group
        .instances
        .iter()
        .filter(|instance| instance.lifecycle == Lifecycle::InService)
        .map(|instance| instance.id.as_str())
        .collect();
    // The first reading waits for the watches to be filled.
    let mut side = reached.side(NodeScope::Instances);
    let filled = reached.runtime.block_on(side.read_once(&mut Observation::default()));
    filled.map_err(|error| bad(error.to_string()))?;
    let nodes = reached.cache.standing(None).map_err(|error| bad(error.to_string()))?;
    let known: BTreeSet<&str> = nodes.iter().map(|node| node.instance.as_str()).collect();
    if serving.is_empty() || serving.iter().any(|instance| known.contains(instance)) {
        return Ok(());
    }
    let server = &reached.connection.server;
    Err(bad(format!(
        "none of the {} instances of Auto Scaling group {} is a node of {server} (looked for by provider id, {} nodes): \
         --context and --cluster name two clusters",
        serving.len(),
        group.group.name,
        nodes.len()
    )))
}

/// Makes looks at the group due when a node appears that belongs to no instance seen so far, and begins a turn when a
/// look is due.
pub(crate) fn watched(cloud: &AwsCloud, reached: &Reached) -> watch::Receiver<()> {
    let (mut changes, cache, watched) = (reached.cache.changes(), reached.cache.clone(), cloud.clone());
    reached.runtime.spawn(async move {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while changes.changed().await.is_ok() {
            let nodes = cache.nodes().unwrap_or_default();
            let now: BTreeSet<String> = nodes.iter().map(|(.., instance)| instance.to_string()).collect();
            let is_new = now.difference(&seen).any(|instance| !watched.knows(instance));
            let is_gone = seen.difference(&now).any(|instance| watched.knows(instance));
            if is_new || is_gone {
                watched.look_soon();
            }
            seen = now;
        }
    });
    cloud.due(reached.runtime.handle())
}
