//! What the audit log of the API server and the activities of the scaling group show of an update. Neither is written by
//! replank.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use replank_lab::{Event, Mark};

use super::stage::{ACCOUNT, Stage, list, text};

/// What happened, in the order in which it is judged when it happened at one instant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happened {
    /// A pod that could be evicted is gone.
    Gone(String),
    /// A pod that can be evicted was bound to a node.
    Bound(String, String),
    /// An instance, under the name of its node, was told to terminate.
    Terminated(String),
}

impl Stage {
    /// Pods left by eviction alone, and no instance was terminated while a pod that can be evicted was on its node.
    pub(super) fn judge(&self) {
        let asked = self.asked();
        let done = || asked.iter().filter(|event| event.status() < 300);
        let deleted: Vec<&str> = done()
            .filter(|event| event.verb().starts_with("delete") && event.resource() == "pods")
            .map(Event::name)
            .collect();
        assert!(deleted.is_empty(), "pods leave by eviction only, these were deleted: {deleted:?}");
        assert!(done().any(|event| event.resource() == "pods/eviction"), "nothing was evicted");
        let (terminated, early) = self.terminated_with_pods();
        assert!(early.is_empty(), "{early:?}: {}", self.told());
        assert!(terminated.len() >= self.old.len(), "nothing was judged: {terminated:?}");
    }

    /// Nodes whose instances were told to terminate, and those of them that had a pod which could have been evicted.
    pub(super) fn terminated_with_pods(&self) -> (Vec<String>, Vec<String>) {
        let mut all: Vec<(Timestamp, Happened)> = self.pods_came_and_went();
        all.extend(self.terminations());
        all.sort();
        let mut on: BTreeMap<String, String> = BTreeMap::new();
        let (mut terminated, mut early) = (Vec::new(), Vec::new());
        for (at, happened) in all {
            match happened {
                Happened::Gone(pod) => drop(on.remove(&pod)),
                Happened::Bound(pod, node) => drop(on.insert(pod, node)),
                Happened::Terminated(node) => {
                    let left: BTreeSet<&String> =
                        on.iter().filter(|(_, of)| **of == node).map(|(pod, _)| pod).collect();
                    if !left.is_empty() {
                        early.push(format!("{at}: {node} was terminated with {left:?} on it"));
                    }
                    terminated.push(node);
                }
            }
        }
        (terminated, early)
    }

    /// What replank asked of the cluster.
    pub(super) fn asked(&self) -> Vec<Event> {
        self.events(self.mark).into_iter().filter(|event| event.user() == ACCOUNT).collect()
    }

    fn events(&self, since: Mark) -> Vec<Event> {
        let (events, _) = self.lab.audit().since(since).unwrap();
        events.into_iter().filter(Event::complete).collect()
    }

    /// Pods of DaemonSets are left out: they stay on their node to its end.
    fn pods_came_and_went(&self) -> Vec<(Timestamp, Happened)> {
        let events = self.events(Mark::default());
        let moved = events.iter().filter(|event| event.status() < 300 && !event.name().starts_with("agent-"));
        let moved = moved.filter_map(|event| {
            let pod = format!("{}/{}", event.namespace(), event.name());
            let happened = match (event.verb(), event.resource().as_str()) {
                ("create", "pods/binding") => Happened::Bound(pod, text(&event.request()["target"]["name"])),
                ("delete", "pods") => Happened::Gone(pod),
                _ => return None,
            };
            Some((event.answered().parse().unwrap(), happened))
        });
        moved.collect()
    }

    /// When the group's instances were told to terminate, by whomever.
    fn terminations(&self) -> Vec<(Timestamp, Happened)> {
        let all = self.account.aws("ec2 describe-instances").unwrap();
        let instances = list(&all["Reservations"]).iter().flat_map(|it| list(&it["Instances"]));
        let names: BTreeMap<String, String> =
            instances.map(|it| (text(&it["InstanceId"]), text(&it["PrivateDnsName"]))).collect();
        let asked =
            format!("autoscaling describe-scaling-activities --auto-scaling-group-name {}", self.group.name);
        let told = self.account.aws(&asked).unwrap();
        let terminated = list(&told["Activities"]).iter().filter_map(|activity| {
            let id = text(&activity["Description"]).strip_prefix("Terminating EC2 instance: ")?.to_owned();
            let at = text(&activity["StartTime"]).parse().unwrap();
            Some((at, Happened::Terminated(names.get(&id).cloned().unwrap_or(id))))
        });
        terminated.collect()
    }
}
