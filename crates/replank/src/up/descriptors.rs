//! File descriptors: each client that stays connected takes one, and many systems begin with 1,024.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// As many as both endpoints serve at once, and what else is open.
const WANTED: u64 = 10_000;

/// Raises the limit as far as this process may.
pub(crate) fn raise() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if current.is_some_and(|current| current < wanted) {
        // With fewer, fewer clients are served at once; the others wait.
        let _fewer = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}
