//! What the guide pipes from `kubectl get` into the command, on objects that a real control plane prints.

use std::path::Path;
use std::process::Command;

use super::real::{Ship, text};

/// The page of the guide.
const GUIDE: &str = include_str!("../../../../../docs/guide/your-application.md");

/// Runs every such line of the guide; each comes to a verdict.
pub(crate) fn pipes_of_the_guide(ship: &Ship) {
    let is_pipe = |line: &&str| line.starts_with("kubectl get ") && line.contains("| replank ");
    let pipes: Vec<&str> = GUIDE.lines().filter(is_pipe).collect();
    assert!(!pipes.is_empty(), "the guide pipes nothing");
    let own = Path::new(env!("CARGO_BIN_EXE_replank")).parent().unwrap();
    let kubectl = ship.kubectl();
    let programs =
        [own, Path::new(kubectl.get_program()).parent().unwrap(), Path::new("/usr/bin"), Path::new("/bin")];
    for pipe in pipes {
        let mut shell = Command::new("sh");
        shell.args(["-c", pipe]).env("KUBECONFIG", ship.kubeconfig());
        let output = shell.env("PATH", std::env::join_paths(programs).unwrap()).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).contains("It would "), "{pipe}: {}", text(&output));
    }
}
