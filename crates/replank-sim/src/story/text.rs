//! The text of a story: a comment that tells it, a world file, and behind `---` further updates of the same world.

use crate::worldfile::spec::Update;
use crate::worldfile::{self, WorldSpec};
use crate::yaml::Refused;

/// A story, read.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its world, with the first update.
    pub world: WorldSpec,
    /// Updates that are started when the one before is over.
    pub then: Vec<Update>,
}

impl Story {
    /// Reads a story. What stands behind `---` are fields of `update`.
    pub fn read(file: &str, text: &str) -> Result<Self, Refused> {
        let mut parts = text.split("\n---\n");
        let first = parts.next().unwrap_or_default();
        let world = worldfile::read(file, first.as_bytes())?;
        let then = parts.map(|part| {
            let fields: String = part.lines().map(|line| format!("  {line}\n")).collect();
            let whole = format!("{first}\nupdate:\n{fields}");
            worldfile::read(file, whole.as_bytes()).map(|world| world.update)
        });
        Ok(Self { world, then: then.collect::<Result<_, _>>()? })
    }
}
