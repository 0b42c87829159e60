//! What acts in a world: the API server, controllers, the scheduler, kubelets. The world calls them through one table and
//! keeps their state without knowing it, so that none of them is part of it.

use std::any::Any;
use std::fmt::Debug;

use crate::act::Act;
use crate::api::{self, Outcome};
use crate::cloud::Effect;
use crate::queue::Work;
use crate::refusal::Refusal;
use crate::store::{NodeId, PodId, Ref, Verb};
use crate::world::World;

/// The table of components of a world. What they do follows from the world alone: they keep nothing outside of it.
pub trait Components: Debug + Send + Sync {
    /// The state of components that have seen nothing yet.
    fn state(&self) -> ComponentState;

    /// Runs the part of the world that this piece of work belongs to.
    fn happen(&self, world: &mut World, work: Work);

    /// An object was written. One that is being taken out is still there.
    fn written(&self, world: &mut World, at: Ref, verb: Verb);

    /// Something became of a machine.
    fn machine(&self, world: &mut World, effect: Effect);

    /// A namespace that is being deleted may be empty now.
    fn namespace_emptied(&self, world: &mut World, namespace: &str);

    /// A pod got a node, whoever bound it; `nominated` is the node that preemption had made room on for it.
    fn bound(&self, state: &mut ComponentState, pod: PodId, nominated: Option<NodeId>);

    /// So many pods more or less count against a node.
    fn counted(&self, state: &mut ComponentState, node: NodeId, by: i32);

    /// Answers a request to the API server, in its words.
    fn request(&self, world: &mut World, request: api::Act) -> Result<Outcome, Refusal>;

    /// Carries out an act from outside.
    fn act(&self, world: &mut World, act: Act) -> Result<(), Refusal>;
}

/// What the components of a world keep to themselves: one value of a type that only they know.
#[derive(Debug)]
pub struct ComponentState(Box<dyn Kept>);

/// A value that can be kept for components.
trait Kept: Any + Debug + Send + Sync {
    fn copied(&self) -> Box<dyn Kept>;
}

impl<T: Any + Clone + Debug + Send + Sync> Kept for T {
    fn copied(&self) -> Box<dyn Kept> {
        Box::new(self.clone())
    }
}

impl Clone for ComponentState {
    fn clone(&self) -> Self {
        Self((*self.0).copied())
    }
}

/// What cannot fail: a world is made with the state that its own components gave it.
const OWN: &str = "the state of a world is of the type that its components made";

impl ComponentState {
    /// Keeps a value.
    pub fn new<T: Any + Clone + Debug + Send + Sync>(value: T) -> Self {
        Self(Box::new(value))
    }

    /// The value.
    ///
    /// # Panics
    ///
    /// When it is of another type than the one that was kept, which is a mistake of the components.
    pub fn get<T: Any>(&self) -> &T {
        let kept: &dyn Any = &*self.0;
        kept.downcast_ref().expect(OWN)
    }

    /// The value, to change. Panics as [`Self::get`] does.
    pub fn get_mut<T: Any>(&mut self) -> &mut T {
        let kept: &mut dyn Any = &mut *self.0;
        kept.downcast_mut().expect(OWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_of_its_own() {
        let mut one = ComponentState::new(vec![1_u32]);
        let mut other = one.clone();
        other.get_mut::<Vec<u32>>().push(2);
        one.get_mut::<Vec<u32>>().push(3);
        assert_eq!((one.get::<Vec<u32>>(), other.get::<Vec<u32>>()), (&vec![1, 3], &vec![1, 2]));
    }
}
