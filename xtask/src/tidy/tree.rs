//! The texts of the repository as the rules see them: every file that git tracks or would add, by path.

use super::source;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A text file, its path relative to the root with `/` between the parts.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// True for `.rs` files.
    pub(crate) fn is_rust(&self) -> bool {
        self.ending() == "rs"
    }

    /// True for `.md` files.
    pub(crate) fn is_page(&self) -> bool {
        self.ending() == "md"
    }

    fn ending(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// As `lines`, with comments and the contents of literals blanked out.
    pub(crate) fn code_lines(&self) -> Vec<(usize, String)> {
        source::code(&self.text).lines().enumerate().map(|(i, line)| (i + 1, line.to_owned())).collect()
    }
}

/// All files, in the order of their paths.
pub(crate) struct Tree {
    files: BTreeMap<String, File>,
    /// Files that are not text: they exist, and nothing more is known of them.
    others: BTreeSet<String>,
}

impl Tree {
    /// Reads the files below `root` that git knows; without git, all files outside of `target` and `.git`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self { files: BTreeMap::new(), others: BTreeSet::new() };
        let paths = match tracked(root) {
            Some(paths) => paths,
            None => walk(root)?,
        };
        for path in paths {
            let Ok(bytes) = fs::read(root.join(&path)) else { continue };
            match String::from_utf8(bytes) {
                Ok(text) => drop(tree.files.insert(path.clone(), File { path, text })),
                Err(_) => drop(tree.others.insert(path)),
            }
        }
        Ok(tree)
    }

    /// A tree of the given paths and texts.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        let files = files.iter().map(file).map(|file| (file.path.clone(), file)).collect();
        Self { files, others: BTreeSet::new() }
    }

    /// Every text file.
    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.values()
    }

    /// Every text file that we wrote: what others published is kept as it is, in directories named `third_party`.
    pub(crate) fn own_files(&self) -> impl Iterator<Item = &File> {
        self.files().filter(|file| !file.path.split('/').any(|part| part == "third_party"))
    }

    /// Every Rust source below a directory; the empty string is the root.
    pub(crate) fn rust_below(&self, directory: &str) -> impl Iterator<Item = &File> {
        self.files().filter(move |file| file.is_rust() && file.path.starts_with(directory))
    }

    /// The text file at this path.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// True when a file or a directory is at this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        let below = format!("{path}/");
        path.is_empty() || self.paths().any(|known| known == path || known.starts_with(&below))
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(&self.others).map(String::as_str)
    }
}

/// None when this is no work tree of git, or git is not installed or refuses.
fn tracked(root: &Path) -> Option<Vec<String>> {
    if !root.join(".git").exists() {
        return None;
    }
    let listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let out = Command::new("git").current_dir(root).args(listing).output().ok()?;
    let text = out.status.success().then(|| String::from_utf8(out.stdout).ok())??;
    Some(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn walk(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(directory) = open.pop() {
        let place = root.join(&directory);
        let entries = fs::read_dir(&place).with_context(|| format!("cannot list {}", place.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot list {}", place.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if directory.is_empty() { name.clone() } else { format!("{directory}/{name}") };
            let kind = entry.file_type().with_context(|| format!("cannot look at {path}"))?;
            if kind.is_dir() && name != "target" && name != ".git" {
                open.push(path);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    Ok(found)
}
