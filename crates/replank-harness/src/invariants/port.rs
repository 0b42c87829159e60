//! A port that checks every action before and after it is carried out.

use replank_core::action::{CloudAction, ClusterAction};
use replank_core::names::NodeName;
use replank_core::observed::{Answer, Observation, Placement, Pod};
use replank_engine::ports::{Cloud, Cluster, ReadError};

use super::SharedChecker;
use replank_world::shared::Shared;

/// A port whose actions are checked.
#[derive(Debug)]
pub struct Judged<P> {
    port: P,
    world: Shared,
    checker: SharedChecker,
}

impl<P> Judged<P> {
    /// Wraps a port on `world`.
    pub fn new(port: P, world: Shared, checker: SharedChecker) -> Self {
        Self { port, world, checker }
    }
}

impl<P: Cluster> Cluster for Judged<P> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.port.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.port.tell(into);
    }

    async fn perform(&self, action: &ClusterAction) -> Answer {
        let whole = action.clone().into();
        let before = self.checker.borrow_mut().before(&self.world.lock(), &whole);
        let answer = self.port.perform(action).await;
        self.checker.borrow_mut().after(&self.world.lock(), before);
        answer
    }

    async fn pods_on(&self, node: &NodeName) -> Result<Vec<Pod>, ReadError> {
        self.port.pods_on(node).await
    }

    async fn place(&self, node: &NodeName) -> Placement {
        let placement = self.port.place(node).await;
        self.checker.borrow_mut().placed(node, &placement);
        placement
    }
}

impl<P: Cloud> Cloud for Judged<P> {
    async fn refresh(&mut self, seen: &Observation) -> Result<(), ReadError> {
        self.port.refresh(seen).await
    }

    fn tell(&mut self, into: &mut Observation) {
        self.port.tell(into);
    }

    async fn perform(&self, action: &CloudAction) -> Answer {
        let whole = action.clone().into();
        let before = self.checker.borrow_mut().before(&self.world.lock(), &whole);
        let answer = self.port.perform(action).await;
        self.checker.borrow_mut().after(&self.world.lock(), before);
        answer
    }
}
