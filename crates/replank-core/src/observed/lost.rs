//! How a node that had joined is no Ready, labelled node any more.

/// How a node that had joined is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// Its Node object was deleted; its instance is there.
    Deleted,
    /// It is not Ready.
    NotReady,
    /// Its kubelet does not report.
    Silent,
    /// It lost the labels that its template gives.
    Unlabelled,
    /// Its instance is being terminated, and not by this update.
    Terminated,
}
