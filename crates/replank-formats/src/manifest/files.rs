//! Reads the user's manifest files: paths, directories, standard input.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::yaml::{BadInput, FilePosition, TEXT_BYTES_MAX};

/// A text with the name to use in errors.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as the user gave it, or `stdin`.
    pub name: String,
    /// What it holds; not yet known to be UTF-8.
    pub text: Vec<u8>,
    /// Namespace of its objects that name none; `None` means `default`.
    pub namespace: Option<String>,
}

impl Source {
    /// Whether it holds only comments and separators.
    fn is_empty(&self) -> bool {
        let says_nothing = |line: &[u8]| {
            let line = line.trim_ascii();
            line.is_empty() || line.starts_with(b"#") || line == b"---" || line == b"..."
        };
        self.text.split(|byte| *byte == b'\n').all(says_nothing)
    }
}

/// How deep directories are followed, so that a cyclic link ends.
const DEPTH_MAX: usize = 32;
/// The most files read in one call.
const FILES_MAX: usize = 10_000;

/// Reads files, directories (`*.yaml`, `*.yml`, `*.json`, by name) and `-` for standard input. The error names
/// the path that cannot be read.
pub fn sources(paths: &[PathBuf], stdin: &mut dyn Read) -> Result<Vec<Source>, BadInput> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = Vec::new();
            let limit = TEXT_BYTES_MAX as u64 + 1;
            stdin.take(limit).read_to_end(&mut text).map_err(|error| unreadable("stdin", &error))?;
            found.push(Source { name: "stdin".to_owned(), text, namespace: None });
            continue;
        }
        let before = found.len();
        gather(path, 0, &mut found)?;
        if found.len() == before {
            let message = "no file ends with .yaml, .yml or .json in this directory";
            return Err(BadInput::new(FilePosition::whole(&path.display().to_string()), message.to_owned()));
        }
    }
    if !found.is_empty() && found.iter().all(Source::is_empty) {
        let message = "no objects passed to apply: there is nothing in it".to_owned();
        return Err(BadInput::new(FilePosition::whole(&found[0].name), message));
    }
    Ok(found)
}

fn gather(path: &Path, depth: usize, found: &mut Vec<Source>) -> Result<(), BadInput> {
    let name = path.display().to_string();
    let about = fs::metadata(path).map_err(|error| unreadable(&name, &error))?;
    if !about.is_dir() {
        if about.len() > TEXT_BYTES_MAX as u64 || found.len() >= FILES_MAX {
            let message =
                format!("too much: at most {TEXT_BYTES_MAX} bytes a file and {FILES_MAX} files are read");
            return Err(BadInput::new(FilePosition::whole(&name), message));
        }
        let text = fs::read(path).map_err(|error| unreadable(&name, &error))?;
        found.push(Source { name, text, namespace: None });
        return Ok(());
    }
    if depth >= DEPTH_MAX {
        let message = format!("directories nested deeper than {DEPTH_MAX}");
        return Err(BadInput::new(FilePosition::whole(&name), message));
    }
    let mut inside = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(&name, &error))? {
        inside.push(entry.map_err(|error| unreadable(&name, &error))?.path());
    }
    inside.sort();
    for path in inside {
        let manifest = path.extension().is_some_and(|end| end == "yaml" || end == "yml" || end == "json");
        if path.is_dir() || manifest {
            gather(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

fn unreadable(name: &str, error: &std::io::Error) -> BadInput {
    BadInput::new(FilePosition::whole(name), format!("cannot be read: {error}"))
}
