//! A report as JSON, format 1.
//!
//! Times are RFC 3339 in UTC. Every wait and problem carries its value under `on` or `problem` and its words under
//! `text` and `advice`: programs read the first, people the second. Fields are only ever added to a format; what an
//! old reader would misread makes the next one.

use replank_core::node_group::phase::Purpose;
use replank_core::node_group::rollout::{GiveBack, Wishes};
use replank_core::node_group::wait;
use serde::Serialize;

use super::{Counts, NodeInWork, Report};
use crate::messages;
use crate::serialized::{SerializedForm, Time, v1};

/// The format of [`ReportJson`].
pub const FORMAT: u32 = 1;

/// A report as it is written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportJson {
    /// The format, 1.
    pub format: u32,
    /// When it was made.
    pub at: Time,
    /// The update.
    pub update: String,
    /// The cluster.
    pub cluster: String,
    /// The node group.
    pub group: String,
    /// The release that every node shall run.
    pub release: String,
    /// Its Kubernetes minor.
    pub version: String,
    /// When the update was asked for.
    pub started_at: Time,
    /// The phase it is in.
    pub phase: v1::Phase,
    /// Since when.
    pub phase_since: Time,
    /// The group's sizes now.
    pub sizes: Option<v1::Sizes>,
    /// The sizes to come back to.
    #[serde(rename = "home")]
    pub original: Option<v1::Sizes>,
    /// How many nodes may be in work at once.
    pub batch: Option<u32>,
    /// How many extra nodes are asked for.
    pub increment: Option<u32>,
    /// How many nodes stand where.
    pub counts: CountsJson,
    /// The nodes in work.
    pub nodes: Vec<NodeJson>,
    /// Everything that is waited for.
    pub waits: Vec<WaitJson>,
    /// What a person should look at.
    pub problems: Vec<ProblemJson>,
    /// Why it failed.
    pub failure: Option<FailureJson>,
    /// How it ended.
    pub end: Option<EndJson>,
    /// What persons asked for on the way.
    pub wishes: WishesJson,
    /// Whether what will not leave in time is deleted.
    pub force: bool,
    /// When the next turn comes at the latest.
    pub wake_at: Option<Time>,
}

/// What persons asked for on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WishesJson {
    /// Set while it is paused: what becomes of the nodes in work.
    pub paused: Option<InWorkJson>,
    /// Set when it is cancelled: what becomes of the nodes in work.
    pub cancelled: Option<InWorkJson>,
    /// Whether launches after a cancel use the template version from before.
    pub restore_target: bool,
    /// Whether force was added.
    pub forced: bool,
}

/// What becomes of nodes in work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InWorkJson {
    /// They are finished.
    Finished,
    /// They go back to service.
    GivenBack,
}

/// How many nodes stand where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CountsJson {
    /// Old nodes that still run, those in work among them.
    pub old: u32,
    /// Nodes in work.
    pub in_work: u32,
    /// New nodes that serve: Ready, labelled and open to pods.
    pub ready: u32,
    /// New nodes that are Ready and labelled, and that somebody else closed.
    pub closed: u32,
    /// New nodes on their way.
    pub joining: u32,
    /// Nodes on their way out.
    pub leaving: u32,
    /// Old nodes replaced so far.
    pub replaced: u32,
    /// Surplus nodes removed so far.
    pub removed: u32,
}

/// A node in work.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeJson {
    /// Its instance.
    pub instance: String,
    /// Its node.
    pub node: Option<String>,
    /// Its zone.
    pub zone: String,
    /// What for: `replace` or `surplus`.
    pub purpose: v1::Purpose,
    /// How far: `draining`, `forcing`, `settling` or `terminating`.
    pub stage: &'static str,
    /// Since when it is that far.
    pub since: Time,
    /// When patience with it ends.
    pub until: Option<Time>,
    /// Pods that have to leave.
    pub pods_left: u32,
}

/// A wait with its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WaitJson {
    /// In words.
    pub text: String,
    /// What a person can do.
    pub advice: Option<String>,
    /// The value.
    #[serde(flatten)]
    pub wait: v1::Wait,
}

/// A problem with its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProblemJson {
    /// In words.
    pub text: String,
    /// What a person can do.
    pub advice: String,
    /// The value.
    pub problem: v1::Problem,
}

/// A failure with its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailureJson {
    /// The message as EKS words it.
    pub message: String,
    /// What exactly could not be done.
    pub detail: String,
    /// The value.
    #[serde(flatten)]
    pub failure: v1::Failure,
}

/// The end of an update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EndJson {
    /// When.
    pub at: Time,
    /// How.
    pub outcome: v1::Outcome,
    /// Sizes it raised and could not restore.
    pub unrestored: Option<v1::Sizes>,
    /// Why the group keeps more nodes than before.
    pub kept: Option<v1::KeptBecause>,
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
                failure: SerializedForm::of(failure),
            }),
            end: report.end.as_ref().map(|end| EndJson {
                at: Time(end.at),
                outcome: SerializedForm::of(&end.outcome),
                unrestored: SerializedForm::of(&end.unrestored),
                kept: SerializedForm::of(&end.kept),
            }),
            wishes: WishesJson::from(report.wishes),
            force: report.force,
            wake_at: report.wake_at.map(Time),
        }
    }
}

impl WaitJson {
    fn of(wait: &wait::Wait, report: &Report) -> Self {
        let (text, advice) = (messages::describe(wait, report.at), messages::advice(wait));
        Self { text, advice, wait: SerializedForm::of(wait) }
    }
}

fn problems(report: &Report) -> Vec<ProblemJson> {
    let problem = |problem| ProblemJson {
        text: messages::problem(problem, report.at),
        advice: messages::problem_advice(problem),
        problem: SerializedForm::of(problem),
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
            stage: messages::stage(node.stage),
            since: Time(node.since),
            until: node.until.map(Time),
            pods_left: node.pods_left,
        }
    }
}
