//! The parts of `replank up` for the embedded world, and how running servers and updates are found.

pub(crate) mod binding;
pub(crate) mod clock_log;
pub(crate) mod clusters;
pub(crate) mod descriptors;
pub(crate) mod embedded;
pub(crate) mod installation;
pub(crate) mod kubernetes;
pub(crate) mod paced_clock;
pub(crate) mod update_process;

/// Default port of the EKS endpoint.
pub(crate) const PORT: u16 = 7300;
/// Account id, that of the examples in the AWS documentation.
pub(crate) const ACCOUNT: &str = "111122223333";
