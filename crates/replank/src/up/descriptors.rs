//! Limit of open files: each connected client needs a descriptor, and many systems start processes with 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Enough for all connections of both endpoints, and other files.
const WANTED: u64 = 10_000;

/// Raises the soft limit as far as the hard limit allows.
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        // With fewer, fewer clients are served at once; the others wait.
        let _fewer = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}
