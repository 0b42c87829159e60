//! moto's server as a process of this machine. It ends with its value, and when its owner dies.

use anyhow::{Context, Result, bail};
use serde_json::json;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::wire::Wire;
use crate::guard::Guard;
use crate::ports::Port;
use crate::program::Program;

/// How long a server may take to answer for the first time; an idle machine needs two seconds, and a dozen when Python has
/// not compiled its files yet.
const PATIENCE: Duration = Duration::from_mins(2);

/// The images of `moto/amis.json`, which a world of this module has in place of moto's own.
pub mod images {
    /// The release before the newest one, of Kubernetes 1.34.
    pub const OLD: &str = "ami-0a34c0de000020261";
    /// The newest release, of Kubernetes 1.34.
    pub const NEW: &str = "ami-0a34c0de000020262";
    /// One that the account's owner has built.
    pub const OWN: &str = "ami-0a34c0de000020263";
    /// One for arm64.
    pub const ARM: &str = "ami-0a34c0de000020264";
    /// One of Kubernetes 1.31.
    pub const FAR_BEHIND: &str = "ami-0a34c0de000020265";

    /// SSM parameters: name and value.
    pub(super) const PARAMETERS: [(&str, &str); 5] = [
        ("/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/recommended/image_id", NEW),
        (
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.34-v20261007/image_id",
            OLD,
        ),
        (
            "/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.34-v20261119/image_id",
            NEW,
        ),
        ("/aws/service/eks/optimized-ami/1.34/amazon-linux-2023/arm64/standard/recommended/image_id", ARM),
        (
            "/aws/service/eks/optimized-ami/1.31/amazon-linux-2023/x86_64/standard/recommended/image_id",
            FAR_BEHIND,
        ),
    ];
}

/// How long instances take, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// From launched to in service.
    pub pending: f64,
    /// From told to terminate to gone.
    pub terminating: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pending: 1.0, terminating: 1.0 }
    }
}

/// A running server.
pub struct Moto {
    served: Served,
}

impl Moto {
    /// moto with what AWS does and moto does not (`moto/moto_world.py`), and with the images of this module.
    pub fn start(pace: Pace) -> Result<Self> {
        let images: serde_json::Map<_, _> =
            images::PARAMETERS.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let environment = [
            ("PENDING_S", pace.pending.to_string()),
            ("TERMINATING_S", pace.terminating.to_string()),
            ("EKS_IMAGES", json!(images).to_string()),
            ("MOTO_AMIS_PATH", source("amis.json").display().to_string()),
        ];
        // Without assertions: one of moto's fails where a launch takes a later template version with user data.
        Self::run(&["-O".to_owned(), source("moto_world.py").display().to_string()], &environment)
    }

    /// moto as it was released: it judges the shape of requests and answers, and no behaviour.
    pub fn as_released() -> Result<Self> {
        Self::run(&["-c".to_owned(), "from moto.server import main; main()".to_owned()], &[])
    }

    fn run(python: &[String], environment: &[(&str, String)]) -> Result<Self> {
        let served = Served::start("moto", environment, |port| {
            let own = ["-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned);
            [python, &own].concat()
        })?;
        Ok(Self { served })
    }

    /// URL of the server.
    pub fn url(&self) -> &str {
        &self.served.url
    }
}

/// Path of a file that comes with this crate.
pub(super) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("moto").join(name)
}

/// A Python program that serves on a port of its own.
pub(super) struct Served {
    pub(super) url: String,
    // Dropped in this order: the program ends, then what would have ended it.
    _program: Program,
    _guard: Guard,
    _port: Port,
}

impl Served {
    /// Starts one and waits until it answers; `arguments` are those of `python3`, given the port.
    pub(super) fn start(
        name: &str,
        environment: &[(&str, String)],
        arguments: impl FnOnce(u16) -> Vec<String>,
    ) -> Result<Self> {
        let directory = temporary(name);
        let made = DirBuilder::new().mode(0o700).create(&directory);
        made.with_context(|| format!("cannot make {}", directory.display()))?;
        let guard = Guard::new(&directory, true)?;
        let port = Port::take()?;
        let log = directory.join("log");
        let mut program = Program::new("python3".into(), arguments(port.number), log, guard.group());
        program.environment(environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        program.start()?;
        let url = format!("http://127.0.0.1:{}", port.number);
        answers(name, &url, &mut program)?;
        Ok(Self { url, _program: program, _guard: guard, _port: port })
    }
}

fn answers(name: &str, url: &str, program: &mut Program) -> Result<()> {
    let begin = Instant::now();
    let wire = Wire::to(url);
    while wire.ask("GET", "/_microburst/health", ("accept", "*/*"), "").is_err() {
        if !program.running() {
            let said = program.said();
            bail!(
                "{name} has ended; `cargo xtask test` installs it for the python3 of target/clients/bin:\n{said}"
            );
        }
        if begin.elapsed() > PATIENCE {
            bail!("{name} does not answer after {} s:\n{}", PATIENCE.as_secs(), program.said());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Path of a new temporary directory.
fn temporary(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("replank-lab-{name}-{}-{count}", std::process::id()));
    // What a process with the same id left when the machine went down.
    drop(fs::remove_dir_all(&path));
    path
}
