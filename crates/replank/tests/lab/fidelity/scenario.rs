//! A scenario: nodes, what runs on them, and how the update is asked for.

use replank_lab::Node;
use replank_lab::build::Minor;
use serde_json::Value;

use super::scenarios::all;

/// How long a node may take to drain where nothing is to run out of that, in seconds.
pub(crate) const PATIENCE: u32 = 40;

/// What is set up and updated.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) nodes: Vec<Node>,
    /// What is made, in this order, each with the collection it is made in.
    pub(crate) objects: Vec<(String, Value)>,
    /// How many pods run before the update begins.
    pub(crate) running: usize,
    /// How many nodes go at a time.
    pub(crate) batch: u32,
    /// How long a node may take to drain, in seconds.
    pub(crate) patience: u32,
    /// How long pods take to stop, in seconds: a cluster does not tell that.
    pub(crate) stop: u32,
    /// How many seconds it stands before the snapshot is taken.
    pub(crate) age: u64,
    /// The minor of the control plane.
    pub(crate) minor: Minor,
}

impl Scenario {
    /// So many m5.large nodes over zones in turn, and nothing on them.
    pub(crate) fn new(name: &'static str, zones: &[&str], nodes: usize) -> Self {
        let nodes = Node::spread("workers", zones, nodes);
        Self {
            name,
            nodes,
            objects: Vec::new(),
            running: 0,
            batch: 1,
            patience: PATIENCE,
            stop: 1,
            age: 1,
            minor: Minor::default(),
        }
    }

    /// With objects, `running` pods of which run before the update begins.
    pub(crate) fn with(mut self, running: usize, objects: Vec<(String, Value)>) -> Self {
        self.running += running;
        self.objects.extend(objects);
        self
    }

    /// The one of that name.
    pub(crate) fn find(name: &str) -> Self {
        all().into_iter().find(|known| known.name == name).unwrap()
    }

    /// What a user says that the cluster does not tell: the same for the update and for its rehearsal.
    pub(crate) fn world(&self) -> String {
        let Self { batch, patience, stop, .. } = self;
        format!(
            "seed: 1\n\
             timings: {{launch: 1s, boot: 2s, terminate: 1s, podTerminate: {stop}s}}\n\
             update: {{maxUnavailable: {batch}, limits: {{deregistrationDelay: 2s, drain: {patience}s, join: 60s}}}}\n"
        )
    }
}
