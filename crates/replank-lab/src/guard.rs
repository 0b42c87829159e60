//! What ends a lab when nobody else can: a shell that waits for the end of a pipe. The other end is held by the
//! process that started the lab, and the system closes it however that process dies.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits until nobody holds the pipe, ends the process group `$1` and removes the directory `$2`, if there is one.
/// Signals are named with `-s`: other spellings of a group are refused by some shells.
/// The group is gone when no signal reaches it any more; who started it may need a moment to take note.
const WATCH: &str = r#"
trap '' HUP INT TERM QUIT
cat >/dev/null
kill -s KILL -- "-$1" 2>/dev/null
tries=0
while kill -s 0 -- "-$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// A process group that does not outlive this value, nor this process.
pub(crate) struct Guard {
    /// The first of the group; it does nothing until the group ends.
    leader: Child,
    watch: Child,
}

impl Guard {
    /// A group; when it ends, the directory is removed with it if `remove` says so.
    pub(crate) fn new(directory: &Path, remove: bool) -> Result<Self> {
        let leader = shell("cat >/dev/null", directory).context("cannot start a shell")?;
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "replank-lab-guard"]).arg(leader.id().to_string());
        watch.arg(if remove { directory.as_os_str() } else { "".as_ref() });
        let watch = apart(watch).spawn().context("cannot start a shell")?;
        Ok(Self { leader, watch })
    }

    /// The number of the group.
    pub(crate) fn group(&self) -> i32 {
        self.leader.id() as i32
    }

    /// Ends the group, whose own children were waited for before, and waits until all of it is gone.
    pub(crate) fn end(&mut self) {
        drop(self.leader.stdin.take());
        drop(self.leader.wait());
        drop(self.watch.stdin.take());
        drop(self.watch.wait());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end();
    }
}

/// The directory is there for those who look at the list of processes.
fn shell(script: &str, directory: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", script, "replank-lab-group"]).arg(directory);
    apart(command).spawn()
}

/// In a group of its own, so that a Ctrl-C on the terminal goes to the starter alone.
fn apart(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
