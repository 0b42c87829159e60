//! Parses and checks the text of a world file.

use super::check;
use super::relations::{self, Source};
use super::spec::{Act, Deed, WorldSpec};
use super::table::{ACT, WORLD};
use crate::yaml::{self, BadInput, BadInputs, Doc, FilePosition};

/// The world files that are built in, by file name; the first is the default.
pub const EXAMPLES: &[(&str, &str)] = &[
    ("eks-workshop.yaml", include_str!("../../worlds/eks-workshop.yaml")),
    ("tight-budgets.yaml", include_str!("../../worlds/tight-budgets.yaml")),
    ("stuck.yaml", include_str!("../../worlds/stuck.yaml")),
    ("zone-short.yaml", include_str!("../../worlds/zone-short.yaml")),
    ("meddling.yaml", include_str!("../../worlds/meddling.yaml")),
    ("faults.yaml", include_str!("../../worlds/faults.yaml")),
    ("two-groups.yaml", include_str!("../../worlds/two-groups.yaml")),
];

/// Reads a world file. All errors are reported together.
pub fn read(file: &str, text: &[u8]) -> Result<WorldSpec, BadInputs> {
    let mut docs = yaml::read(file, text)?;
    let doc = match docs.len() {
        0 => return Err(BadInput::new(FilePosition::whole(file), "the file is empty".to_owned()).into()),
        1 => docs.remove(0),
        _ => {
            let place = docs[1].root().place();
            return Err(BadInput::new(place, "a world file is a single document".to_owned()).into());
        }
    };
    typed(&doc, Source::Written)
}

/// Reads a world file made from a snapshot, where zones have any name.
pub(crate) fn read_found(doc: &Doc) -> Result<WorldSpec, BadInputs> {
    typed(doc, Source::Found)
}

fn typed(doc: &Doc, from: Source) -> Result<WorldSpec, BadInputs> {
    let mut wrong = Vec::new();
    let value = check::object(&doc.root(), &WORLD, &mut wrong);
    if !wrong.is_empty() {
        wrong.sort();
        return Err(BadInputs(wrong));
    }
    let spec: WorldSpec = serde_json::from_value(value)
        .map_err(|error| BadInput::new(doc.root().place(), format!("cannot be read: {error}")))?;
    relations::check(&spec, doc, from, &mut wrong);
    if wrong.is_empty() {
        return Ok(spec);
    }
    wrong.sort();
    Err(BadInputs(wrong))
}

/// Reads one command as in a world file without its time: `do` and its fields. Names in it are resolved by the
/// world.
pub fn read_deed(text: &str) -> Result<Deed, BadInputs> {
    let docs = yaml::read("act", text.as_bytes())?;
    let Some(doc) = docs.first() else {
        return Err(BadInput::new(FilePosition::whole("act"), "there is no act".to_owned()).into());
    };
    let mut wrong = Vec::new();
    let value = check::object(&doc.root(), &ACT, &mut wrong);
    if !wrong.is_empty() {
        wrong.sort();
        return Err(BadInputs(wrong));
    }
    let read = serde_json::from_value::<Act>(value);
    let read = read.map_err(|error| BadInput::new(doc.root().place(), format!("cannot be read: {error}")))?;
    Ok(read.deed)
}

/// The default world: one cluster with one node group and a shop.
pub fn default_world() -> Result<WorldSpec, BadInputs> {
    let (file, text) = EXAMPLES[0];
    read(file, text.as_bytes())
}
