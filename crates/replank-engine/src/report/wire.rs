//! A report as JSON, format 2: names in camel case, as those of Kubernetes and AWS; format 1 had them in snake case.
//!
//! Times are RFC 3339 in UTC. Waits and problems have their value under `on` or `problem`, for programs, and their text
//! under `text` and `advice`, for people. Members are only ever added to a format; a change that an old reader would
//! misunderstand becomes the next format.

use replank_core::node_group::phase::Purpose;
use replank_core::node_group::rollout::{GiveBack, Wishes};
use replank_core::node_group::wait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plan::NoNodeJson;
use super::{Counts, NodeInWork, Report};
use crate::messages;
use crate::serialized::{SerializedForm, Time, v1};

/// Number of the format of [`ReportJson`].
pub const FORMAT: u32 = 2;

/// Serialized form of a [`Report`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportJson {
    /// Number of the format, 2.
    pub format: u32,
    /// Time of the turn.
    pub at: Time,
    /// Id of the update.
    pub update: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of the node group.
    pub group: String,
    /// Release that every node is to run.
    pub release: String,
    /// Kubernetes minor of that release.
    pub version: String,
    /// When the update was asked for.
    pub started_at: Time,
    /// Present phase.
    pub phase: v1::Phase,
    /// When that phase began.
    pub phase_since: Time,
    /// The group's sizes as last seen.
    pub sizes: Option<v1::Sizes>,
    /// Original sizes.
    pub original: Option<v1::Sizes>,
    /// Most nodes in work at once.
    pub batch: Option<u32>,
    /// Number of extra nodes to ask for.
    pub increment: Option<u32>,
    /// Numbers of nodes by their place in the update.
    pub counts: CountsJson,
    /// Nodes in work.
    pub nodes: Vec<NodeJson>,
    /// Everything that is waited for.
    pub waits: Vec<WaitJson>,
    /// What needs a person's attention.
    pub problems: Vec<ProblemJson>,
    /// Why it failed, if it did.
    pub failure: Option<FailureJson>,
    /// How it ended; null while it runs.
    pub end: Option<EndJson>,
    /// Pods of the cluster that had no node when it ended; those of a server from before are not told.
    #[serde(default)]
    pub unplaced: Vec<NoNodeJson>,
    /// What persons asked for since the start.
    pub wishes: WishesJson,
    /// Whether pods that do not leave within the drain limit are deleted.
    pub force: bool,
    /// Latest time of the next turn.
    pub wake_at: Option<Time>,
}

/// What persons asked for since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WishesJson {
    /// Set while paused: what happens to nodes in work.
    pub paused: Option<InWorkJson>,
    /// Set once cancelled: what happens to nodes in work.
    pub cancelled: Option<InWorkJson>,
    /// Whether the group is pointed back at the template version from before.
    pub restore_target: bool,
    /// Whether force was allowed after the start.
    pub forced: bool,
}

/// What happens to nodes in work after a pause or cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InWorkJson {
    /// They are drained and replaced to the end.
    Finished,
    /// They are uncordoned and stay in service.
    #[serde(rename = "uncordoned", alias = "givenBack")]
    GivenBack,
}

/// Numbers of nodes by their place in the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountsJson {
    /// Old nodes that are not terminating, those in work included.
    pub old: u32,
    /// Nodes being cordoned, drained or terminated.
    pub in_work: u32,
    /// New nodes that are Ready, labelled and open to pods.
    pub ready: u32,
    /// New nodes that are Ready, labelled and closed by somebody else.
    pub closed: u32,
    /// New nodes that are not Ready, labelled nodes yet or any more.
    pub joining: u32,
    /// Nodes that are terminating.
    pub leaving: u32,
    /// Old nodes replaced so far.
    pub replaced: u32,
    /// Excess nodes removed so far.
    pub removed: u32,
}

/// A node that is being cordoned, drained or terminated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeJson {
    /// Instance of the node.
    pub instance: String,
    /// Name of the node; null when it never joined.
    pub node: Option<String>,
    /// Zone of the instance.
    pub zone: String,
    /// Why it was picked: `replace`, `lost` or `surplus`.
    pub purpose: v1::Purpose,
    /// Present step: `draining`, `forcing`, `drained` or `terminating`.
    pub stage: String,
    /// When that step began.
    pub since: Time,
    /// When the time limit of that step passes.
    pub until: Option<Time>,
    /// Number of pods that have to leave.
    pub pods_left: u32,
}

/// A wait with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WaitJson {
    /// The wait in a sentence.
    pub text: String,
    /// What a person can do about it.
    pub advice: Option<String>,
    /// Node that cannot go on; `None` when the whole update waits.
    pub node: Option<String>,
    /// What is waited for, as a value.
    pub on: MaybeNewer<v1::On>,
    /// Begin of the wait; null where neither cluster, cloud nor journal tell.
    pub since: Option<Time>,
    /// Latest time of the next look.
    pub again: Option<Time>,
    /// When the wait is given up.
    pub until: Option<Time>,
}

