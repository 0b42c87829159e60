//! Parses all of a user's manifests together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apis;
use super::convert::{Reader, is_attached, priority_class, reach};
use super::files::Source;
use super::object::{Given, Object};
use crate::yaml::{self, BadInput, BadInputs, Doc, FilePosition};
use replank_world::known::Known;
use replank_world::object::{ClaimPhase, Zonal};

/// What parsing needs to know of the cluster.
pub type Settings = Known;

/// The objects of all given manifests.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// The objects in the order of the text.
    pub objects: Vec<Given>,
    /// Namespaces that are defined or referred to.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Numbers of objects by kind that no part of the world acts on.
    pub kept: BTreeMap<Arc<str>, usize>,
    /// Notes on objects that were printed by a cluster.
    pub notes: Vec<String>,
}

impl Manifests {
    /// Warnings for the user: objects that are only stored, and the notes.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let kinds: Vec<_> = self.kept.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let kept = (!kinds.is_empty()).then(|| format!("kept but not acted on: {}", kinds.join(", ")));
        kept.into_iter().chain(self.notes.clone())
    }
}

/// Parses manifests. All errors are reported together, each with file and line.
pub fn read(sources: &[Source], settings: &Settings) -> Result<Manifests, BadInputs> {
    let mut wrong = Vec::new();
    let mut docs = Vec::new();
    for source in sources {
        match yaml::read_manifest(&source.name, &source.text) {
            Ok(found) => docs.extend(found.into_iter().flat_map(flatten)),
            Err(error) => wrong.push(error),
        }
    }
    read_docs(docs, wrong, settings)
}

/// Parses documents; `wrong` holds errors that are known already.
pub(crate) fn read_docs(
    docs: Vec<Doc>,
    mut wrong: Vec<BadInput>,
    settings: &Settings,
) -> Result<Manifests, BadInputs> {
    let known = with_priority_classes(&docs, settings);
    let mut manifests = Manifests::default();
    let mut places: BTreeMap<[Arc<str>; 3], FilePosition> = BTreeMap::new();
    for doc in docs {
        let root = doc.root();
        match super::read::read(&root, &known, true) {
            Ok(given) => {
                let name = root.get("metadata").get("name").place();
                let key = [given.kind.clone(), given.namespace.clone(), given.name.clone()];
                if let Some(first) = places.get(&key) {
                    wrong.push(already(&given, name, first));
                } else {
                    places.insert(key, name);
                    manifests.take(given);
                }
            }
            Err(rejected) => wrong.extend(rejected.wrong.into_iter().map(|one| {
                let head = rejected.head.as_ref().map_or(String::new(), |head| format!("{head}: "));
                BadInput::new(one.place, format!("{head}{}", one.text))
            })),
        }
    }
    if !wrong.is_empty() {
        return Err(BadInputs(wrong));
    }
    manifests.bind_claims();
    Ok(manifests)
}

/// Splits lists, nested ones too, into their items.
pub(crate) fn flatten(doc: Doc) -> Vec<Doc> {
    let root = doc.root();
    let kind = root.get("kind").text().unwrap_or_default();
    let items = root.get("items");
    let is_list = kind.ends_with("List") && items.value().is_some_and(serde_json::Value::is_array)
        || kind == "List" && items.is_absent();
    if is_list { doc.into_list("items").into_iter().flat_map(flatten).collect() } else { vec![doc] }
}

fn already(given: &Given, place: FilePosition, first: &FilePosition) -> BadInput {
    let resource =
        apis::by_kind(&given.kind).map_or_else(|| given.kind.to_lowercase(), |api| api.resource.to_owned());
    let message = format!("{resource} \"{}\" already exists, first given at {first}", given.name);
    BadInput::new(place, message)
}

/// Adds the priority classes among the documents, which pods anywhere in them may name.
fn with_priority_classes(docs: &[Doc], settings: &Settings) -> Known {
    let mut known = settings.clone();
    for doc in docs {
        let root = doc.root();
        let name = root.get("metadata").get("name").text();
        if let (Some("PriorityClass"), Some(name)) = (root.get("kind").text(), name) {
            // What is wrong with it is told when its turn comes.
            let mut reader = Reader { known: settings, checks_pods: true, wrong: Vec::new() };
            let class = priority_class(&root, &mut reader);
            known.priority_classes.insert(name.to_owned(), class);
        }
    }
    known
}

impl Manifests {
    fn take(&mut self, given: Given) {
        if !given.namespace.is_empty() {
            self.namespaces.insert(given.namespace.clone());
        }
        if let Object::Other(_) = given.object {
            match given.kind.as_ref() {
                "Namespace" => {
                    self.namespaces.insert(given.name.clone());
                }
                "PersistentVolume" => {}
                _ => *self.kept.entry(given.kind.clone()).or_default() += 1,
            }
        }
        self.objects.push(given);
    }

    /// Binds claims that name their volume or whose volume names them; a volume that names another claim is left
    /// to that.
    fn bind_claims(&mut self) {
        type FilePosition = (String, String);
        let mut by_volume: BTreeMap<Arc<str>, (Zonal, bool, Option<FilePosition>)> = BTreeMap::new();
        let mut by_claim: BTreeMap<FilePosition, Arc<str>> = BTreeMap::new();
        for given in self.objects.iter().filter(|given| given.kind.as_ref() == "PersistentVolume") {
            let claim = &given.raw["spec"]["claimRef"];
            let meant = claim["namespace"].as_str().zip(claim["name"].as_str());
            let meant = meant.map(|(namespace, name)| (namespace.to_owned(), name.to_owned()));
            if let Some(place) = &meant {
                by_claim.insert(place.clone(), given.name.clone());
            }
            by_volume.insert(given.name.clone(), (reach(&given.raw), is_attached(&given.raw), meant));
        }
        for given in &mut self.objects {
            let Object::Claim(claim) = &mut given.object else { continue };
            let named = given.raw["spec"]["volumeName"].as_str().filter(|name| !name.is_empty());
            let place = (given.namespace.to_string(), given.name.to_string());
            let Some(volume) = named.map(Arc::from).or_else(|| by_claim.get(&place).cloned()) else {
                continue;
            };
            let Some((zonal, attached, meant)) = by_volume.get(&volume) else { continue };
            if meant.as_ref().is_none_or(|meant| *meant == place) {
                claim.one_node &= attached;
                claim.phase = ClaimPhase::Bound { volume, zonal: zonal.clone() };
            }
        }
    }
}
