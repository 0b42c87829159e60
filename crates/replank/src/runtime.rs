//! Tokio runtimes of the command.

use anyhow::{Context, Result};
use tokio::runtime::{Builder, Runtime};

/// Runtime with several threads, for commands that serve or follow a cluster.
pub(crate) fn threads() -> Result<Runtime> {
    Runtime::new().context("threads")
}

/// Runtime on the calling thread, for commands that send one request at a time.
pub(crate) fn this_thread() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
