//! Makes sure that the real clients and servers are there which tests run: `kubectl`, `aws`, boto3, the Kubernetes client
//! for Python, moto, microburst, and a tool that does what replank does.
//!
//! What is missing is installed under `target/clients`, and nowhere else.

use super::toolchain;
use crate::lab;
use crate::workspace::{root, succeed};
use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Version of kubectl that is downloaded if there is none.
const KUBECTL: &str = "v1.34.4";

/// The release of moto that tests and measurements use: `crates/replank-lab/moto/moto_world.py` changes its insides.
pub(crate) const MOTO: &str = "moto[server]==5.2.5";

/// What is installed for Python. The last one takes no newer Python; its test says so where it is missing.
const PACKAGES: [&str; 7] = [
    "awscli",
    "boto3",
    "kubernetes",
    "jsonschema",
    MOTO,
    "microburst==0.10.0",
    "eks-rolling-update==1.1.8; python_version < '3.12'",
];

/// Fails where one of them is missing, or another release than the tests need.
const PRESENT: &str = "
import boto3, importlib.metadata as found, jsonschema, kubernetes, moto.server, sys
wanted = {'moto': '5.2.5', 'microburst': '0.10.0'}
if sys.version_info < (3, 12): wanted['eks-rolling-update'] = '1.1.8'
sys.exit(any(found.version(name) != release for name, release in wanted.items()))";

/// Installs what is missing; answers the `PATH` on which the tests find it.
pub(crate) fn ensure() -> Result<OsString> {
    let path = path()?;
    if !runs(&path, "aws", &["--version"]) || !runs(&path, "python3", &["-c", PRESENT]) {
        install_python().with_context(|| format!("install them: pip install {}", PACKAGES.join(" ")))?;
    }
    if !runs(&path, "kubectl", &["version", "--client"]) {
        fetch_kubectl()
            .or_else(|_| build_kubectl())
            .context("install kubectl: https://kubernetes.io/docs/tasks/tools")?;
    }
    Ok(path)
}

/// The path of this process, with what was installed here first.
fn path() -> Result<OsString> {
    let before = std::env::var_os("PATH").unwrap_or_default();
    let here = std::iter::once(directory().join("bin"));
    std::env::join_paths(here.chain(std::env::split_paths(&before))).context("PATH cannot be extended")
}

fn directory() -> PathBuf {
    root().join("target/clients")
}

fn runs(path: &OsString, program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).env("PATH", path);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn install_python() -> Result<()> {
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(directory());
    succeed(environment)?;
    let mut pip = Command::new(directory().join("bin/pip"));
    pip.args(["install", "--quiet"]).args(PACKAGES);
    succeed(pip)
}

/// Builds kubectl from the modules of the lab, for when the release cannot be downloaded.
fn build_kubectl() -> Result<()> {
    println!("the released kubectl cannot be fetched: building it from its modules");
    lab::build_kubectl(&toolchain::ensure()?, &directory().join("bin"))
}

/// Downloads the released kubectl and verifies its published checksum.
fn fetch_kubectl() -> Result<()> {
    let system = std::env::consts::OS.replace("macos", "darwin");
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("there is no released kubectl for {other}"),
    };
    let program = directory().join("bin/kubectl");
    std::fs::create_dir_all(directory().join("bin"))?;
    let fetch = format!(
        "set -e; u=https://dl.k8s.io/release/{KUBECTL}/bin/{system}/{machine}/kubectl; t=\"$0.part\"; \
         curl -fsSL --max-time 300 -o \"$t\" \"$u\"; s=$(curl -fsSL --max-time 60 \"$u.sha256\"); \
         echo \"$s  $t\" | sha256sum -c - >/dev/null; chmod +x \"$t\"; mv \"$t\" \"$0\""
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &fetch]).arg(program);
    succeed(shell)
}
