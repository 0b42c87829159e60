//! What a policy of dependencies says, as types; what it is stands in `policy.rs`.

/// The whole policy.
pub(super) struct Policy {
    /// Crates that may not come in by any way, with the reason.
    pub(super) banned: &'static [(&'static str, &'static str)],
    /// Crates that our own manifests may not name, though others may bring them in, with the reason.
    pub(super) unnamed: &'static [(&'static str, &'static str)],
    /// SPDX identifiers that a dependency may be under.
    pub(super) licenses: &'static [&'static str],
    /// Crates that may come in more than one version, with the reason.
    pub(super) several_versions: &'static [(&'static str, &'static str)],
    /// Our own crates that the others may use in tests and nowhere else, with the reason.
    pub(super) for_tests: &'static [(&'static str, &'static str)],
    /// What one of our crates may use of ours in its tests alone: the crate, what it uses, the reason.
    pub(super) in_tests: &'static [(&'static str, &'static str, &'static str)],
    /// What keeps real clusters and the simulator apart.
    pub(super) apart: Apart,
    /// What each of our crates may use.
    pub(super) layers: &'static [Layer],
}

/// What keeps real clusters and the simulator apart. A `*` at the end of a crate's name stands for any ending.
pub(super) struct Apart {
    /// Clients of real clusters and clouds.
    pub(super) real: &'static [&'static str],
    /// Crates of ours that make up the embedded world.
    pub(super) simulator: &'static [&'static str],
    /// Crates of ours that reach both, with the reason.
    pub(super) bridges: &'static [(&'static str, &'static str)],
    /// Where the sources lie that wire real clusters.
    pub(super) wiring_crate: &'static str,
    /// The folder in there that does.
    pub(super) wiring: &'static str,
    /// Folders and files in there that may be asked though they know the simulator, with the reason.
    pub(super) doors: &'static [(&'static str, &'static str)],
    pub(super) why: &'static str,
}

/// What one of our crates may use.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// Our own crates that it may use, in tests too.
    pub(super) below: &'static [&'static str],
    /// If given, the only foreign crates that its manifest may name outside of tests.
    pub(super) only: Option<&'static [&'static str]>,
    /// Crates that may not reach it by any way, tests included. A `*` at the end stands for any ending.
    pub(super) never: &'static [&'static str],
    pub(super) why: &'static str,
}
