//! A kill of `replank up` takes nothing back: whatever a client saw before it is so afterwards, or changed since.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::{PATIENCE, Up};
use crate::tool::Scratch;

/// What a client knows of an object: its version, its place and when it was created.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    version: u64,
    place: String,
    created: String,
}

/// What a watch told, by uid; how far it came, and the last events.
#[derive(Default)]
struct Told {
    known: BTreeMap<String, Known>,
    /// Uids of what is gone.
    gone: BTreeSet<String>,
    version: u64,
}

fn version(object: &Value) -> u64 {
    object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).expect("a version")
}

impl Told {
    /// Takes in events as `kubectl` and the wire write them, one after the other. A kill may cut the last one off.
    fn follow(&mut self, text: &str) {
        for event in serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok) {
            let (kind, object) = (event["type"].as_str().expect("a type"), &event["object"]);
            assert_ne!(kind, "ERROR", "{event}");
            self.version = self.version.max(version(object));
            let (uid, known) = known(object);
            if kind == "DELETED" {
                self.known.remove(&uid);
                self.gone.insert(uid);
            } else {
                self.known.insert(uid, known);
            }
        }
    }
}

fn known(object: &Value) -> (String, Known) {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    let place = format!("{}/{}", text("namespace"), text("name"));
    (text("uid"), Known { version: version(object), place, created: text("creationTimestamp") })
}

/// `kubectl` watching a kind, into a file.
fn watching(up: &Up, kind: &str, file: &Path) -> Child {
    let arguments = ["get", kind, "-A", "--watch", "--output-watch-events", "-o", "json"];
    let out = File::create(file).expect("a file");
    up.program("kubectl", &arguments).stdout(out).stderr(Stdio::null()).spawn().expect("kubectl runs")
}

#[test]
fn takes_nothing_back_that_was_seen() {
    let scratch = Scratch::new("killed");
    let kinds = [("nodes", "/api/v1/nodes"), ("pods", "/api/v1/pods"), ("events", "/api/v1/events")];
    let file = |kind: &str| scratch.path().join(format!("{kind}.json"));
    let read = |kind: &str| fs::read_to_string(file(kind)).unwrap_or_default();
    let mut up = Up::start(scratch.path(), "--speed 60x --port 0 --kubernetes-port 0");
    for round in 0..3 {
        let watches: Vec<Child> = kinds.iter().map(|(kind, _)| watching(&up, kind, &file(kind))).collect();
        let until = |is_so: &dyn Fn() -> bool, what: &str| {
            let begun = Instant::now();
            while !is_so() {
                assert!(begun.elapsed() < PATIENCE, "round {round}: {what}");
                std::thread::sleep(Duration::from_millis(50));
            }
        };
        until(&|| kinds.iter().all(|(kind, _)| read(kind).contains('\n')), "no watch begins");
        match round {
            0 => drop(up.aws(
                "eks update-nodegroup-version --cluster-name CLUSTER --nodegroup-name GROUP",
                "update.id",
            )),
            // The update may be over by then: something happens in any case.
            _ => drop(up.client("kubectl", &["-n", "shop", "rollout", "restart", "deployment"])),
        }
        let is_under_way = || match round {
            0 => read("nodes").contains("\"unschedulable\":true"),
            _ => read("pods").matches("\"MODIFIED\"").count() > 5,
        };
        until(&is_under_way, "nothing happens");
        assert_eq!(up.end("-KILL"), None);
        for mut watch in watches {
            let _ended_already = watch.kill();
            watch.wait().expect("it ends");
        }

        up = Up::start(scratch.path(), "--speed 60x");
        for (kind, path) in kinds {
            let mut told = Told::default();
            told.follow(&read(kind));
            assert!(told.known.len() >= 3, "round {round}: {kind}: {:?}", told.known);
            let before = told.version;
            let list: Value =
                serde_json::from_str(&up.client("kubectl", &["get", "--raw", path])).expect("JSON");
            let listed = version(&list);
            assert!(listed >= before, "round {round}: {kind} went back from {before} to {listed}");
            // The watch goes on where it was, and comes to what is listed.
            let watch = format!("{path}?watch=true&resourceVersion={before}&timeoutSeconds=1");
            let went_on = up.client("kubectl", &["get", "--raw", &watch]);
            told.follow(&went_on);
            // What changed after the list as well is told in one event.
            let mut now: BTreeMap<_, _> =
                list["items"].as_array().expect("items").iter().map(known).collect();
            let changed = |known: &Known| known.version > listed;
            let later: BTreeSet<String> =
                told.known.iter().filter(|(_, known)| changed(known)).map(|(uid, _)| uid.clone()).collect();
            now.retain(|uid, _| !later.contains(uid) && !told.gone.contains(uid));
            told.known.retain(|uid, _| !later.contains(uid));
            let lost: Vec<_> =
                told.known.iter().filter(|(uid, known)| now.get(*uid) != Some(known)).collect();
            let new: Vec<_> = now.iter().filter(|(uid, known)| told.known.get(*uid) != Some(known)).collect();
            assert!(
                lost.is_empty() && new.is_empty(),
                "round {round}: {kind} after {before}: {lost:?} is {new:?}"
            );
        }
    }
    up.until_active();
    assert_eq!(up.end("-TERM"), Some(0));
}
