//! The lab's programs, built once from their Go modules into a directory named after what is built.
//!
//! The modules in `go` pin every version and checksum. Of a newer minor only the control plane is built; etcd, kwok and
//! kubectl are those of the oldest. A directory that exists is complete: it is built under another
//! name and renamed at the end.

mod go;
mod minor;
mod stamp;

use anyhow::{Context, Result, bail};
use go::Go;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

pub use minor::Minor;
use stamp::helm_stamp;
pub use stamp::{kubernetes_version, stamp};

/// Environment variable with the directory for built programs, instead of `target/lab`.
const CACHE: &str = "REPLANK_LAB_CACHE";

/// A module in `go`, with the programs built from it: name and package.
type Module = (&'static str, &'static [(&'static str, &'static str)]);

/// The control plane itself, which every minor has of its own.
const PLANE: [(&str, &str); 3] = [
    ("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"),
    ("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"),
    ("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"),
];

const KUBECTL: &str = "kubectl";
const KUBECTL_PACKAGE: &str = "k8s.io/kubernetes/cmd/kubectl";

/// What is built for a minor. Building takes minutes, so the newer ones have only what differs by minor.
fn modules(minor: Minor) -> &'static [Module] {
    match minor {
        Minor::V1_34 => &[
            ("etcd", &[("etcd", "go.etcd.io/etcd/server/v3")]),
            ("kwok", &[("kwok", "sigs.k8s.io/kwok/cmd/kwok")]),
            ("kubernetes", &[(KUBECTL, KUBECTL_PACKAGE)]),
            ("kubernetes", &PLANE),
        ],
        Minor::V1_35 => &[("kubernetes-1.35", &PLANE)],
        Minor::V1_37 => &[("kubernetes-1.37", &PLANE)],
    }
}

/// The built programs.
#[derive(Clone, Debug)]
pub struct Programs {
    /// Those of the minor itself.
    own: PathBuf,
    /// Those that all minors use.
    shared: PathBuf,
}

impl Programs {
    /// The programs of a minor; an error when they are not built.
    pub fn built(minor: Minor) -> Result<Self> {
        let [own, shared] = [minor, Minor::V1_34].map(|minor| cache().join(stamp(minor)));
        for directory in [&own, &shared] {
            if !directory.is_dir() {
                bail!(
                    "the lab's programs are not built ({} is missing): cargo xtask lab build",
                    directory.display()
                );
            }
        }
        Ok(Self { own, shared })
    }

    /// The programs of a minor, built if necessary; `tell` gets progress, line by line.
    pub fn build(minor: Minor, mut tell: impl FnMut(&str)) -> Result<Self> {
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
        if let Ok(programs) = Self::built(minor) {
            return Ok(programs);
        }
        let go = Go::find()?;
        tell(&format!("with {} at {}", go.version, go.program.display()));
        for needed in Minor::ALL.into_iter().filter(|it| [minor, Minor::V1_34].contains(it)) {
            build_into(&cache, needed, &go, &mut tell)?;
        }
        Self::built(minor)
    }

    /// Directories of the programs, the minor's own first.
    pub fn directories(&self) -> Vec<&Path> {
        let own = (self.own != self.shared).then_some(self.own.as_path());
        own.into_iter().chain([self.shared.as_path()]).collect()
    }

    /// Path of a program.
    pub fn path(&self, name: &str) -> PathBuf {
        let own = self.own.join(name);
        if own.exists() { own } else { self.shared.join(name) }
    }
}

/// Builds what is built for a minor alone, unless it is there.
fn build_into(cache: &Path, minor: Minor, go: &Go, tell: &mut impl FnMut(&str)) -> Result<()> {
    let done = cache.join(stamp(minor));
    if done.is_dir() {
        return Ok(());
    }
    let part = cache.join(format!("{}.part", stamp(minor)));
    // What was left by a build that was ended holds whole programs, and half ones that are built anew.
    fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
    for (module, programs) in modules(minor) {
        for (name, package) in *programs {
            let begin = Instant::now();
            go.build(minor, &source().join(module), package, &part.join(name))?;
            tell(&format!("{name} of {minor} built in {:.0} s", begin.elapsed().as_secs_f64()));
        }
    }
    fs::rename(&part, &done).with_context(|| format!("cannot make {}", done.display()))
}

/// Builds kubectl only, into a directory.
pub fn kubectl(into: &Path) -> Result<()> {
    let program = into.join(KUBECTL);
    if let Ok(programs) = Programs::built(Minor::V1_34) {
        fs::copy(programs.path(KUBECTL), &program)
            .with_context(|| format!("cannot write {}", program.display()))?;
        return Ok(());
    }
    Go::find()?.build(Minor::V1_34, &source().join("kubernetes"), KUBECTL_PACKAGE, &program)
}

/// Helm, if it is built.
pub fn built_helm() -> Option<PathBuf> {
    Some(cache().join(helm_stamp()).join("helm")).filter(|program| program.is_file())
}

/// Helm, built if necessary. Nothing of it is shared with the control plane, so it takes minutes and is left to those who
/// ask for it.
pub fn helm() -> Result<PathBuf> {
    if let Some(program) = built_helm() {
        return Ok(program);
    }
    let directory = cache().join(helm_stamp());
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let (part, done) = (directory.join("helm.part"), directory.join("helm"));
    Go::find()?.build(Minor::V1_37, &source().join("helm"), "helm.sh/helm/v4/cmd/helm", &part)?;
    fs::rename(&part, &done).with_context(|| format!("cannot write {}", done.display()))?;
    Ok(done)
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
