//! What the flags of `replank upgrade cluster` ask for.

use anyhow::Result;
use replank_service::records;
use replank_service::start_cluster_upgrade::StartClusterUpgrade;

use super::plane::INSIGHT;
use crate::cli::upgrade_cluster::{Gate, UpgradeCluster};
use crate::errors::bad;

/// What the flags ask for.
pub(crate) fn asked(flags: &UpgradeCluster) -> Result<StartClusterUpgrade> {
    Ok(StartClusterUpgrade {
        cluster: flags.name.clone(),
        version: flags.to.clone(),
        all: flags.all,
        gate: match flags.gate {
            Gate::Each => records::Gate::Each,
            Gate::Cluster => records::Gate::Cluster,
            Gate::None => records::Gate::None,
        },
        skip_workers: flags.skip_workers,
        accept: accepted(&flags.accept)?,
        client_request_token: None,
    })
}

/// The ids of checks that were given, if there are such checks.
fn accepted(ids: &[String]) -> Result<Vec<String>> {
    let known = || {
        let own = replank_check::CHECKS.iter().flat_map(|checks| checks.iter()).map(|check| check.id);
        own.chain([INSIGHT])
    };
    match ids.iter().find(|id| !known().any(|known| known == id.as_str())) {
        Some(unknown) => Err(bad(format!(
            "--accept {unknown}: there is no such check; all are in docs/reference/findings.md, and the plan names those \
             that hold it up"
        ))),
        None => Ok(ids.to_vec()),
    }
}
