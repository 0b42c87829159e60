//! A `replank up` for tests with the Rust clients of EKS and Kubernetes.
//!
//! The tests are in a crate of their own because those clients take long to compile: they are dependencies of these
//! tests only. The program under test is the `replank` that a test run of the workspace builds next to them; to run
//! them alone, name both: `cargo test -p replank -p replank-clients --test it`.
//!
//! | it does | it decides |
//! | --- | --- |
//! | starts, kills and ends a `replank up`, and tells its addresses | nothing |
//!
//! It must never know: the code of any of our crates.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running `replank up`.
#[derive(Debug)]
pub struct Up {
    child: Child,
    told: BTreeMap<String, String>,
}

impl Up {
    /// Starts one with its data in `directory` and waits until it serves. A new one uses free ports, an existing one
    /// those it had.
    pub fn start(directory: &Path, flags: &str) -> Result<Self> {
        let program = program()?;
        let mut up = Command::new(&program);
        up.args(["up", "--data", "data"]).args(flags.split_whitespace());
        if !directory.join("data").exists() {
            up.args(["--port", "0", "--kubernetes-port", "0"]);
        }
        up.current_dir(directory).env("XDG_STATE_HOME", directory).env_remove("REPLANK_DIE_AT");
        let mut child = up.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or_else(|| Error::other("no pipe"))?;
        let mut lines = BufReader::new(out).lines();
        if !lines.any(|line| line.is_ok_and(|line| line.contains("Ctrl-C ends it."))) {
            return Err(Error::other(format!("replank up does not come up: {:?}", child.wait()?)));
        }
        let mut env = Command::new(&program);
        let told = env.args(["env", "--data", "data"]).current_dir(directory).output()?;
        let told = String::from_utf8(told.stdout).map_err(Error::other)?;
        let pair = |line: &str| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        };
        Ok(Self { child, told: told.lines().filter_map(pair).collect() })
    }

    /// Value of a variable in `replank env`; empty when it has none.
    pub fn told(&self, name: &str) -> &str {
        self.told.get(name).map_or("", String::as_str)
    }

    /// Kills it, as a power failure would.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Asks it to end and returns its exit code.
    pub fn end(mut self) -> Result<Option<i32>> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        Ok(self.child.wait()?.code())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _nobody_left = self.child.wait();
    }
}

/// Path of the program, next to the directory of this test.
fn program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let directory = test.parent().and_then(Path::parent).unwrap_or(Path::new("."));
    let program = directory.join("replank");
    if !program.exists() {
        let said = format!("{} is missing: cargo test -p replank -p replank-clients", program.display());
        return Err(Error::other(said));
    }
    Ok(program)
}
