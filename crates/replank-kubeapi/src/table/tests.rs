//! Cells as the real printers give them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{CustomColumns, Include, human_duration, render, render_custom};

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

const CREATED: &str = "2026-03-01T11:57:00Z";

/// The cells of one object, joined as a reader sees them.
fn line(kind: &str, mut object: Value) -> String {
    object["metadata"]["name"] = json!("x");
    object["metadata"]["creationTimestamp"] = json!(CREATED);
    let table = render(kind, &[object], now(), Include::Metadata);
    let cells = table["rows"][0]["cells"].as_array().unwrap();
    assert_eq!(cells.len(), table["columnDefinitions"].as_array().unwrap().len(), "{kind}: {cells:?}");
    let shown = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    cells.iter().map(shown).collect::<Vec<_>>().join(" | ")
}

#[test]
fn durations_are_read_in_two_units() {
    let table = [
        (-5, "<invalid>"),
        (-1, "0s"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (599, "9m59s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (7 * 3600 + 120, "7h2m"),
        (8 * 3600 + 120, "8h"),
        (48 * 3600, "2d"),
        (49 * 3600, "2d1h"),
        (8 * 86_400, "8d"),
        (2 * 365 * 86_400, "2y"),
        (2 * 365 * 86_400 + 86_400, "2y1d"),
        (9 * 365 * 86_400, "9y"),
    ];
    for (seconds, expected) in table {
        assert_eq!(human_duration(seconds), expected, "{seconds}");
    }
}

#[test]
fn pods_say_how_far_they_are() {
    let running = json!({"name": "c", "ready": true, "restartCount": 0, "state": {"running": {}}});
    let back_off = json!({"name": "c", "ready": false, "restartCount": 3,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"finishedAt": "2026-03-01T11:58:00Z"}}});
    let ended = |code: u8, reason: &str| json!({"name": "c", "restartCount": 0, "state": {"terminated": {"exitCode": code, "reason": reason}}});
    let status =
        |phase: &str, containers: &[&Value]| json!({"phase": phase, "containerStatuses": containers});
    let with = |mut status: Value, key: &str, value: Value| {
        status[key] = value;
        status
    };
    let waiting = json!({"state": {"waiting": {"reason": "ImagePullBackOff"}}});
    let starting = json!([{"name": "i", "state": {"waiting": {"reason": "PodInitializing"}}}]);
    let failing = json!([{"name": "i", "restartCount": 2, "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]);
    let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
    let ready = json!([{"type": "Ready", "status": "True"}]);
    let one = json!([{"name": "c"}]);
    let two = json!([{"name": "c"}, {"name": "d"}]);
    let table = [
        (&one, status("Pending", &[]), "0/1 | Pending | 0"),
        (&one, status("Running", &[&running]), "1/1 | Running | 0"),
        (&one, status("Running", &[&back_off]), "0/1 | CrashLoopBackOff | 3 (2m ago)"),
        (&one, status("Pending", &[&waiting]), "0/1 | ImagePullBackOff | 0"),
        (&one, status("Succeeded", &[&ended(0, "Completed")]), "0/1 | Completed | 0"),
        (&one, status("Failed", &[&ended(1, "Error")]), "0/1 | Error | 0"),
        (&one, status("Failed", &[&ended(137, "")]), "0/1 | ExitCode:137 | 0"),
        (&one, with(status("Failed", &[]), "reason", json!("Evicted")), "0/1 | Evicted | 0"),
        (&two, status("Running", &[&ended(0, "Completed"), &running]), "1/2 | NotReady | 0"),
        (
            &two,
            with(status("Running", &[&ended(0, "Completed"), &running]), "conditions", ready),
            "1/2 | Running | 0",
        ),
        (&one, with(status("Pending", &[]), "initContainerStatuses", starting), "0/1 | Init:0/1 | 0"),
        (&one, with(status("Pending", &[]), "initContainerStatuses", failing), "0/1 | Init:Error | 2"),
        (&one, with(status("Pending", &[]), "conditions", gated), "0/1 | SchedulingGated | 0"),
    ];
    for (containers, status, expected) in table {
        let pod =
            json!({"spec": {"containers": containers, "initContainers": [{"name": "i"}]}, "status": status});
        assert_eq!(line("Pod", pod), format!("x | {expected} | 3m | <none> | <none> | <none> | <none>"));
    }
}

#[test]
fn pods_that_leave_say_so() {
    for (phase, reason, expected) in
        [("Running", "", "Terminating"), ("Succeeded", "", "Succeeded"), ("Running", "NodeLost", "Unknown")]
    {
        let pod = json!({"metadata": {"deletionTimestamp": CREATED}, "spec": {"containers": [{}]},
            "status": {"phase": phase, "reason": reason}});
        assert!(line("Pod", pod).starts_with(&format!("x | 0/1 | {expected} | 0")), "{phase} {reason}");
    }
}

#[test]
fn pods_show_sidecars_and_gates() {
    let pod = json!({
        "spec": {"containers": [{"name": "c"}], "nodeName": "n1",
            "initContainers": [{"name": "s", "restartPolicy": "Always"}],
            "readinessGates": [{"conditionType": "a"}, {"conditionType": "b"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.7"}],
            "conditions": [{"type": "a", "status": "True"}, {"type": "b", "status": "False"}],
            "initContainerStatuses":
                [{"name": "s", "started": true, "ready": true, "restartCount": 1, "state": {"running": {}}}],
            "containerStatuses": [{"name": "c", "ready": true, "restartCount": 0, "state": {"running": {}}}]}});
    assert_eq!(line("Pod", pod), "x | 2/2 | Running | 1 | 3m | 10.0.0.7 | n1 | <none> | 1/2");
}

#[test]
fn nodes_say_whether_they_take_pods() {
    let table = [
        (json!([{"type": "Ready", "status": "True"}]), json!({}), "Ready"),
        (
            json!([{"type": "Ready", "status": "True"}]),
            json!({"unschedulable": true}),
            "Ready,SchedulingDisabled",
        ),
        (json!([{"type": "Ready", "status": "Unknown"}]), json!({}), "NotReady"),
        (json!([]), json!({"unschedulable": true}), "Unknown,SchedulingDisabled"),
    ];
    for (conditions, spec, expected) in table {
        let node = json!({"spec": spec, "status": {"conditions": conditions}});
        let rest = "<none> | <none> | <unknown> | <unknown> | <unknown>";
        assert_eq!(line("Node", node), format!("x | {expected} | <none> | 3m |  | {rest}"));
    }
    let labels = json!({"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "infra", "a": "b"});
    let node = json!({"metadata": {"labels": labels}, "status": {
        "addresses": [{"type": "InternalIP", "address": "10.1.1.1"}],
        "nodeInfo": {"kubeletVersion": "v1.33.1", "osImage": "Linux", "kernelVersion": "6.1",
            "containerRuntimeVersion": "containerd://2"}}});
    let expected =
        "x | Unknown | infra,worker | 3m | v1.33.1 | 10.1.1.1 | <none> | Linux | 6.1 | containerd://2";
    assert_eq!(line("Node", node), expected);
}

#[test]
fn workloads_count_their_pods() {
    let template =
        json!({"spec": {"containers": [{"name": "a", "image": "i:1"}, {"name": "b", "image": "j"}]}});
    let selector = json!({"matchLabels": {"b": "1", "a": "2"},
        "matchExpressions": [{"key": "c", "operator": "In", "values": ["y", "x"]}, {"key": "d", "operator": "DoesNotExist"}]});
    let spec = json!({"replicas": 3, "template": template, "selector": selector});
    let status = json!({"replicas": 4, "readyReplicas": 2, "updatedReplicas": 1, "availableReplicas": 2,
        "desiredNumberScheduled": 5, "currentNumberScheduled": 4, "numberReady": 3, "updatedNumberScheduled": 2,
        "numberAvailable": 1});
    let object = json!({"spec": spec, "status": status});
    let wide = "a,b | i:1,j | a=2,b=1,c in (x,y),!d";
    let table = [
        ("Deployment", format!("x | 2/3 | 1 | 2 | 3m | {wide}")),
        ("ReplicaSet", format!("x | 3 | 4 | 2 | 3m | {wide}")),
        ("StatefulSet", "x | 2/3 | 3m | a,b | i:1,j".to_owned()),
        ("DaemonSet", format!("x | 5 | 4 | 3 | 2 | 1 | <none> | 3m | {wide}")),
    ];
    for (kind, expected) in table {
        assert_eq!(line(kind, object.clone()), expected, "{kind}");
    }
}

#[test]
fn jobs_and_budgets_count_too() {
    let table = [
        (
            "Job",
            json!({"spec": {"completions": 3}, "status": {"succeeded": 1, "startTime": "2026-03-01T11:58:00Z"}}),
            "x | Running | 1/3 | 2m | 3m |  |  | <none>",
        ),
        (
            "Job",
            json!({"spec": {"parallelism": 2}, "status": {"succeeded": 1, "startTime": "2026-03-01T11:50:00Z",
            "completionTime": "2026-03-01T11:50:30Z", "conditions": [{"type": "Complete", "status": "True"}]}}),
            "x | Complete | 1/1 of 2 | 30s | 3m |  |  | <none>",
        ),
        (
            "CronJob",
            json!({"spec": {"schedule": "* * * * *", "suspend": false}, "status": {"active": [{}]}}),
            "x | * * * * * | <none> | False | 1 | <none> | 3m |  |  | <none>",
        ),
        (
            "PodDisruptionBudget",
            json!({"spec": {"minAvailable": "50%"}, "status": {"disruptionsAllowed": 2}}),
            "x | 50% | N/A | 2 | 3m",
        ),
        ("PodDisruptionBudget", json!({"spec": {"maxUnavailable": 1}}), "x | N/A | 1 | 0 | 3m"),
        (
            "ControllerRevision",
            json!({"revision": 2, "metadata": {"ownerReferences":
            [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "controller": true}]}}),
            "x | daemonset.apps/d | 2 | 3m",
        ),
        (
            "HorizontalPodAutoscaler",
            json!({"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "w"},
            "minReplicas": 2, "maxReplicas": 5, "metrics": [{"type": "Resource", "resource": {"name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 80}}}]}, "status": {"currentReplicas": 3}}),
            "x | Deployment/w | cpu: <unknown>/80% | 2 | 5 | 3 | 3m",
        ),
    ];
    for (kind, object, expected) in table {
        assert_eq!(line(kind, object), expected);
    }
}

#[test]
fn services_and_volumes_show_where_they_lead() {
    let table = [
        (
            "Service",
            json!({"spec": {"type": "ClusterIP", "clusterIPs": ["10.96.0.1"], "selector": {"a": "b"},
            "ports": [{"port": 443, "protocol": "TCP"}, {"port": 80, "nodePort": 30080, "protocol": "TCP"}]}}),
            "x | ClusterIP | 10.96.0.1 | <none> | 443/TCP,80:30080/TCP | 3m | a=b",
        ),
        (
            "Service",
            json!({"spec": {"type": "LoadBalancer"}}),
            "x | LoadBalancer | <none> | <pending> | <none> | 3m | <none>",
        ),
        (
            "EndpointSlice",
            json!({"addressType": "IPv4", "ports": [{"port": 80}],
            "endpoints": [{"addresses": ["a"]}, {"addresses": ["b"]}, {"addresses": ["c"]}, {"addresses": ["d"]}]}),
            "x | IPv4 | 80 | a,b,c + 1 more... | 3m",
        ),
        (
            "Endpoints",
            json!({"subsets": [{"addresses": [{"ip": "1.1.1.1"}], "ports": [{"port": 80}]}]}),
            "x | 1.1.1.1:80 | 3m",
        ),
        (
            "PersistentVolume",
            json!({"spec": {"capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteMany", "ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": "gp2",
            "claimRef": {"namespace": "d", "name": "c"}}, "status": {"phase": "Bound"}}),
            "x | 8Gi | RWO,RWX | Delete | Bound | d/c | gp2 | <unset> |  | 3m | <unset>",
        ),
        (
            "PersistentVolumeClaim",
            json!({"spec": {"volumeName": "v", "volumeMode": "Filesystem"}, "status":
            {"phase": "Bound", "capacity": {"storage": "8Gi"}, "accessModes": ["ReadWriteOnce"]}}),
            "x | Bound | v | 8Gi | RWO |  | <unset> | 3m | Filesystem",
        ),
        (
            "StorageClass",
            json!({"metadata": {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "ebs.csi.aws.com"}),
            "x (default) | ebs.csi.aws.com | Delete | Immediate | false | 3m",
        ),
    ];
    for (kind, object, expected) in table {
        assert_eq!(line(kind, object), expected);
    }
}

#[test]
fn events_are_told_alike_from_both_groups() {
    let old = json!({"type": "Normal", "reason": "Killing", "message": "Stopping\n", "count": 3,
        "involvedObject": {"kind": "Pod", "name": "p", "fieldPath": "spec"},
        "source": {"component": "kubelet", "host": "n1"},
        "firstTimestamp": "2026-03-01T11:50:00Z", "lastTimestamp": "2026-03-01T11:59:00Z"});
    let expected = "60s | Normal | Killing | pod/p | spec | kubelet, n1 | Stopping | 10m | 3 | x";
    assert_eq!(line("Event", old), expected);
    let new = json!({"type": "Warning", "reason": "FailedScheduling", "note": "none fits",
        "regarding": {"kind": "Pod", "name": "p"}, "reportingController": "default-scheduler",
        "eventTime": "2026-03-01T11:59:30.000001Z"});
    let expected =
        "29s | Warning | FailedScheduling | pod/p |  | default-scheduler | none fits | 29s | 1 | x";
    assert_eq!(line("Event", new), expected);
}

#[test]
fn other_kinds_have_few_columns() {
    let table = [
        ("Namespace", json!({"status": {"phase": "Active"}}), "x | Active | 3m"),
        ("ConfigMap", json!({"data": {"a": "1"}, "binaryData": {"b": ""}}), "x | 2 | 3m"),
        ("Secret", json!({"type": "Opaque", "data": {"a": ""}}), "x | Opaque | 1 | 3m"),
        ("ServiceAccount", json!({}), "x | 0 | 3m"),
        ("Lease", json!({"spec": {"holderIdentity": "h"}}), "x | h | 3m"),
        ("PriorityClass", json!({"value": 5, "preemptionPolicy": "Never"}), "x | 5 | false | 3m | Never"),
        ("ClusterRole", json!({}), "x | 2026-03-01T11:57:00Z"),
        ("CSINode", json!({"spec": {"drivers": [{}]}}), "x | 1 | 3m"),
        (
            "ResourceQuota",
            json!({"status": {"hard": {"pods": "9", "limits.cpu": "2"}, "used": {"pods": "1"}}}),
            "x | pods: 1/9 | limits.cpu: 0/2 | 3m",
        ),
        (
            "RoleBinding",
            json!({"roleRef": {"kind": "Role", "name": "r"}, "subjects":
            [{"kind": "User", "name": "u"}, {"kind": "ServiceAccount", "name": "s", "namespace": "n"}]}),
            "x | Role/r | 3m | u |  | n/s",
        ),
    ];
    for (kind, object, expected) in table {
        assert_eq!(line(kind, object), expected);
    }
}

#[test]
fn every_kind_has_a_cell_for_each_column() {
    for (_, kind, _) in crate::schema::Schema::builtin().kinds() {
        assert!(line(kind, json!({})).contains('x'), "{kind}");
    }
}

#[test]
fn custom_resources_have_the_columns_they_state() {
    let stated = json!([
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
        {"name": "Ports", "type": "string", "jsonPath": ".spec.ports[*].port", "priority": 1},
        {"name": "Label", "type": "string", "jsonPath": ".metadata.labels.x\\.io/a"},
        {"name": "First", "type": "integer", "jsonPath": ".spec['ports'][0].port"},
        {"name": "Since", "type": "date", "jsonPath": ".status.since"},
        {"name": "None", "type": "string", "jsonPath": ".status.none"}]);
    let object = json!({"metadata": {"name": "x", "labels": {"x.io/a": "l"}},
        "spec": {"size": 3, "ports": [{"port": 1}, {"port": 2}]},
        "status": {"since": CREATED, "conditions": [{"type": "Ready", "status": "True"}]}});
    let table = render_custom(&CustomColumns::new(Some(&stated)), &[object], now(), Include::None);
    let cells = json!(["x", 3, "True", "1,2", "l", 1, "3m", null]);
    assert_eq!(table["rows"], json!([{"cells": cells, "object": null}]));
    assert_eq!(table["columnDefinitions"][3]["priority"], 1);

    let plain = json!({"metadata": {"name": "x", "creationTimestamp": CREATED}});
    let table = render_custom(&CustomColumns::new(None), &[plain], now(), Include::Metadata);
    assert_eq!(table["rows"][0]["cells"], json!(["x", "3m"]));
}

#[test]
fn rows_carry_what_is_asked_for() {
    let pod = json!({"metadata": {"name": "x"}, "status": {"phase": "Succeeded"}});
    for (word, kind) in [("", json!("PartialObjectMetadata")), ("Object", Value::Null), ("None", Value::Null)]
    {
        let include = Include::of_query(word).unwrap();
        let row = render("Pod", std::slice::from_ref(&pod), now(), include)["rows"][0].clone();
        assert_eq!(row["object"]["kind"], kind);
        assert_eq!(row["object"].is_null(), word == "None");
        assert_eq!(row["conditions"][0]["type"], "Completed");
    }
    assert_eq!(Include::of_query("all"), None);
}
