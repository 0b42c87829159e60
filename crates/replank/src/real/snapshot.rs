//! Takes a snapshot of the cluster that flags name.

use anyhow::Result;
use replank_formats::snapshot::Snapshot;
use replank_kwok::snapshot_read::{self, Taken};

use super::connect::connection;
use crate::cli;
use crate::errors::bad;
use crate::printer::Printer;
use crate::runtime;

/// Takes a snapshot, and prints which kinds are missing in it.
pub(crate) fn take(flags: &cli::Reach) -> Result<Snapshot> {
    let runtime = runtime::threads()?;
    let connection = connection(&runtime, flags)?;
    let taken = runtime.block_on(snapshot_read::read(&connection, |_| true));
    let Taken { snapshot, without } = taken.map_err(|error| bad(error.to_string()))?;
    for one in without {
        Printer::complain(&format!("note: {one}"));
    }
    Ok(snapshot)
}
