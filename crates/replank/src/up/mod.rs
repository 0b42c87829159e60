//! The parts of `replank up`: the embedded world at a pace, behind listeners.

pub(crate) mod binding;
pub(crate) mod clock_log;
pub(crate) mod clusters;
pub(crate) mod descriptors;
pub(crate) mod embedded;
pub(crate) mod installation;
pub(crate) mod keeper;
pub(crate) mod kubernetes;
pub(crate) mod seed;

/// The port when nobody names another.
pub(crate) const PORT: u16 = 7300;
/// The account: the number of AWS's own examples.
pub(crate) const ACCOUNT: &str = "111122223333";
