//! `--assist`: what lets an update of EKS go on, done where the core says that it helps, told, and given back.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use replank_core::action::ClusterAction;
use replank_core::names::ObjectName;
use replank_core::node_group::decide::{Assist, Assisted, Evacuated, Evacuation, assist};
use replank_core::observed::{Answer, Observation};
use replank_engine::ports::Cluster;
use replank_engine::report::About;
use replank_kube::{KubeClusterPort, raise};

use super::super::connect::Reached;
use super::upgrade::deployment;
use crate::cli::remote::Local;
use crate::errors::bad;
use crate::printer::Printer;

/// What was done so far for the update of one group.
pub(super) struct Assistant {
    group: String,
    assisted: Assisted,
}

impl Assistant {
    /// What the flags ask for; `None` without `--assist`. Error for a Deployment that is not there or may not be raised.
    pub(super) fn asked(flags: &Local, reached: &Reached, group: &str) -> Result<Option<Self>> {
        if !flags.assist {
            return Ok(None);
        }
        let named = flags.raise.iter().map(|written| deployment("--raise", written));
        let raises = named.collect::<Result<BTreeSet<ObjectName>>>()?;
        for name in &raises {
            let asked = reached.runtime.block_on(raise::may_raise(&reached.connection.client, name));
            asked.map_err(|error| bad(format!("--raise: {error}")))?;
        }
        let assisted = Assisted { raises, ..Assisted::default() };
        Ok(Some(Self { group: group.to_owned(), assisted }))
    }

    /// Does what helps now. What was done, or refused, in words.
    pub(super) fn act(
        &mut self,
        reached: &Reached,
        side: &KubeClusterPort,
        seen: &mut Observation,
        (evacuation, evacuated): (&Evacuation, &Evacuated),
        now: Timestamp,
    ) -> Vec<(About, String)> {
        let mut told = Vec::new();
        for one in assist(evacuation, evacuated, &self.assisted, seen, now) {
            match one {
                Assist::Evict(act) => {
                    if ask(reached, side, seen, &act, now) == Answer::Done {
                        told.push((About::Act, format!("{} is asked to leave (--assist)", named(&act))));
                    }
                }
                Assist::Restart { act, owner, budget } => match ask(reached, side, seen, &act, now) {
                    Answer::Done => {
                        *self.assisted.restarts.entry(owner).or_default() += 1;
                        told.push((
                            About::Act,
                            format!(
                                "{} keeps ending and is asked to leave, so that a new one starts at once and budget \
                                 {budget} counts it (--assist)",
                                named(&act)
                            ),
                        ));
                    }
                    answer => {
                        told.push((About::Wait, format!("{} is not restarted: {answer:?}", named(&act))));
                    }
                },
                Assist::Raise { deployment, budget } => {
                    told.push(self.raise(reached, &deployment, &budget));
                }
            }
        }
        told
    }

    fn raise(&mut self, reached: &Reached, name: &ObjectName, budget: &ObjectName) -> (About, String) {
        let raised = raise::raise(&reached.connection.client, name, &self.group);
        let told = match reached.runtime.block_on(raised) {
            Ok(()) => (
                About::Act,
                format!(
                    "Deployment {name} gets one replica more, so that budget {budget} allows a disruption; it is given \
                     back when this command ends (--raise)"
                ),
            ),
            Err(error) => (About::Problem, format!("--raise: {error}")),
        };
        // Asked once: what fails is a person's to mend, and what was done needs nothing more.
        self.assisted.raises.remove(name);
        told
    }
}

/// Gives back what was raised for the update of a group, also by a process that was killed.
pub(super) fn give_back(reached: &Reached, group: &str) {
    let (client, runtime) = (&reached.connection.client, &reached.runtime);
    for name in runtime.block_on(raise::raised(client, group)) {
        match runtime.block_on(raise::give_back(client, &name, group)) {
            Ok(true) => Printer::complain(&format!("note: Deployment {name} is given back its replicas")),
            Ok(false) => {}
            Err(error) => {
                let ObjectName { namespace, name } = &name;
                Printer::complain(&format!(
                    "warning: {error}. It still has one replica more: kubectl get deployment {name} -n {namespace} -o yaml \
                     shows the number from before in replank.dev/raised-from"
                ));
            }
        }
    }
}

fn ask(
    reached: &Reached,
    side: &KubeClusterPort,
    seen: &mut Observation,
    act: &ClusterAction,
    now: Timestamp,
) -> Answer {
    let answer = reached.runtime.block_on(side.perform(act));
    seen.answers.put(act.key(), answer.clone(), now);
    answer
}

fn named(act: &ClusterAction) -> String {
    match act {
        ClusterAction::Evict { pod, .. } | ClusterAction::Delete { pod } => format!("pod {}", pod.name),
        ClusterAction::Cordon { node, .. } => format!("node {node}"),
        ClusterAction::Mark(mark) => format!("node {}", mark.node),
    }
}
