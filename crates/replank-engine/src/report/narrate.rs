//! An update as text, line by line. The demo in a pipe, a terminal that follows a server and the server itself take
//! their lines from here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use replank_core::action::{Action, CloudAction, ClusterAction};
use replank_core::names::NodeGroupName;
use replank_core::node_group::phase::Phase;
use replank_core::observed::Answer;
use replank_core::sizes::Sizes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Repeats;
use crate::messages::{self, problem_topic};
use crate::serialized::Time;
use crate::turn::Turned;

/// One line about an update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line {
    /// When it happened.
    pub at: Time,
    /// Name of the node group.
    pub group: String,
    /// What kind of event it reports.
    #[serde(rename = "type")]
    pub about: About,
    /// What happened, in words.
    pub text: String,
    /// The recorded fact behind it; added by servers for JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<Value>,
}

/// What kind of event a line reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A recorded fact.
    Update,
    /// Pods that moved.
    Pod,
    /// New sizes of the group.
    Sizes,
    /// An action and its answer.
    Act,
    /// Something that is waited for.
    Wait,
    /// A problem and advice about it.
    Problem,
}

impl About {
    /// The word that stands in front of the text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Pod => "pod",
            Self::Sizes => "sizes",
            Self::Act => "act",
            Self::Wait => "wait",
            Self::Problem => "problem",
        }
    }
}

/// Makes the lines of turns, of one or several node groups. What was reported and still holds is not repeated.
#[derive(Clone, Debug, Default)]
pub struct Narrator {
    /// Waits and refusals that were reported and still hold.
    told: Repeats,
    /// Keys of the problems that were reported.
    problems: BTreeSet<String>,
    sizes: BTreeMap<NodeGroupName, Sizes>,
}

impl Narrator {
    /// The lines of a turn. `pods` is news about pods, from callers that know of pods.
    pub fn tell(&mut self, turned: &Turned<'_>, pods: impl IntoIterator<Item = String>) -> Vec<Line> {
        let group = &turned.rollout.spec().group;
        let line = |at: Timestamp, about, text| Line {
            at: Time(at),
            group: group.to_string(),
            about,
            text,
            fact: None,
        };
        let facts = turned.facts.iter();
        let mut lines: Vec<Line> =
            facts.map(|event| line(event.at, About::Update, messages::fact(&event.fact))).collect();
        lines.extend(pods.into_iter().map(|news| line(turned.at, About::Pod, news)));
        if let Some(now) = turned.seen.group.as_ref().map(|group| group.sizes)
            && self.sizes.insert(group.clone(), now) != Some(now)
        {
            lines.push(line(turned.at, About::Sizes, messages::sizes(&now)));
        }
        lines.extend(self.acts(turned).into_iter().map(|what| line(turned.at, About::Act, what)));
        if turned.rollout.phase() != Phase::Done {
            lines.extend(self.waits(turned).into_iter().map(|what| line(turned.at, About::Wait, what)));
        }
        lines.extend(self.problems(turned).into_iter().map(|what| line(turned.at, About::Problem, what)));
        lines
    }

    fn acts(&mut self, turned: &Turned<'_>) -> Vec<String> {
        let group = turned.rollout.spec().group.as_str();
        let mut acts = Vec::new();
        for (action, answer) in turned.performed {
            // What is done is seen in the nodes and pods; what is not done is heard of nowhere else.
            let is_seen = matches!(
                action,
                Action::Cluster(
                    ClusterAction::Evict { .. } | ClusterAction::Mark(_) | ClusterAction::Cordon { .. },
                ) | Action::Cloud(CloudAction::SetSizes { .. })
            );
            // What is refused is tried every few seconds; its wait tells the rest.
            if self.told.is_news(group, action, answer, turned.at) && !(is_seen && *answer == Answer::Done) {
                acts.push(format!("{}: {}", messages::act(action), messages::answer(answer)));
            }
        }
        acts
    }

    fn waits(&mut self, turned: &Turned<'_>) -> Vec<String> {
        let group = turned.rollout.spec().group.as_str();
        let news = self.told.news(group, &turned.decision.waits, turned.at);
        news.into_iter().map(|wait| messages::describe(wait, turned.at)).collect()
    }

    fn problems(&mut self, turned: &Turned<'_>) -> Vec<String> {
        let group = &turned.rollout.spec().group;
        let mut problems = Vec::new();
        for problem in &turned.decision.problems {
            if self.problems.insert(format!("{group} {}", problem_topic(problem))) {
                problems.extend([messages::problem(problem, turned.at), messages::problem_advice(problem)]);
            }
        }
        problems
    }
}
