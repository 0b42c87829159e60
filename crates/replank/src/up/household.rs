//! The embedded world as the server's household needs it.

use replank_engine::commands::Command;
use replank_engine::turn::Turned;
use replank_server::house::World;
use replank_sim::face::{AccountFace, CloudFace, ClusterFace};
use replank_sim::session::Session;

use crate::demo::interrupt::Interrupt;
use crate::printer::Printer;

/// The embedded world.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// The world with its script.
    pub(crate) session: Session,
    /// The worlds of all clusters.
    pub(crate) account: AccountFace,
    /// Whether it is time to end.
    pub(crate) interrupt: Interrupt,
}

impl World for Embedded {
    type Cluster = ClusterFace;
    type Cloud = CloudFace;

    fn sides(&mut self, cluster: &str, group: &str) -> (ClusterFace, CloudFace) {
        let world = self.account.world_of(cluster);
        (ClusterFace::new(world.clone(), group), CloudFace::new(world, group))
    }

    fn follow(&mut self, turned: &Turned<'_>) {
        self.session.follow(turned.rollout, turned.facts);
        if let Some(failure) = self.session.failure() {
            self.complain(&format!("the world could not be written down: {failure}"));
        }
    }

    fn commands(&mut self) -> Vec<Command> {
        self.session.commands()
    }

    fn leaves(&self) -> bool {
        self.interrupt.asked()
    }

    fn complain(&mut self, text: &str) {
        Printer::complain(&format!("warning: {text}"));
    }
}
