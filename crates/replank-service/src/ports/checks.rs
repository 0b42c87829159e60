//! The port for the check of everything in a cluster before its control plane moves.

use replank_core::cluster_upgrade::observed::Checked;
use replank_core::version::Minor;

use super::ReadError;

/// Checks clusters for a minor.
pub trait Checks: Send + Sync {
    /// What would keep the cluster from that minor, and what would stop working with it. Changes nothing. May compute for
    /// a while, so it is asked for only where an upgrade waits for it.
    fn check(&self, cluster: &str, to: Minor) -> Result<Checked, ReadError>;
}

/// Finds nothing: where control planes are not moved from here, nothing asks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unchecked;

impl Checks for Unchecked {
    fn check(&self, _cluster: &str, to: Minor) -> Result<Checked, ReadError> {
        Ok(Checked { to, blocking: Vec::new(), breaking: Vec::new() })
    }
}
