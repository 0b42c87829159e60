//! Who this process is to others: in leases, and in the notes of drains.

use anyhow::Result;
use jiff::Timestamp;
use replank_engine::data_dir::DataDir;
use replank_engine::state_file;

/// The name in leases: that of the data directory, which one process at a time holds, so that a restart goes on without
/// waiting for the lease of the dead one.
pub(super) fn of_data(data: &DataDir) -> Result<String> {
    let file = data.path().join("holder.json");
    if let Some(kept) = state_file::read(&file)? {
        return Ok(kept);
    }
    let made = format!("{}-{}-{}", hostname(), std::process::id(), Timestamp::now().as_millisecond());
    state_file::write(&file, &made)?;
    Ok(made)
}

/// What this process is called while it has no data directory.
pub(crate) fn of_process() -> String {
    format!("process {} on {}", std::process::id(), hostname())
}

/// The name of this machine.
fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "replank".to_owned(), |name| name.trim().to_owned())
}
