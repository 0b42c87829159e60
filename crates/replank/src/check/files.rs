//! Manifests: each document with its file and line.

use std::io::Read;
use std::path::PathBuf;
use std::thread;

use anyhow::Result;
use replank_check::{Item, Origin};
use replank_sim::manifest::{self, Source};
use replank_sim::yaml::{self, BadInput, Doc, Place, Refused};
use serde_json::Value;

use super::{Looked, releases};
use crate::settings::bad;

/// What was found in some texts.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    wrong: Vec<BadInput>,
    /// Documents that are no objects.
    foreign: Vec<Place>,
}

/// Reads files, directories and standard input. All that is wrong with them is told at once.
pub(super) fn read(paths: &[PathBuf], stdin: &mut dyn Read, looked: &mut Looked) -> Result<()> {
    let sources = manifest::sources(paths, stdin).map_err(|wrong| bad(wrong.to_string()))?;
    let mut found = beside_each_other(&sources);
    if !found.wrong.is_empty() {
        found.wrong.sort();
        return Err(bad(Refused(found.wrong).to_string()));
    }
    let count = found.items.len();
    let files = sources.len();
    looked.at.push(format!("{count} objects in {files} {}", if files == 1 { "file" } else { "files" }));
    if let Some(first) = found.foreign.first() {
        let said = match found.foreign.len() {
            1 => "1 document has no apiVersion and kind, at".to_owned(),
            count => format!("{count} documents have no apiVersion and kind, the first at"),
        };
        looked.unseen.push(format!("{said} {first}"));
    }
    releases::take_apart(found.items, looked);
    Ok(())
}

/// Texts are read by as many threads as the machine has processors, each taking its share of the bytes.
fn beside_each_other(sources: &[Source]) -> Found {
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(sources.len()).max(1);
    let mut shares: Vec<(usize, Vec<usize>)> = vec![(0, Vec::new()); threads];
    for (index, source) in sources.iter().enumerate() {
        if let Some(least) = shares.iter_mut().min_by_key(|(bytes, _)| *bytes) {
            least.0 += source.text.len();
            least.1.push(index);
        }
    }
    let mut parts: Vec<(usize, Found)> = thread::scope(|scope| {
        let running: Vec<_> = shares
            .iter()
            .map(|(_, share)| {
                scope.spawn(move || {
                    share.iter().map(|index| (*index, of_text(&sources[*index]))).collect::<Vec<_>>()
                })
            })
            .collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
    });
    parts.sort_by_key(|(index, _)| *index);
    parts.into_iter().fold(Found::default(), |mut all, (_, part)| {
        all.items.extend(part.items);
        all.wrong.extend(part.wrong);
        all.foreign.extend(part.foreign);
        all
    })
}

fn of_text(source: &Source) -> Found {
    let mut found = Found::default();
    match yaml::read_manifest(&source.name, &source.text) {
        Ok(docs) => docs.into_iter().for_each(|doc| take(doc, &mut found)),
        Err(wrong) => found.wrong.push(wrong),
    }
    found
}

/// Takes a document; lists come apart into their items.
fn take(doc: Doc, found: &mut Found) {
    let root = doc.root();
    let place = root.place();
    let text = |name: &str| root.get(name).text().unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if api_version.is_empty() || kind.is_empty() {
        found.foreign.push(place);
        return;
    }
    let is_list = kind.ends_with("List") && root.get("items").value().is_some_and(Value::is_array);
    if !is_list {
        let place = match place.pos {
            Some(pos) => format!("{}:{}", place.file, pos.line),
            None => place.file.to_string(),
        };
        found.items.push(Item { object: doc.into_value(), origin: Origin::File { place } });
        return;
    }
    let of = kind.strip_suffix("List").unwrap_or_default().to_owned();
    for mut item in doc.into_list("items") {
        // Items of a typed list do not repeat what they are.
        if !of.is_empty() && item.root().get("kind").is_absent() {
            item = named(item, &api_version, &of);
        }
        take(item, found);
    }
}

fn named(item: Doc, api_version: &str, kind: &str) -> Doc {
    let place = item.root().place();
    let mut value = item.into_value();
    value["apiVersion"] = Value::from(api_version);
    value["kind"] = Value::from(kind);
    Doc::without_places(&place.file, value)
}

/// The objects in a text that is no file, such as the manifest of a release.
pub(super) fn objects(name: &str, text: &str) -> Result<Vec<Value>, BadInput> {
    let mut found = Found::default();
    for doc in yaml::read_manifest(name, text.as_bytes())? {
        take(doc, &mut found);
    }
    Ok(found.items.into_iter().map(|item| item.object).collect())
}
