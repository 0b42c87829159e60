//! The text of a story: a comment that tells it, a world file, and behind `---` further updates of the same world.
//! A line `# Watch: …` of the comment names what of the world is told besides.

use crate::recorder::Watch;
use crate::worldfile::spec::Update;
use crate::worldfile::{self, WorldSpec};
use crate::yaml::{BadInput, Place, Refused};

/// How a line begins that names what is watched.
const WATCH: &str = "# Watch: ";

/// A story, read.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its world, with the first update.
    pub world: WorldSpec,
    /// Updates that are started when the one before is over.
    pub then: Vec<Update>,
    /// What of the world is told besides.
    pub watches: Vec<Watch>,
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
        Ok(Self { world, then: then.collect::<Result<_, _>>()?, watches: watches(file, first)? })
    }
}

fn watches(file: &str, text: &str) -> Result<Vec<Watch>, Refused> {
    let asked = text.lines().filter_map(|line| line.strip_prefix(WATCH)).flat_map(|line| line.split(','));
    let read = |one: &str| {
        Watch::read(one).ok_or_else(|| {
            let accepted = "budgets, nodes, pods, sizes or events, each with the beginning of a name";
            BadInput::new(Place::whole(file), format!("`{one}` cannot be watched; accepted: {accepted}"))
                .into()
        })
    };
    asked.map(read).collect()
}
