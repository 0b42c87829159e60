//! Makes a world file from a snapshot: what the cluster tells, defaults for the rest, and a user's world file
//! merged over both.

mod census;
mod group;
mod lay;

use replank_core::version::Minor;
use serde_json::{Value, json};
use thiserror::Error;

pub use census::{Census, Member, zone_of};
pub use group::zone_labels;

use super::Snapshot;
use super::paces::Paces;
use crate::worldfile;
use crate::worldfile::spec::WorldSpec;
use crate::yaml::{BadInput, BadInputs, Doc};

/// The image of nodes that name none.
pub const UNNAMED_IMAGE: &str = "ami-of-today";

/// A world file to be merged over what a snapshot tells.
#[derive(Clone, Debug)]
pub struct LaidOver {
    /// The file name as the user gave it.
    pub file: String,
    /// What it holds; not yet known to be UTF-8.
    pub text: Vec<u8>,
}

/// Why a snapshot makes no world.
#[derive(Debug, Error)]
pub enum SynthesisError {
    /// It has no nodes.
    #[error("the snapshot holds no nodes; whoever took it may not list them")]
    NoNodes,
    /// None of its nodes belongs to a node group.
    #[error(
        "none of the {nodes} nodes of the snapshot belongs to a node group: none has the label {} or {}{karpenter}",
        census::LABELS[0], census::LABELS[1]
    )]
    NoGroups {
        /// Number of nodes.
        nodes: usize,
        /// A remark on nodes made by Karpenter; may be empty.
        karpenter: String,
    },
    /// The user's world file names a node group that the snapshot does not have.
    #[error("{file}: there is no node group {asked} in the snapshot; there is {known}")]
    Unknown {
        /// The file name.
        file: String,
        /// The name of the group.
        asked: String,
        /// The groups of the snapshot.
        known: String,
    },
    /// The user's world file is invalid.
    #[error("{0}")]
    Input(#[from] BadInputs),
    /// The user's world file cannot be read.
    #[error("{0}")]
    File(#[from] BadInput),
}

/// The world file of a snapshot, with the snapshot's node groups and no workloads of its own.
pub fn world_file(snapshot: &Snapshot, laid_over: Option<&LaidOver>) -> Result<WorldSpec, SynthesisError> {
    let census = Census::of(snapshot);
    if census.members.is_empty() {
        return Err(SynthesisError::NoNodes);
    }
    if census.groups.is_empty() {
        let karpenter = match census.karpenter() {
            0 => String::new(),
            count => format!("; {count} were made by Karpenter, which replaces its nodes itself"),
        };
        return Err(SynthesisError::NoGroups { nodes: census.members.len(), karpenter });
    }
    let paces = Paces::of(snapshot);
    let version = version(snapshot, &census);
    let groups = census.groups.iter().map(|(name, members)| group::group(name, members, &version, &paces));
    let mut wanted = json!({
        "start": snapshot.taken_at.to_string(),
        "clusters": [{
            "name": name(snapshot, &census),
            "version": version,
            "region": region(&census),
            "addons": [],
            "nodeGroups": groups.collect::<Vec<Value>>(),
        }],
    });
    let file = laid_over.map_or("the snapshot", |over| over.file.as_str());
    if let Some(over) = laid_over {
        lay::over(&mut wanted, over, &census)?;
    }
    Ok(worldfile::read_found(&Doc::without_places(file, wanted))?)
}

/// The Kubernetes minor of the control plane: the server's or that of the newest kubelet.
fn version(snapshot: &Snapshot, census: &Census<'_>) -> String {
    let minor = |version: &String| Minor::parse(version);
    let kubelets = census.members.iter().filter_map(Member::minor);
    snapshot.minor().into_iter().chain(kubelets).max_by_key(minor).unwrap_or_else(|| "1.32".to_owned())
}

/// A valid cluster name.
fn name(snapshot: &Snapshot, census: &Census<'_>) -> String {
    let told = census.members.iter().find_map(|member| member.label("alpha.eksctl.io/cluster-name"));
    let given = snapshot.cluster.as_deref().or(told).unwrap_or("cluster");
    // A context of `aws eks update-kubeconfig` is an ARN.
    let last = given.rsplit(['/', '@']).find(|part| !part.is_empty()).unwrap_or("cluster");
    let kept: String =
        last.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter)).collect();
    let kept = kept.trim_start_matches(['-', '_']);
    if kept.is_empty() { "cluster".to_owned() } else { kept.chars().take(63).collect() }
}

fn region(census: &Census<'_>) -> String {
    let keys = ["topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region"];
    let told = census.members.iter().find_map(|member| keys.iter().find_map(|key| member.label(key)));
    let zone = census.members.first().map(|member| zone_of(member.node)).unwrap_or_default();
    let from_zone = zone.strip_suffix(|letter: char| letter.is_ascii_lowercase());
    told.or(from_zone)
        .filter(|name| name.ends_with(|last: char| last.is_ascii_alphanumeric()))
        .unwrap_or("region")
        .to_owned()
}
