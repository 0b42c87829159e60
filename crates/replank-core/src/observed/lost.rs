//! How a node that had joined stopped being a Ready, labelled node.

/// How a node that had joined stopped being a Ready, labelled node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lost {
    /// Its Node object was deleted while its instance exists.
    Deleted,
    /// Its condition `Ready` is `False`, or a taint says it is not up.
    NotReady,
    /// Its kubelet stopped reporting (`Ready` is `Unknown`).
    Silent,
    /// It lost the labels that its template gives.
    Unlabelled,
    /// Its instance is terminating, and not through this update.
    Terminated,
}
