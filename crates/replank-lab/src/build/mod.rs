//! The lab's programs, built once from their Go modules into a directory named after what is built.
//!
//! The modules in `go` pin every version and checksum. A directory that exists is complete: it is built under another
//! name and renamed at the end.

mod go;
mod stamp;

use anyhow::{Context, Result, bail};
use go::Go;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use stamp::{kubernetes_version, stamp};

/// Environment variable with the directory for built programs, instead of `target/lab`.
const CACHE: &str = "REPLANK_LAB_CACHE";

/// Modules in `go`, with the programs built from each: name and package.
const MODULES: [(&str, &[(&str, &str)]); 3] = [
    ("etcd", &[("etcd", "go.etcd.io/etcd/server/v3")]),
    ("kwok", &[("kwok", "sigs.k8s.io/kwok/cmd/kwok")]),
    (
        "kubernetes",
        &[
            (KUBECTL, "k8s.io/kubernetes/cmd/kubectl"),
            ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
            ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
            ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
        ],
    ),
];

const KUBECTL: &str = "kubectl";

/// The built programs.
#[derive(Clone, Debug)]
pub struct Programs {
    directory: PathBuf,
}

impl Programs {
    /// The programs; an error when they are not built.
    pub fn built() -> Result<Self> {
        let directory = cache().join(stamp());
        if !directory.is_dir() {
            bail!(
                "the lab's programs are not built ({} is missing): cargo xtask lab build",
                directory.display()
            );
        }
        Ok(Self { directory })
    }

    /// The programs, built if necessary; `tell` gets progress, line by line.
    pub fn build(mut tell: impl FnMut(&str)) -> Result<Self> {
        let cache = cache();
        fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
        // Who comes second waits for the first, and then finds everything there.
        let path = cache.join("building");
        let lock = File::options().create(true).append(true).open(&path);
        let lock = lock.with_context(|| format!("cannot write {}", path.display()))?;
        if lock.try_lock().is_err() {
            tell("another process is building: waiting for it");
            lock.lock().with_context(|| format!("cannot lock {}", path.display()))?;
        }
        if let Ok(programs) = Self::built() {
            return Ok(programs);
        }
        let go = Go::find()?;
        tell(&format!("with {} at {}", go.version, go.program.display()));
        let part = cache.join(format!("{}.part", stamp()));
        // What was left by a build that was ended holds whole programs, and half ones that are built anew.
        fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
        for (module, programs) in MODULES {
            for (name, package) in programs {
                let begin = Instant::now();
                go.build(&source().join(module), package, &part.join(name))?;
                tell(&format!("{name} built in {:.0} s", begin.elapsed().as_secs_f64()));
            }
        }
        let done = cache.join(stamp());
        fs::rename(&part, &done).with_context(|| format!("cannot make {}", done.display()))?;
        Self::built()
    }

    /// Directory of the programs.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Path of a program.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Builds kubectl only, into a directory.
pub fn kubectl(into: &Path) -> Result<()> {
    let program = into.join(KUBECTL);
    if let Ok(programs) = Programs::built() {
        fs::copy(programs.path(KUBECTL), &program)
            .with_context(|| format!("cannot write {}", program.display()))?;
        return Ok(());
    }
    Go::find()?.build(&source().join("kubernetes"), "k8s.io/kubernetes/cmd/kubectl", &program)
}

/// Directory for built programs and running labs.
pub fn cache() -> PathBuf {
    if let Some(path) = std::env::var_os(CACHE) {
        return path.into();
    }
    target().join("lab")
}

/// Cargo's target directory.
fn target() -> PathBuf {
    let root = own().parent().and_then(Path::parent).unwrap_or(own());
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Directory of the Go modules.
fn source() -> PathBuf {
    own().join("go")
}

fn own() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
