//! Runs the binary, and gives each test a directory of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// What a finished run left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ran {
    /// Standard output as JSON lines.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
    }

    /// The summary at the end of `--output json`.
    pub(crate) fn summary(&self) -> Value {
        let last = self.json().pop().expect("output");
        assert_eq!(last["type"], "summary", "{last}");
        last["summary"].clone()
    }
}

/// The command with these arguments, its words divided by spaces.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
    command.args(arguments.split_whitespace()).stdin(Stdio::null()).env_remove("REPLANK_DIE_AT");
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &str) -> Ran {
    ended(command(arguments).output())
}

/// Runs the command to its end in a directory.
pub(crate) fn run_in(directory: &Path, arguments: &str) -> Ran {
    ended(command(arguments).current_dir(directory).output())
}

/// Runs the command with a text on standard input.
pub(crate) fn run_with(input: &str, arguments: &str) -> Ran {
    let mut child = spawned(command(arguments).stdin(Stdio::piped()));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("the command reads");
    drop(stdin);
    ended(child.wait_with_output())
}

/// Starts the command with pipes for its output.
pub(crate) fn spawned(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

/// What a run left.
pub(crate) fn ended(output: std::io::Result<Output>) -> Ran {
    let output = output.expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A directory that is gone with its test.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty directory under this name.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _not_there = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it, directories included.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}
