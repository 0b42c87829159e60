//! Nothing of a lab is left on the machine, however it ends.

use super::machine::{assert_gone, listens, processes_of};
use replank_lab::{Lab, Settings, build};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program behind `cargo xtask lab`.
fn program(arguments: &[&str], name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replank-lab"));
    command.args(arguments).arg("--name").arg(name);
    command
}

fn run(arguments: &[&str], name: &str) -> Output {
    program(arguments, name).output().unwrap()
}

fn unique(what: &str) -> (String, PathBuf) {
    let name = format!("{what}-{}", std::process::id());
    let directory = build::cache().join("run").join(&name);
    (name, directory)
}

/// Removes the lock of a name that is not used again.
fn forget(directory: &Path) {
    std::fs::remove_file(directory.with_extension("lock")).unwrap();
}

/// What the holder of a lab has noted: the address of the API server, and its own process.
fn noted(directory: &Path) -> (String, String) {
    let text = std::fs::read_to_string(directory.join("lab.json")).unwrap();
    let state: Value = serde_json::from_str(&text).unwrap();
    (state["server"].as_str().unwrap().to_owned(), state["process"].to_string())
}

#[test]
fn dropped() {
    let lab = Lab::start(&Settings::default()).unwrap();
    let (directory, server) = (lab.directory().to_path_buf(), lab.server().to_owned());
    assert!(listens(&server));
    // Five programs, the group's first and the shell that watches.
    assert_eq!(processes_of(&directory).len(), 7, "{:#?}", processes_of(&directory));
    drop(lab);
    assert!(processes_of(&directory).is_empty() && !directory.exists() && !listens(&server));
}

#[test]
fn up_then_down() {
    let (name, directory) = unique("down");
    let up = run(&["up", "--nodes", "2", "--zones", "us-west-2a,us-west-2b", "--join-seconds", "0"], &name);
    let said = String::from_utf8_lossy(&up.stdout);
    assert!(up.status.success(), "{said} {}", String::from_utf8_lossy(&up.stderr));
    assert!(said.contains("2 nodes Ready in us-west-2a, us-west-2b."), "{said}");
    let (server, _) = noted(&directory);
    let again = run(&["up"], &name);
    assert!(!again.status.success());
    let refused = String::from_utf8_lossy(&again.stderr);
    assert!(
        refused.contains("runs already") && refused.contains(&format!("lab down --name {name}")),
        "{refused}"
    );
    let status = Command::new(env!("CARGO_BIN_EXE_replank-lab")).arg("status").output().unwrap();
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(
        status.contains(&format!("lab {name}: Kubernetes v1.34.4, 2 of 2 nodes Ready, 0 pods, {server}")),
        "{status}"
    );
    let down = run(&["down"], &name);
    assert!(down.status.success(), "{}", String::from_utf8_lossy(&down.stderr));
    assert!(processes_of(&directory).is_empty() && !directory.exists() && !listens(&server));
    assert_eq!(String::from_utf8_lossy(&run(&["down"], &name).stdout), format!("no lab {name} runs\n"));
    forget(&directory);
}

#[test]
fn its_holder_was_killed() {
    let (name, directory) = unique("killed");
    assert!(run(&["up", "--nodes", "1", "--join-seconds", "0"], &name).status.success());
    let (server, process) = noted(&directory);
    assert!(listens(&server));
    assert!(Command::new("sh").args(["-c", "kill -9 \"$0\"", &process]).status().unwrap().success());
    assert_gone(&directory, &server);
    forget(&directory);
}

#[test]
fn its_starter_was_killed_before_it_was_up() {
    let (name, directory) = unique("early");
    let mut up = program(&["up", "--nodes", "1", "--join-seconds", "3600"], &name);
    let mut up = up.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(up.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|line| line.contains("https://")).unwrap();
    let server = line.split_once("https://").unwrap().1.split(';').next().unwrap().to_owned();
    assert!(listens(&server) && directory.exists());
    up.kill().unwrap();
    up.wait().unwrap();
    assert_gone(&directory, &server);
    forget(&directory);
}

#[test]
fn bad_wishes_are_named() {
    for (arguments, wanted) in [
        (["up", "--zones", "west"], "\"west\" is no zone"),
        (["up", "--zones", "9"], "1 to 6 zones"),
        (["up", "--nodes", "99999999"], "99999999 is not in 0..=20000"),
        (["up", "--join-seconds", "-1"], "unexpected argument '-1'"),
        (["up", "--stop-seconds", "x"], "a number from 0 to 3600"),
        (["up", "--name", "A b"], "lower case letters, digits and hyphens"),
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_replank-lab")).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(!out.status.success() && said.contains(wanted), "{arguments:?}: {said}");
    }
}
