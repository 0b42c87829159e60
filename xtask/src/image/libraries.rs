//! The shared libraries that a program names, and the loader that brings them in.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workspace::output;

/// A shared library.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Library {
    /// Where it is in the image: where the loader of this machine found it, without the first slash.
    pub(super) place: String,
    /// The file on this machine.
    pub(super) found: PathBuf,
    /// Debian's package with it and its version, where there is one.
    pub(super) package: Option<(String, String)>,
}

/// The libraries of a program, by place. None for one that is linked statically.
pub(super) fn of(program: &Path) -> Result<Vec<Library>> {
    if !program.is_file() {
        bail!("--program {}: there is no such file", program.display());
    }
    let mut ldd = Command::new("ldd");
    ldd.arg(program).env("LC_ALL", "C");
    let told = ldd.output().context("cannot start `ldd`: images are made on Linux")?;
    let text = String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned();
    if text.contains("not a dynamic executable") || text.contains("statically linked") {
        return Ok(Vec::new());
    }
    let mut places = places(&text).with_context(|| format!("`ldd {}`", program.display()))?;
    places.sort();
    places.dedup();
    places.into_iter().map(|place| library(&place)).collect()
}

/// Where the loader finds each library, from what `ldd` prints.
fn places(text: &str) -> Result<Vec<PathBuf>> {
    let mut places = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" => not found") {
            bail!("this machine lacks {name}, which the program needs");
        }
        let path = line.split_once(" => ").map_or(line, |(_, path)| path);
        let path = path.split(' ').next().unwrap_or_default();
        // The kernel's own part of every process has no file.
        if path.starts_with('/') {
            places.push(PathBuf::from(path));
        }
    }
    Ok(places)
}

fn library(place: &Path) -> Result<Library> {
    let found = place.canonicalize().with_context(|| format!("cannot find {}", place.display()))?;
    let inside = place.to_string_lossy().trim_start_matches('/').to_owned();
    let package = package(place).or_else(|| package(&found));
    Ok(Library { place: inside, found, package })
}

/// Debian's package with a file, and its version.
fn package(path: &Path) -> Option<(String, String)> {
    // Since /usr was merged, a file is on record by either of two paths.
    let text = path.to_string_lossy().into_owned();
    let merged = text.strip_prefix("/usr").map(str::to_owned);
    let owner = [Some(text.clone()), merged].into_iter().flatten().find_map(|path| {
        let mut search = Command::new("dpkg-query");
        search.arg("-S").arg(path);
        output(search).ok()
    })?;
    let name = owner.split(':').next()?.trim().to_owned();
    let mut show = Command::new("dpkg-query");
    show.args(["-W", "-f=${Version}\\n"]).arg(&name);
    Some((name, output(show).ok()?.lines().next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ldd_prints_is_read() {
        let text = "\tlinux-vdso.so.1 (0x00007fff)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\
                    \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let wanted = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"].map(PathBuf::from);
        assert_eq!(places(text).unwrap(), wanted);
        let lacks = places("\tlibx.so.1 => not found\n").unwrap_err();
        assert!(lacks.to_string().contains("libx.so.1"), "{lacks}");
    }
}
