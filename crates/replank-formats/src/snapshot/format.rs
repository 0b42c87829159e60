//! The snapshot file: lines of JSON under gzip. A header, one object a line, and a footer with their number, so
//! that a truncated file is noticed.

use std::io::{self, BufRead, BufReader, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use replank_engine::secret::Unreadable;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::Snapshot;
use crate::worldfile::Moment;

/// `format` in the header.
pub const FORMAT: &str = "replank-snapshot";
/// The format version written, and the newest that is read.
pub const VERSION: u32 = 1;
/// The oldest format version that is read.
const OLDEST: u32 = 1;
/// The largest unpacked snapshot accepted, in bytes.
const BYTES_MAX: u64 = 8 << 30;
/// The magic bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    format: String,
    version: u32,
    taken_at: Moment,
    #[serde(default)]
    server: String,
    #[serde(default)]
    replank: String,
    #[serde(default)]
    cluster: Option<String>,
    #[serde(default)]
    anonymized: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Footer {
    end: Counted,
}

#[derive(Serialize, Deserialize)]
struct Counted {
    objects: usize,
}

/// Why a file cannot be read as a snapshot.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("cannot be read: {0}")]
    Io(io::Error),
    /// The file is empty.
    #[error("is empty; take a snapshot with `replank snapshot`")]
    Empty,
    /// It holds Kubernetes objects, not a snapshot.
    #[error(
        "holds Kubernetes objects but is no snapshot; make one of them with `replank snapshot --from FILE -o SNAPSHOT`"
    )]
    Objects,
    /// It is something else.
    #[error("is no snapshot: {0}; take one with `replank snapshot`")]
    Foreign(String),
    /// Its format version is too old.
    #[error(
        "was written in format {found}, which is too old: this replank reads {OLDEST} to {VERSION}; take it again"
    )]
    Old {
        /// The format version found.
        found: u32,
    },
    /// Its format version is newer than this program.
    #[error(
        "was written by a newer replank{by} in format {found}; this one reads up to {VERSION}, so update replank"
    )]
    New {
        /// The format version found.
        found: u32,
        /// The version of replank that wrote it, as ` 1.2.3`; empty when unknown.
        by: String,
    },
    /// It ends before its footer.
    #[error("is cut short after {objects} objects; copy it again, or take it again")]
    CutShort {
        /// How many objects were read.
        objects: usize,
    },
    /// A line cannot be parsed.
    #[error("is damaged in line {line} ({why}); copy it again, or take it again")]
    Damaged {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong, without the content.
        why: Unreadable,
    },
}

/// Writes a snapshot, packed.
pub fn write(snapshot: &Snapshot, out: impl Write) -> io::Result<()> {
    let mut out = GzEncoder::new(out, Compression::default());
    let mut line = |text: String| out.write_all((text + "\n").as_bytes());
    let header = Header {
        format: FORMAT.into(),
        version: VERSION,
        taken_at: Moment(snapshot.taken_at),
        server: snapshot.server.clone(),
        replank: snapshot.replank.clone(),
        cluster: snapshot.cluster.clone(),
        anonymized: snapshot.anonymized,
    };
    line(serde_json::to_string(&header)?)?;
    for object in &snapshot.objects {
        line(object.to_string())?;
    }
    line(serde_json::to_string(&Footer { end: Counted { objects: snapshot.objects.len() } })?)?;
    out.finish()?.flush()
}

/// Reads a snapshot, packed or not.
pub fn read(bytes: &[u8]) -> Result<Snapshot, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    let packed = bytes.starts_with(&GZIP);
    let input: Box<dyn Read + '_> =
        if packed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) };
    let mut lines = Lines { input: BufReader::new(input.take(BYTES_MAX)), number: 0, text: Vec::new() };
    let header = header(&mut lines, bytes)?;
    let mut objects = Vec::new();
    loop {
        if !lines.next(objects.len())? {
            return Err(ReadError::CutShort { objects: objects.len() });
        }
        let value: Value = serde_json::from_slice(&lines.text).map_err(|why| lines.damaged(&why))?;
        if value["kind"].is_string() {
            objects.push(value);
            continue;
        }
        let Footer { end } = serde_json::from_value(value).map_err(|why| lines.damaged(&why))?;
        if end.objects != objects.len() {
            return Err(ReadError::CutShort { objects: objects.len() });
        }
        // Behind the last line stands the checksum of all, which is looked at by whoever reads so far.
        if lines.next(objects.len())? {
            return Err(ReadError::Damaged {
                line: lines.number,
                why: Unreadable::new("more comes after the end"),
            });
        }
        break;
    }
    Ok(Snapshot {
        taken_at: header.taken_at.0,
        server: header.server,
        replank: header.replank,
        cluster: header.cluster,
        anonymized: header.anonymized,
        objects,
    })
}

struct Lines<R> {
    input: BufReader<R>,
    number: usize,
    text: Vec<u8>,
}

impl<R: Read> Lines<R> {
    /// Reads the next line; false at the end.
    fn next(&mut self, objects: usize) -> Result<bool, ReadError> {
        self.text.clear();
        self.number += 1;
        match self.input.read_until(b'\n', &mut self.text) {
            Ok(read) => Ok(read > 0),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(ReadError::CutShort { objects })
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(ReadError::Damaged {
                line: self.number,
                why: Unreadable::new("it is no gzip from here on"),
            }),
            Err(error) => Err(ReadError::Io(error)),
        }
    }

    fn damaged(&self, why: &serde_json::Error) -> ReadError {
        ReadError::Damaged { line: self.number, why: Unreadable::json(why) }
    }
}

fn header<R: Read>(lines: &mut Lines<R>, bytes: &[u8]) -> Result<Header, ReadError> {
    let foreign = |what: &str| ReadError::Foreign(what.to_owned());
    if !lines.next(0)? {
        return Err(foreign("nothing is in it"));
    }
    let Ok(value) = serde_json::from_slice::<Value>(&lines.text) else {
        let whole = serde_json::from_slice::<Value>(bytes);
        return Err(match whole {
            Ok(value) if value["kind"].is_string() => ReadError::Objects,
            _ if lines.text.starts_with(b"apiVersion:") => ReadError::Objects,
            _ => foreign("it does not begin with a snapshot's header"),
        });
    };
    if value["kind"].is_string() && value["apiVersion"].is_string() {
        return Err(ReadError::Objects);
    }
    if value["format"] != FORMAT {
        return Err(foreign("its first line is JSON, but not a snapshot's header"));
    }
    let found = value["version"].as_u64().and_then(|version| u32::try_from(version).ok());
    let by = value["replank"].as_str().map_or(String::new(), |by| format!(" ({by})"));
    match found {
        None => return Err(foreign("its header names no version")),
        Some(found) if found < OLDEST => return Err(ReadError::Old { found }),
        Some(found) if found > VERSION => return Err(ReadError::New { found, by }),
        Some(_) => {}
    }
    serde_json::from_value(value).map_err(|why| lines.damaged(&why))
}

#[cfg(test)]
mod tests;
