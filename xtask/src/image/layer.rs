//! A layer: files in an archive, in the order in which they were added, with nothing of this machine in it but their
//! bytes.

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use tar::{Builder, EntryType, Header};

/// A layer that is being filled.
pub(super) struct Layer {
    archive: Builder<Vec<u8>>,
    seconds: u64,
    directories: BTreeSet<String>,
}

/// A layer as it is stored.
pub(super) struct Packed {
    pub(super) bytes: Vec<u8>,
    /// Digest of the archive before it was compressed.
    pub(super) inner: String,
}

impl Layer {
    /// An empty one; everything in it has this time.
    pub(super) fn new(seconds: u64) -> Self {
        Self { archive: Builder::new(Vec::new()), seconds, directories: BTreeSet::new() }
    }

    /// Adds a directory, with those above it.
    pub(super) fn directory(&mut self, path: &str, mode: u32) -> Result<()> {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above, 0o755)?;
        }
        if self.directories.insert(path.to_owned()) {
            self.entry(&format!("{path}/"), EntryType::Directory, mode, &[])?;
        }
        Ok(())
    }

    /// Adds a file of this machine.
    pub(super) fn file(&mut self, path: &str, from: &Path, mode: u32) -> Result<()> {
        let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.bytes(path, &bytes, mode)
    }

    /// Adds a file with this text.
    pub(super) fn text(&mut self, path: &str, text: &str) -> Result<()> {
        self.bytes(path, text.as_bytes(), 0o644)
    }

    fn bytes(&mut self, path: &str, bytes: &[u8], mode: u32) -> Result<()> {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.directory(above, 0o755)?;
        }
        self.entry(path, EntryType::Regular, mode, bytes)
    }

    fn entry(&mut self, path: &str, kind: EntryType, mode: u32, bytes: &[u8]) -> Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_mtime(self.seconds);
        header.set_uid(0);
        header.set_gid(0);
        self.archive.append_data(&mut header, path, bytes).with_context(|| format!("the archive, {path}"))
    }

    /// Packs it. The compression is given no time and no name.
    pub(super) fn packed(self) -> Result<Packed> {
        let archive = self.archive.into_inner().context("the archive")?;
        let inner = digest(&archive);
        let mut packing = GzEncoder::new(Vec::new(), Compression::new(6));
        std::io::Write::write_all(&mut packing, &archive).context("the compression")?;
        Ok(Packed { bytes: packing.finish().context("the compression")?, inner })
    }
}

/// The digest of some bytes, as OCI writes it.
pub(super) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_files_are_the_same_bytes() {
        let made = || {
            let mut layer = Layer::new(1_700_000_000);
            layer.text("etc/one", "1").unwrap();
            layer.text("etc/two", "2").unwrap();
            layer.packed().unwrap()
        };
        let (one, two) = (made(), made());
        assert_eq!((one.bytes, one.inner), (two.bytes, two.inner));
        assert_eq!(digest(b""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
