//! What the server's audit log shows of an update. It is not ours, so it is believed.

use std::collections::BTreeMap;

use replank_lab::{Event, Lab, Mark};

use super::ship::Ship;

const WRITES: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];

/// How many of the first eight evictions, and of the ends of pods on a node, the log may lack.
#[derive(Clone, Copy)]
struct Lacking {
    evictions: usize,
    ends: usize,
}

impl Ship {
    /// No pod was deleted outright, no node went while a pod was bound to it, nothing outside the group was touched.
    pub(super) fn judge(&self) {
        self.judge_by(Lacking { evictions: 0, ends: 0 });
    }

    /// As `judge`, by the log of a server that was killed: what it was writing then is not there.
    pub(super) fn judge_by_what_is_left(&self) {
        self.judge_by(Lacking { evictions: 4, ends: 1 });
    }

    fn judge_by(&self, lacking: Lacking) {
        let asked = self.asked().unwrap();
        let writes = || asked.iter().filter(|it| WRITES.contains(&it.verb()) && it.status() < 300);
        let deletes: Vec<&str> = writes()
            .filter(|it| it.verb().starts_with("delete") && it.resource() == "pods")
            .map(Event::name)
            .collect();
        assert!(deletes.is_empty(), "pods leave by eviction only, these were deleted: {deletes:?}");
        let outside: Vec<&Event> = writes().filter(|it| self.others.contains(it.name())).collect();
        assert!(outside.is_empty(), "outside of the group: {outside:?}");
        let evicted = writes().filter(|it| it.resource() == "pods/eviction").count();
        assert!(
            evicted + lacking.evictions >= 8,
            "every pod moved at least once, and {evicted} evictions were accepted"
        );
        let ours: Vec<&str> = asked.iter().map(id).collect();
        no_node_went_with_a_pod(&self.lab, &ours, lacking.ends);
    }
}

/// No node went while a pod was bound to it, by a request with one of these ids; the log may lack the ends of so many pods.
pub(crate) fn no_node_went_with_a_pod(lab: &Lab, ours: &[&str], lacking: usize) {
    let (mut all, _) = lab.audit().since(Mark::default()).unwrap();
    all.sort_by(|one, other| one.answered().cmp(other.answered()));
    let mut bound: BTreeMap<String, String> = BTreeMap::new();
    for event in all.iter().filter(|event| event.complete() && event.status() < 300) {
        match (event.verb(), event.resource().as_str()) {
            ("create", "pods/binding") => {
                let node = event.request()["target"]["name"].as_str().unwrap_or_default();
                bound.insert(event.name().to_owned(), node.to_owned());
            }
            // Kubelets delete what has stopped, without grace; an eviction only asks it to stop.
            ("delete", "pods") => drop(bound.remove(event.name())),
            ("delete", "nodes") if ours.contains(&id(event)) => {
                let left: Vec<&String> =
                    bound.iter().filter(|(_, node)| *node == event.name()).map(|(pod, _)| pod).collect();
                assert!(left.len() <= lacking, "node {} went with {left:?} on it", event.name());
            }
            _ => {}
        }
    }
    assert!(!bound.is_empty(), "the log shows no bindings: nothing was judged");
}

/// What tells a request from all others.
pub(crate) fn id(event: &Event) -> &str {
    event.json()["auditID"].as_str().unwrap_or_default()
}
