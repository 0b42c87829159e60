//! Ends a lab when its process dies: a shell waits for the end of a pipe, whose other end that process holds and the
//! system closes however it dies.

use anyhow::{Context, Result};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the end of the pipe, kills process group `$1` and removes directory `$2`, if given. Signals are named with
/// `-s`, since some shells refuse other forms for a group. Then it waits until no signal reaches the group any more.
const WATCH: &str = r#"
trap '' HUP INT TERM QUIT
cat >/dev/null
kill -s KILL -- "-$1" 2>/dev/null
tries=0
while kill -s 0 -- "-$1" 2>/dev/null && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// A process group that ends with this value, and with this process.
pub(crate) struct Guard {
    /// Leader of the group; does nothing.
    leader: Child,
    watch: Child,
}

impl Guard {
    /// A new group; `remove` says whether the directory is removed when it ends.
    pub(crate) fn new(directory: &Path, remove: bool) -> Result<Self> {
        let leader = shell("cat >/dev/null", directory).context("cannot start a shell")?;
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "replank-lab-guard"]).arg(leader.id().to_string());
        watch.arg(if remove { directory.as_os_str() } else { "".as_ref() });
        let watch = apart(watch).spawn().context("cannot start a shell")?;
        Ok(Self { leader, watch })
    }

    /// Id of the group.
    pub(crate) fn group(&self) -> i32 {
        self.leader.id() as i32
    }

    /// Ends the group, whose own children were waited for before, and waits until it is gone.
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

/// A shell; the directory is an argument so that it shows in the list of processes.
fn shell(script: &str, directory: &Path) -> std::io::Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", script, "replank-lab-group"]).arg(directory);
    apart(command).spawn()
}

/// Puts a command in a process group of its own, so that Ctrl-C reaches the starter only.
fn apart(mut command: Command) -> Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
