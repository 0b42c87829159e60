//! Opens the cloud of a real cluster that flags describe.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use replank_engine::data_dir::DataDir;
use replank_formats::snapshot::LaidOver;
use replank_kwok::KwokCloud;

use super::connect::Reached;
use crate::errors::bad;

/// Opens the cloud of a data directory, with the world file of the flags, for one node group or all.
pub(super) fn open(
    data: &DataDir,
    reached: &Reached,
    world: Option<&Path>,
    group: Option<&str>,
) -> Result<KwokCloud> {
    let over = world.map(laid_over).transpose()?;
    KwokCloud::open(data, &reached.cluster(), over, group).map_err(|error| bad(error.to_string()))
}

fn laid_over(file: &Path) -> Result<LaidOver> {
    let name = file.display().to_string();
    let text = fs::read(file)
        .with_context(|| format!("--world {name}"))
        .map_err(|error| bad(format!("{error:#}")))?;
    Ok(LaidOver { file: name, text })
}
