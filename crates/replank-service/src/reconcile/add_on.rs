//! Software of add-ons: it follows the version that is on record.

use replank_core::version::Minor;

use super::node_group::changed;
use crate::addon_version::{pending_key, tag};
use crate::ports::Account;
use crate::records::{self, AddOnMove};
use crate::service::Service;

/// Lets the software of an add-on follow. One that is asked for twice is moved to the version asked for last.
pub(super) async fn run<A: Account>(service: &Service<A>, moving: &AddOnMove) -> Result<(), String> {
    let AddOnMove { cluster, add_on, version } = moving;
    let minor = records::cluster(&service.records, cluster).ok().and_then(|it| Minor::parse(&it.version));
    // Of a cluster that is gone, nothing is left to move.
    if let Some(minor) = minor {
        let moved = service.account.move_add_on(cluster, add_on, &tag(add_on, version, minor)).await;
        moved.map_err(|error| error.to_string())?;
    }
    changed(service, |change| {
        change.remove(pending_key(cluster, add_on));
        Ok(())
    })
}
