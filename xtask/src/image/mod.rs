//! `cargo xtask image`: an image of the command as an OCI layout, without a daemon and without a base from elsewhere.
//!
//! | it does | it decides |
//! | --- | --- |
//! | lays down the program, the shared libraries that it names, certificates and one user | that the program is linked dynamically: the same build runs on a machine and in an image, and names are resolved as everywhere else |
//! | writes what is in there as a bill of materials (CycloneDX) | nothing is in there that the program does not need: no shell, no package manager |
//! | writes the same bytes from the same inputs | times are those of the commit |

mod bill;
mod layer;
mod layout;
mod libraries;
mod reading;

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::debian;
use crate::workspace::{cargo, output, root, succeed, target};
use layer::Layer;
use layout::Layout;

/// The user of the image: nobody of any machine, as in other images without a base.
const USER: &str = "65532";
/// Where the certificates of authorities are looked for, by distribution.
const BUNDLES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
/// Where they are in the image.
const BUNDLE: &str = "etc/ssl/certs/ca-certificates.crt";
/// Where the program is in the image.
const PROGRAM: &str = "usr/bin/replank";
/// Where the bill of materials is in the image.
const BILL: &str = "usr/share/sbom/replank.cdx.json";

/// What an image is made of.
#[derive(clap::Args)]
pub(crate) struct Image {
    /// The program; else the release build is made and taken
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Certificates of the authorities that the image trusts, PEM; else those of this machine
    #[arg(long, value_name = "FILE")]
    certificates: Option<PathBuf>,
    /// Where the layout is written; what is there is replaced if it is a layout
    #[arg(long, value_name = "DIR", default_value = "target/image")]
    output: PathBuf,
    /// Make it a second time, compare, and read it back with the tools that are installed
    #[arg(long)]
    check: bool,
}

/// Writes the image.
pub(crate) fn run(image: &Image) -> Result<()> {
    let program = match &image.program {
        Some(program) => program.clone(),
        None => built()?,
    };
    let bundle = image.certificates.clone().map_or_else(certificates, Ok)?;
    let into = root().join(&image.output);
    let digest = write(&program, &bundle, &into)?;
    println!("{} is replank@{digest}", into.display());
    if image.check { check(&program, &bundle, &into, &digest) } else { Ok(()) }
}

/// Makes the image of the program that the tests run, twice, and reads it back with tools that are installed if need be.
pub(crate) fn checked() -> Result<()> {
    if !reading::has_all() {
        debian::install(&["skopeo", "umoci"]).context("install skopeo and umoci")?;
    }
    let program = Some(target().join("debug/replank"));
    run(&Image { program, certificates: None, output: "target/image-of-tests".into(), check: true })
}

fn check(program: &Path, bundle: &Path, into: &Path, digest: &str) -> Result<()> {
    let again = into.with_extension("again");
    let second = write(program, bundle, &again)?;
    fs::remove_dir_all(&again).context("the second one")?;
    if second != digest {
        bail!("the same inputs made {digest} first and {second} then");
    }
    reading::back(into, USER)
}

/// The release build.
fn built() -> Result<PathBuf> {
    succeed(cargo(&["build", "--release", "--locked", "-p", "replank"]))?;
    Ok(target().join("release/replank"))
}

fn certificates() -> Result<PathBuf> {
    let found = BUNDLES.iter().map(PathBuf::from).find(|path| path.is_file());
    found.context("this machine has no certificates of authorities: install ca-certificates, or give --certificates FILE")
}

/// Writes the layout; answers with the digest of its manifest.
fn write(program: &Path, bundle: &Path, into: &Path) -> Result<String> {
    let seconds = seconds()?;
    let libraries = libraries::of(program)?;
    let bill = bill::of(&libraries)?;
    let mut base = Layer::new(seconds);
    for directory in ["data", "tmp"] {
        base.directory(directory, 0o1777)?;
    }
    base.text("etc/passwd", &format!("replank:x:{USER}:{USER}:replank:/tmp:/sbin/nologin\n"))?;
    base.text("etc/group", &format!("replank:x:{USER}:\n"))?;
    // Names of hosts come from the file of the container and from its name service.
    base.text("etc/nsswitch.conf", "hosts: files dns\n")?;
    base.file(BUNDLE, bundle, 0o644)?;
    for library in &libraries {
        base.file(&library.place, &library.found, 0o755)?;
    }
    let mut own = Layer::new(seconds);
    own.file(PROGRAM, &stripped(program), 0o755)?;
    own.text(BILL, &bill)?;
    let mut layout = Layout::empty(into)?;
    fs::write(into.join("replank.cdx.json"), &bill).context("the bill of materials")?;
    layout.add(base)?;
    layout.add(own)?;
    layout.end(&version(), seconds, USER)
}

/// The program without what only debuggers read, beside the original; the original where nothing can strip it.
fn stripped(program: &Path) -> PathBuf {
    let into = root().join("target/replank.stripped");
    let mut strip = Command::new("strip");
    strip.args(["--strip-debug", "--enable-deterministic-archives", "-o"]).arg(&into).arg(program);
    match strip.status() {
        Ok(status) if status.success() => into,
        Ok(_) | Err(_) => {
            println!("note: `strip` is not there or fails, so the image holds the program as it is");
            program.to_owned()
        }
    }
}

/// The time that everything in the image has: `SOURCE_DATE_EPOCH` (reproducible-builds.org), else that of the commit.
fn seconds() -> Result<u64> {
    if let Ok(given) = std::env::var("SOURCE_DATE_EPOCH") {
        return given
            .parse()
            .with_context(|| format!("SOURCE_DATE_EPOCH: '{given}' is no number of seconds"));
    }
    let mut git = Command::new("git");
    git.current_dir(root()).args(["log", "-1", "--format=%ct"]);
    match output(git) {
        Ok(told) => told.trim().parse().context("the time of the commit"),
        // A copy of the sources without their history.
        Err(_) => Ok(0),
    }
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
