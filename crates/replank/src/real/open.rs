//! Opens the cloud of a real cluster that flags describe.

use std::path::Path;

use anyhow::Result;
use replank_engine::data_dir::DataDir;
use replank_kwok::KwokCloud;

use super::connect::Reached;
use crate::errors::bad;
use crate::settings;

/// Opens the cloud of a data directory, with the world file of the flags, for one node group or all.
pub(crate) fn open(
    data: &DataDir,
    reached: &Reached,
    world: Option<&Path>,
    group: Option<&str>,
) -> Result<KwokCloud> {
    let over = world.map(settings::laid_over).transpose()?;
    KwokCloud::open(data, &reached.cluster(), over, group).map_err(|error| bad(error.to_string()))
}
