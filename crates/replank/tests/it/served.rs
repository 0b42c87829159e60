//! A `replank up` for tests: started in a directory of its own, spoken to by clients, ended with its test.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::tool::{Ran, command, ended, spawned};

/// How long anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);

/// A `replank up` in a directory of its own.
pub(crate) struct Up {
    child: Child,
    environment: Vec<(String, String)>,
    /// Where it is told of, so that commands know it and no other.
    state: PathBuf,
}

impl Up {
    /// Starts it and waits until it serves.
    pub(crate) fn start(directory: &Path, flags: &str) -> Self {
        Self::start_with_data(directory, "data", flags)
    }

    /// Starts one whose data is in that directory below `directory`, where it is told of too.
    pub(crate) fn start_with_data(directory: &Path, data: &str, flags: &str) -> Self {
        let arguments = format!("up --data {data} {flags}");
        let mut started = command(&arguments);
        let mut child = spawned(started.current_dir(directory).env("XDG_STATE_HOME", directory));
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let begins = lines.find_map(|line| line.ok().filter(|line| line.contains("Ctrl-C ends it.")));
        assert!(begins.is_some(), "it does not come up: {:?}", child.wait_with_output());
        let told = ended(command(&format!("env --data {data}")).current_dir(directory).output());
        assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
        let pairs = told.out.lines().map(|line| {
            let pair = line.strip_prefix("export ").and_then(|line| line.split_once('='));
            let (name, value) = pair.expect("an export");
            (name.to_owned(), value.to_owned())
        });
        let environment = pairs.collect();
        Self { child, environment, state: directory.to_owned() }
    }

    /// What `replank env` says of a variable.
    pub(crate) fn told(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|(told, _)| told == name);
        found.map(|(_, value)| value.as_str()).expect("a variable")
    }

    /// A program with its environment.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut client = Command::new(program);
        client.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        client.env("AWS_PAGER", "").env("PYTHONDONTWRITEBYTECODE", "1").env_remove("AWS_CA_BUNDLE");
        client
    }

    /// Runs a program with its environment; what it printed.
    pub(crate) fn client(&self, program: &str, arguments: &[&str]) -> String {
        let ran = ended(self.program(program, arguments).output());
        assert_eq!(ran.code, Some(0), "{program} {arguments:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs `aws` on the default node group; what a query finds.
    pub(crate) fn aws(&self, arguments: &str, query: &str) -> String {
        let (cluster, group) = (self.told("EKS_CLUSTER_NAME"), self.told("EKS_DEFAULT_MNG_NAME"));
        let arguments = arguments.replace("CLUSTER", cluster).replace("GROUP", group);
        let mut all: Vec<&str> = arguments.split_whitespace().collect();
        all.extend(["--query", query, "--output", "text"]);
        self.client("aws", &all).trim().to_owned()
    }

    /// A `replank` that speaks to it.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = command(arguments);
        let environment = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        command.envs(environment).env("XDG_STATE_HOME", &self.state);
        command
    }

    /// Runs a `replank` that speaks to it, to its end.
    pub(crate) fn replank(&self, arguments: &str) -> Ran {
        ended(self.command(arguments).output())
    }

    /// Runs one that must succeed and say nothing but its output.
    pub(crate) fn says(&self, arguments: &str) -> String {
        let ran = self.replank(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments}: {}", ran.out);
        ran.out
    }

    /// Waits until the default node group is at rest.
    pub(crate) fn until_active(&self) {
        let begun = Instant::now();
        let status = || {
            self.aws(
                "eks describe-nodegroup --cluster-name CLUSTER --nodegroup-name GROUP",
                "nodegroup.status",
            )
        };
        while status() != "ACTIVE" {
            assert!(begun.elapsed() < PATIENCE, "the node group never comes to rest");
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Waits until there are so many nodes; their names. The instance that leaves last may outlive the update a little.
    pub(crate) fn until_nodes(&self, count: usize) -> BTreeSet<String> {
        let begun = Instant::now();
        loop {
            let printed = self.client("kubectl", &["get", "nodes", "-o", "name"]);
            if printed.lines().count() == count {
                return printed.lines().map(|name| name.trim_start_matches("node/").to_owned()).collect();
            }
            assert!(begun.elapsed() < PATIENCE, "there are never {count} nodes: {printed}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Reads the embedded world's clock through the command.
    pub(crate) fn world_time(&self) -> Timestamp {
        let shown = self.says("world -o json");
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        shown["now"].as_str().and_then(|now| now.parse().ok()).expect("a time")
    }

    /// Lets minutes pass in a world that stands still, and waits until they have.
    pub(crate) fn advance(&self, minutes: i64) {
        let wanted = self.world_time() + SignedDuration::from_mins(minutes);
        self.says(&format!("world advance {minutes}m"));
        let begun = Instant::now();
        while self.world_time() < wanted {
            assert!(begun.elapsed() < PATIENCE, "the world never comes to {wanted}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Lets a world that stands still go on by the minute until something shows that may not last.
    pub(crate) fn advance_until(&self, what: &str, is_so: impl Fn() -> bool) {
        let mut minutes = 0;
        while !is_so() {
            assert!(minutes < 120, "in two hours of the world, never: {what}");
            self.advance(1);
            minutes += 1;
        }
    }

    /// Ends it, politely or not.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _left = self.child.wait();
    }
}
