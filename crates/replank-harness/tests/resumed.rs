//! A world that was kept goes on where it was, its rules about calls with it.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected shall stop there")]

use std::fs;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use replank_core::action::{ClusterAction, PodId};
use replank_core::names::ObjectName;
use replank_core::observed::{Answer, Observation};
use replank_engine::block::block_on;
use replank_engine::ports::Cluster;
use replank_formats::worldfile;
use replank_rehearsal::adapter::SimulatedCluster;
use replank_rehearsal::session::{Definition, Session};

/// Where a world is kept; it goes with this value.
struct Kept(PathBuf);

impl Kept {
    fn at(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("replank-resumed-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn open(&self, fault: &str) -> Session {
        open(fault, &self.0.join("world"))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _goes_with_the_system = fs::remove_dir_all(&self.0);
    }
}

fn open(fault: &str, path: &Path) -> Session {
    let text = format!(
        "seed: 1\nclusters:\n- addons: []\n  nodeGroups:\n  - name: default\n    \
         size: {{min: 3, desired: 3, max: 3}}\n  workloads:\n  - {{name: web, namespace: shop, replicas: 2}}\n\
         faults:\n- {{{fault}}}\n"
    );
    let spec = worldfile::read("world", text.as_bytes()).unwrap();
    let definition = Definition { spec, world_file: None, manifests: Vec::new(), replaces_workloads: false };
    Session::open(definition, path).unwrap()
}

/// A rule, and which of six readings fail, wherever the process is killed between them.
#[test]
fn rules_about_calls_go_on_counting() {
    for (number, (fault, wanted)) in [
        ("call: observe-cluster, nth: 3, verdict: fail, error: unavailable", [3].as_slice()),
        ("call: observe-cluster, every: 2, verdict: fail, error: unavailable", &[2, 4, 6]),
        ("call: observe-cluster, times: 2, verdict: fail, error: unavailable", &[1, 2]),
    ]
    .into_iter()
    .enumerate()
    {
        for killed_after in 1..6 {
            let kept = Kept::at(&format!("counts-{number}-{killed_after}"));
            let mut session = kept.open(fault);
            let mut failed = Vec::new();
            for reading in 1..=6 {
                let mut face = SimulatedCluster::new(session.world.clone(), "default");
                if block_on(face.observe(&mut Observation::default())).is_err() {
                    failed.push(reading);
                }
                if reading == killed_after {
                    drop(session);
                    session = kept.open(fault);
                }
            }
            assert_eq!(failed, wanted, "{fault}, killed after {killed_after}");
        }
    }
}

#[test]
fn a_call_under_way_arrives_in_spite_of_a_kill() {
    let fault = "call: evict, times: 1, verdict: delay, by: 30s";
    for kills in [vec![], vec![10], vec![40], vec![10, 40]] {
        let kept = Kept::at(&format!("later-{kills:?}"));
        let mut session = kept.open(fault);
        let (uid, name) = {
            let world = session.world.lock();
            let (_, pod) = world.store.pods.iter().find(|(_, pod)| &*pod.meta.namespace == "shop").unwrap();
            (replank_core::names::Uid(pod.meta.uid.0), pod.meta.name.clone())
        };
        let pod = PodId { name: ObjectName::new("shop", name.clone()), uid };
        let face = SimulatedCluster::new(session.world.clone(), "default");
        let answer = block_on(face.perform(&ClusterAction::Evict { pod, grace_seconds: None }));
        assert!(matches!(answer, Answer::CannotTell(_)), "{answer:?}");
        let begun = session.now();
        for seconds in [10, 40, 60] {
            session.world.lock().advance_to((begun + SignedDuration::from_secs(seconds)).into());
            let there = session.world.lock().store.pods.find("shop", &name).is_some();
            assert_eq!(there, seconds < 30, "after {seconds} s, kills {kills:?}");
            if kills.contains(&seconds) {
                let now = session.now();
                drop(session);
                session = kept.open(fault);
                session.world.lock().advance_to(now.into());
            }
        }
    }
}
