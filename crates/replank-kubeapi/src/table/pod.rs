//! Pods, with their status in one word.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::age::{human_duration, seconds, time};
use super::cell::{Subject, list, or, text};

/// Condition `Completed` of rows for pods that will not run again; clients may gray them out.
pub(super) fn condition(pod: &Value) -> Option<Value> {
    let (reason, message) = match pod["status"]["phase"].as_str()? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!({"type": "Completed", "status": "True", "reason": reason, "message": message}))
}

/// Totals over the containers.
#[derive(Default)]
struct Tally {
    status: String,
    ready: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
    sidecar_restarts: i64,
    last_sidecar_restart: Option<Timestamp>,
    is_initializing: bool,
}

pub(super) fn cells(pod: Subject<'_>) -> Vec<Value> {
    let mut tally = Tally { status: first_word(pod), ..Tally::default() };
    tally.count_init_containers(pod);
    if !tally.is_initializing || has_condition(pod, "Initialized") {
        tally.count_containers(pod);
    }
    let is_leaving = !pod.at("metadata.deletionTimestamp").is_null();
    let is_over = matches!(pod.at("status.phase").as_str(), Some("Succeeded" | "Failed"));
    if is_leaving && pod.at("status.reason") == "NodeLost" {
        "Unknown".clone_into(&mut tally.status);
    } else if is_leaving && !is_over {
        "Terminating".clone_into(&mut tally.status);
    }
    let sidecars = list(pod.at("spec.initContainers")).iter().filter(|it| is_sidecar(it)).count();
    let total = list(pod.at("spec.containers")).len() + sidecars;
    let address = text(&list(pod.at("status.podIPs")).first().map_or(Value::Null, |it| it["ip"].clone()));
    vec![
        pod.name(),
        Value::from(format!("{}/{total}", tally.ready)),
        Value::from(tally.status.clone()),
        Value::from(tally.restarts_text(pod.now)),
        pod.age(),
        Value::from(or(address, "<none>")),
        Value::from(pod.text_or("spec.nodeName", "<none>")),
        Value::from(pod.text_or("status.nominatedNodeName", "<none>")),
        Value::from(readiness_gates(pod)),
    ]
}

fn first_word(pod: Subject<'_>) -> String {
    let is_gated = |it: &&Value| it["type"] == "PodScheduled" && it["reason"] == "SchedulingGated";
    if list(pod.at("status.conditions")).iter().find(is_gated).is_some() {
        return "SchedulingGated".to_owned();
    }
    or(pod.text("status.reason"), &pod.text("status.phase"))
}

fn is_sidecar(container: &Value) -> bool {
    container["restartPolicy"] == "Always"
}

fn has_condition(pod: Subject<'_>, wanted: &str) -> bool {
    list(pod.at("status.conditions")).iter().any(|it| it["type"] == wanted && it["status"] == "True")
}

fn last_end(status: &Value) -> Option<Timestamp> {
    time(&status["lastState"]["terminated"]["finishedAt"])
}

/// Why a container ended, in one word.
fn end_reason(ended: &Value) -> String {
    match (ended["reason"].as_str(), ended["signal"].as_i64()) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", ended["exitCode"].as_i64().unwrap_or(0)),
    }
}

impl Tally {
    /// Counts init containers, up to the first one that is not done.
    fn count_init_containers(&mut self, pod: Subject<'_>) {
        let specs = list(pod.at("spec.initContainers"));
        for (index, status) in list(pod.at("status.initContainerStatuses")).iter().enumerate() {
            let is_sidecar = specs.iter().any(|it| it["name"] == status["name"] && is_sidecar(it));
            let restarts = status["restartCount"].as_i64().unwrap_or(0);
            self.restarts += restarts;
            self.last_restart = self.last_restart.max(last_end(status));
            if is_sidecar {
                self.sidecar_restarts += restarts;
                self.last_sidecar_restart = self.last_sidecar_restart.max(last_end(status));
            }
            let ended = &status["state"]["terminated"];
            let waits_for = text(&status["state"]["waiting"]["reason"]);
            if ended.is_object() && ended["exitCode"].as_i64().unwrap_or(0) == 0 {
                continue;
            }
            if is_sidecar && status["started"] == true {
                self.ready += usize::from(status["ready"] == true);
                continue;
            }
            self.status = if ended.is_object() {
                format!("Init:{}", end_reason(ended))
            } else if !waits_for.is_empty() && waits_for != "PodInitializing" {
                format!("Init:{waits_for}")
            } else {
                format!("Init:{index}/{}", specs.len())
            };
            self.is_initializing = true;
            return;
        }
    }

    /// Counts containers from last to first, so that the first one determines the status.
    fn count_containers(&mut self, pod: Subject<'_>) {
        self.restarts = self.sidecar_restarts;
        self.last_restart = self.last_sidecar_restart;
        let mut has_running = false;
        for status in list(pod.at("status.containerStatuses")).iter().rev() {
            self.restarts += status["restartCount"].as_i64().unwrap_or(0);
            self.last_restart = self.last_restart.max(last_end(status));
            let waits_for = text(&status["state"]["waiting"]["reason"]);
            let ended = &status["state"]["terminated"];
            if !waits_for.is_empty() {
                self.status = waits_for;
            } else if ended.is_object() {
                self.status = end_reason(ended);
            } else if status["ready"] == true && status["state"]["running"].is_object() {
                has_running = true;
                self.ready += 1;
            }
        }
        if self.status == "Completed" && has_running {
            let word = if has_condition(pod, "Ready") { "Running" } else { "NotReady" };
            word.clone_into(&mut self.status);
        }
    }

    fn restarts_text(&self, now: Timestamp) -> String {
        match self.last_restart {
            Some(last) if self.restarts != 0 => {
                format!("{} ({} ago)", self.restarts, human_duration(seconds(last, now)))
            }
            _ => self.restarts.to_string(),
        }
    }
}

fn readiness_gates(pod: Subject<'_>) -> String {
    let gates = list(pod.at("spec.readinessGates"));
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let holds =
        |gate: &&Value| gate["conditionType"].as_str().is_some_and(|wanted| has_condition(pod, wanted));
    format!("{}/{}", gates.iter().filter(holds).count(), gates.len())
}