/// A value that this version writes, or one of a newer version, which it passes on as it is: a client may be older than
/// its server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum MaybeNewer<T> {
    /// Known to this version.
    Known(T),
    /// Not known to this version.
    Newer(Value),
}

/// A problem with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ProblemJson {
    /// The problem in a sentence.
    pub text: String,
    /// What a person can do about it.
    pub advice: String,
    /// The problem as a value.
    pub problem: MaybeNewer<v1::Problem>,
}

/// A failure with its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FailureJson {
    /// Message of EKS.
    pub message: String,
    /// What could not be done, which EKS leaves out.
    pub detail: String,
    /// The failure as a value.
    #[serde(flatten)]
    pub failure: MaybeNewer<v1::Failure>,
}

/// The end of an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EndJson {
    /// When it ended.
    pub at: Time,
    /// Successful, failed or cancelled.
    pub outcome: v1::Outcome,
    /// Original sizes that could not be restored.
    pub unrestored: Option<v1::Sizes>,
    /// Why the group keeps more nodes than before.
    pub kept: Option<MaybeNewer<v1::KeptBecause>>,
}

impl From<&Report> for ReportJson {
    fn from(report: &Report) -> Self {
        Self {
            format: FORMAT,
            at: Time(report.at),
            update: report.update.to_string(),
            cluster: report.cluster.to_string(),
            group: report.group.to_string(),
            release: report.release.clone(),
            version: report.version.clone(),
            started_at: Time(report.started_at),
            phase: SerializedForm::of(&report.phase),
            phase_since: Time(report.phase_since),
            sizes: SerializedForm::of(&report.sizes),
            original: SerializedForm::of(&report.original),
            batch: report.batch,
            increment: report.increment,
            counts: CountsJson::from(&report.counts),
            nodes: report.nodes.iter().map(NodeJson::from).collect(),
            waits: report.waits.iter().map(|wait| WaitJson::of(wait, report)).collect(),
            problems: problems(report),
            failure: report.failure.as_ref().map(|failure| FailureJson {
                message: messages::failure(failure, &report.group),
                detail: messages::failure_detail(failure),
                failure: MaybeNewer::Known(SerializedForm::of(failure)),
            }),
            end: report.end.as_ref().map(|end| EndJson {
                at: Time(end.at),
                outcome: SerializedForm::of(&end.outcome),
                unrestored: SerializedForm::of(&end.unrestored),
                kept: end.kept.as_ref().map(|kept| MaybeNewer::Known(SerializedForm::of(kept))),
            }),
            unplaced: report.unplaced.iter().map(NoNodeJson::of).collect(),
            wishes: WishesJson::from(report.wishes),
            force: report.force,
            wake_at: report.wake_at.map(Time),
        }
    }
}

impl WaitJson {
    fn of(wait: &wait::Wait, report: &Report) -> Self {
        let (text, advice) = (messages::describe(wait, report.at), messages::advice(wait));
        let v1::Wait { node, on, since, again, until } = SerializedForm::of(wait);
        Self { text, advice, node, on: MaybeNewer::Known(on), since, again, until }
    }
}

fn problems(report: &Report) -> Vec<ProblemJson> {
    let problem = |problem| ProblemJson {
        text: messages::problem(problem, report.at),
        advice: messages::problem_advice(problem),
        problem: MaybeNewer::Known(SerializedForm::of(problem)),
    };
    report.problems.iter().map(problem).collect()
}

impl From<Wishes> for WishesJson {
    fn from(wishes: Wishes) -> Self {
        let in_work = |give_back| match give_back {
            GiveBack::No => InWorkJson::Finished,
            GiveBack::Yes => InWorkJson::GivenBack,
        };
        Self {
            paused: wishes.paused.map(in_work),
            cancelled: wishes.cancelled.map(in_work),
            restore_target: wishes.restore_target,
            forced: wishes.forced,
        }
    }
}

impl From<&Counts> for CountsJson {
    fn from(counts: &Counts) -> Self {
        let Counts { old, in_work, ready, closed, joining, leaving, replaced, removed } = *counts;
        Self { old, in_work, ready, closed, joining, leaving, replaced, removed }
    }
}

impl From<&NodeInWork> for NodeJson {
    fn from(node: &NodeInWork) -> Self {
        Self {
            instance: node.instance.to_string(),
            node: node.node.as_ref().map(ToString::to_string),
            zone: node.zone.to_string(),
            purpose: <v1::Purpose as SerializedForm<Purpose>>::of(&node.purpose),
            stage: messages::stage(node.stage).to_owned(),
            since: Time(node.since),
            until: node.until.map(Time),
            pods_left: node.pods_left,
        }
    }
}
