//! The text of a story: a comment, a world file, and after each `---` a further update of the same world. A
//! comment line `# Watch: …` names objects whose changes are in the timeline too.

use replank_formats::worldfile::spec::Update;
use replank_formats::worldfile::{self, WorldSpec};
use replank_formats::yaml::{BadInput, BadInputs, FilePosition};
use replank_world::recorder::Watched;

/// Start of a comment line that names watched objects.
const WATCH: &str = "# Watch: ";

/// A parsed story.
#[derive(Clone, Debug)]
pub struct Story {
    /// The world, with its first update.
    pub world: WorldSpec,
    /// Further updates, each started when the one before is over.
    pub then: Vec<Update>,
    /// Objects whose changes are in the timeline.
    pub watches: Vec<Watched>,
}

impl Story {
    /// Parses a story. The text after each `---` holds fields of `update`.
    pub fn read(file: &str, text: &str) -> Result<Self, BadInputs> {
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

fn watches(file: &str, text: &str) -> Result<Vec<Watched>, BadInputs> {
    let asked = text.lines().filter_map(|line| line.strip_prefix(WATCH)).flat_map(|line| line.split(','));
    let read = |one: &str| {
        Watched::read(one).ok_or_else(|| {
            let accepted = "budgets, nodes, pods, sizes or events, each with the beginning of a name";
            BadInput::new(
                FilePosition::whole(file),
                format!("`{one}` cannot be watched; accepted: {accepted}"),
            )
            .into()
        })
    };
    asked.map(read).collect()
}
