//! Upgrades of whole clusters as the service carries them out: the port that the engine looks and acts through, and what
//! is told of them.

mod feed;
mod port;

pub use feed::UpgradeFeed;
pub use port::ClusterPort;
