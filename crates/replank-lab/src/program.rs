//! A program of the lab: started in the lab's process group, its output in a file.

use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Lines of output that errors show.
const LAST_LINES: usize = 12;

/// A program and its command line.
pub(crate) struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    group: i32,
    running: Option<Child>,
}

impl Program {
    /// A program that is not started.
    pub(crate) fn new(path: PathBuf, arguments: Vec<String>, log: PathBuf, group: i32) -> Self {
        Self { path, arguments, environment: Vec::new(), log, group, running: None }
    }

    /// Variables that it gets besides those of this process.
    pub(crate) fn environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment.extend(variables);
    }

    /// Starts it; does nothing when it runs.
    pub(crate) fn start(&mut self) -> Result<()> {
        if self.running() {
            return Ok(());
        }
        let log = || {
            let file = File::options().create(true).append(true).open(&self.log);
            file.with_context(|| format!("cannot write {}", self.log.display()))
        };
        let mut command = Command::new(&self.path);
        command.args(&self.arguments).process_group(self.group);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log()?).stderr(log()?);
        let child = command.spawn().with_context(|| format!("cannot start {}", self.path.display()))?;
        self.running = Some(child);
        Ok(())
    }

    /// Whether it runs.
    pub(crate) fn running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Kills it, as a crash would, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Asks it to end; kills it after `patience`.
    pub(crate) fn stop(&mut self, patience: Duration) -> Result<()> {
        if !self.running() {
            return Ok(());
        }
        self.signal("TERM")?;
        let begin = Instant::now();
        while self.running() && begin.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        Ok(())
    }

    /// Sends a signal by name; `STOP` and `CONT` make it hang and continue.
    pub(crate) fn signal(&mut self, name: &str) -> Result<()> {
        let Some(child) = &self.running else { bail!("{} does not run", self.path.display()) };
        let mut send = Command::new("sh");
        send.args(["-c", "kill -s \"$0\" \"$1\"", name, &child.id().to_string()]);
        let status = send.status().context("cannot start a shell")?;
        if !status.success() {
            bail!("{name} does not reach {}", self.path.display());
        }
        Ok(())
    }

    /// The last lines of its output.
    pub(crate) fn said(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
