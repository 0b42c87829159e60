//! Identity of this process in Leases and in the annotations of drains.

use std::path::Path;

use anyhow::{Context, Result};
use jiff::Timestamp;
use replank_engine::data_dir::DataDir;
use replank_engine::state_file;

/// Holder identity for Leases: that of the data directory, which only one process can hold, so that a restart does not
/// wait for the lease of the killed process to expire.
pub(crate) fn of_data(data: &DataDir) -> Result<String> {
    let file = data.path().join("holder.json");
    if let Some(kept) = state_file::read(&file)? {
        return Ok(kept);
    }
    let made = format!("{}-{}-{}", hostname(), std::process::id(), Timestamp::now().as_millisecond());
    state_file::write(&file, &made)?;
    Ok(made)
}

/// This process and its data directory, in words for whoever finds its leases.
pub(crate) fn told(data: &Path) -> Result<String> {
    let data = std::path::absolute(data).context("--data")?;
    Ok(format!("{} (data directory {})", of_process(), data.display()))
}

/// Identity of a process without a data directory.
pub(crate) fn of_process() -> String {
    format!("process {} on {}", std::process::id(), hostname())
}

/// Hostname of this machine.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "replank".to_owned(), |name| name.trim().to_owned())
}
