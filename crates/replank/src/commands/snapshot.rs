//! `replank snapshot`: the objects of a cluster that decide, in one file.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::Timestamp;
use replank_sim::rng::mix;
use replank_sim::snapshot::{self, Gathered, Snapshot};
use serde_json::Value;

use crate::cli;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::real::taken;
use crate::settings::bad;

/// Kinds without which a rehearsal says little.
const NEEDED: [&str; 2] = ["Node", "Pod"];

/// Writes a snapshot.
pub(crate) fn run(flags: &cli::Snapshot, printer: &mut Printer) -> Result<Exit> {
    let mut taken = if flags.from.is_empty() { taken::take(&flags.reach)? } else { from_files(&flags.from)? };
    if let Some(name) = &flags.cluster {
        taken.cluster = Some(name.clone());
    }
    let taken = if flags.anonymize { snapshot::scramble(taken, key()) } else { taken };
    save(&taken, &flags.output)?;
    let counts = taken.counts();
    let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    printer.line(&format!(
        "{}: {} objects ({})",
        flags.output.display(),
        taken.objects.len(),
        kinds.join(", ")
    ));
    Ok(Exit::Done)
}

fn from_files(files: &[PathBuf]) -> Result<Snapshot> {
    let mut documents = Vec::new();
    let mut taken_at = Timestamp::UNIX_EPOCH;
    for file in files {
        let (found, at) = read(file)?;
        documents.extend(found);
        taken_at = taken_at.max(at);
    }
    let taken = make(snapshot::gather(documents), taken_at);
    for kind in NEEDED {
        if taken.of(kind).next().is_none() {
            let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
            return Err(bad(format!("--from {}: there is no {kind} among the objects", files.join(" "))));
        }
    }
    Ok(taken)
}

fn make(gathered: Gathered, taken_at: Timestamp) -> Snapshot {
    if !gathered.left_out.is_empty() {
        let kinds = gathered.left_out.iter().map(|(kind, count)| format!("{kind} {count}"));
        Printer::complain(&format!("note: left out: {}", kinds.collect::<Vec<_>>().join(", ")));
    }
    Snapshot {
        taken_at,
        server: gathered.server.unwrap_or_default(),
        replank: env!("CARGO_PKG_VERSION").to_owned(),
        cluster: None,
        anonymized: false,
        objects: gathered.objects,
    }
}

/// Documents of a file of JSON, and when it was written: what is in it is as old.
fn read(file: &Path) -> Result<(Vec<Value>, Timestamp)> {
    let name = file.display();
    let wrong = |error: std::io::Error| bad(format!("--from {name}: {error}"));
    let (text, at) = if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(wrong)?;
        (text, Timestamp::now())
    } else {
        let text = fs::read(file).map_err(wrong)?;
        let written = fs::metadata(file).and_then(|meta| meta.modified()).map_err(wrong)?;
        (text, Timestamp::try_from(written).unwrap_or_else(|_| Timestamp::now()))
    };
    let documents = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
    let documents: Result<Vec<Value>, _> = documents.collect();
    let documents = documents
        .map_err(|error| bad(format!("--from {name}: {error}; give what `kubectl get -o json` prints")))?;
    Ok((documents, at))
}

/// Written aside and renamed, so that no half file is left.
fn save(taken: &Snapshot, file: &Path) -> Result<()> {
    let wrong = |error: std::io::Error| bad(format!("--output {}: {error}", file.display()));
    let mut text = Vec::new();
    snapshot::write(taken, &mut text).map_err(wrong)?;
    let aside = file.with_extension("new");
    fs::write(&aside, text).and_then(|()| fs::rename(&aside, file)).map_err(wrong)
}

/// A number that nobody knows afterwards.
fn key() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    mix(std::hash::RandomState::new().build_hasher().finish())
}
