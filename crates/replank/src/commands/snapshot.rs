//! `replank snapshot`: writes the objects of a cluster that matter to an update into one file.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::Timestamp;
use replank_formats::snapshot::{self, Gathered, Snapshot};
use replank_formats::yaml::{self, Doc};
use replank_world::rng::mix;
use serde_json::Value;

use crate::cli;
use crate::errors::bad;
use crate::exit::Exit;
use crate::printer::Printer;
use crate::real::snapshot as of_cluster;

/// Kinds without which a rehearsal is of little use.
const NEEDED: [&str; 2] = ["Node", "Pod"];

/// Writes a snapshot.
pub(crate) fn run(flags: &cli::Snapshot, printer: &mut Printer) -> Result<Exit> {
    let mut taken = match flags.from.as_slice() {
        [] => of_cluster::take(&flags.reach)?,
        files => from_files(files, flags.taken_at)?,
    };
    if let Some(name) = &flags.cluster {
        taken.cluster = Some(name.clone());
    }
    let taken = if flags.anonymize { snapshot::scramble(taken, key()) } else { taken };
    save(&taken, &flags.out)?;
    let counts = taken.counts();
    let kinds: Vec<String> = counts.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    printer.line(&format!("{}: {} objects ({})", flags.out.display(), taken.objects.len(), kinds.join(", ")));
    if !flags.from.is_empty() && flags.taken_at.is_none() {
        Printer::complain(&format!(
            "note: taken to be as of {}, the newest time in the objects; --taken-at says otherwise",
            taken.taken_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        ));
    }
    Ok(Exit::Done)
}

/// Snapshot of objects in files. Its time is the newest time in them: the file's own time is that of the last copy.
fn from_files(files: &[PathBuf], taken_at: Option<Timestamp>) -> Result<Snapshot> {
    let mut documents = Vec::new();
    for file in files {
        documents.extend(read(file)?);
    }
    let gathered = snapshot::gather(documents);
    let names = || files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ");
    let newest = gathered.newest;
    let taken = make(gathered, taken_at.or(newest).unwrap_or_default());
    for kind in NEEDED {
        if taken.of(kind).next().is_none() {
            return Err(bad(format!("--from {}: there is no {kind} among the objects", names())));
        }
    }
    if taken_at.or(newest).is_none() {
        let why = "no object tells a time; say with --taken-at when they were listed";
        return Err(bad(format!("--from {}: {why}", names())));
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

/// Documents of a file: JSON, one after the other, or YAML.
fn read(file: &Path) -> Result<Vec<Value>> {
    let name = file.display();
    let wrong = |error: std::io::Error| bad(format!("--from {name}: {error}"));
    let text = if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map_err(wrong)?;
        text
    } else {
        fs::read(file).map_err(wrong)?
    };
    let what = "give what `kubectl get -o json` or `-o yaml` prints";
    let is_json = text.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|first| *first == b'{');
    if !is_json {
        let documents = yaml::read(&name.to_string(), &text);
        let documents = documents.map_err(|wrong| bad(format!("--from {wrong}; {what}")))?;
        let wrong = documents.iter().find(|document| !document.value().is_object());
        return match wrong.map(|document| document.root().error("no object of a cluster")) {
            Some(wrong) => Err(bad(format!("--from {wrong}; {what}"))),
            None => Ok(documents.into_iter().map(Doc::into_value).collect()),
        };
    }
    let documents = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
    let documents: Result<Vec<Value>, _> = documents.collect();
    documents.map_err(|error| bad(format!("--from {name}: {error}; {what}")))
}

/// Writes a file atomically: to a temporary one that is renamed.
fn save(taken: &Snapshot, file: &Path) -> Result<()> {
    let wrong = |error: std::io::Error| bad(format!("--out {}: {error}", file.display()));
    let mut text = Vec::new();
    snapshot::write(taken, &mut text).map_err(wrong)?;
    let aside = file.with_extension("new");
    fs::write(&aside, text).and_then(|()| fs::rename(&aside, file)).map_err(wrong)
}

/// Random number as the key for scrambled names; it is not stored.
fn key() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    mix(std::hash::RandomState::new().build_hasher().finish())
}
