//! `replank up` in front of a real control plane: groups and their settings, and what our own commands do there.

use replank_lab::Part;
use serde_json::{Value, json};

use crate::served::Up;
use crate::yard::{WORLD, Yard};

const GROUP: &str = "--cluster-name CLUSTER --nodegroup-name GROUP";

/// Nodes of a group that are Ready, with their label and taint of a key.
fn dressed(yard: &Yard, group: &str, key: &str) -> Vec<(String, String)> {
    let of = |node: &Value| node["metadata"]["labels"]["eks.amazonaws.com/nodegroup"] == *group;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |node: &Value| {
        let taints = node["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let taint = taints.into_iter().find(|taint| taint["key"] == *key).unwrap_or_default();
        (text(&node["metadata"]["labels"][key]), text(&taint["effect"]))
    };
    yard.nodes().iter().filter(|node| of(node)).map(one).collect()
}

/// Changes the settings of the default group and waits until that is done.
fn configure(up: &Up, settings: &str) {
    let update = up.aws(&format!("eks update-nodegroup-config {GROUP} {settings}"), "update.id");
    up.until_active();
    let describe = "eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id";
    assert_eq!(up.aws(&format!("{describe} {update}"), "update.status"), "Successful", "{settings}");
}

/// Sizes, labels and taints reach nodes that are there and nodes to come; groups come with nodes and go without.
#[test]
fn settings_and_groups_reach_the_real_nodes() {
    let yard = Yard::new("real-up-groups");
    let up = yard.up();
    let shown = up.aws("eks describe-cluster --name CLUSTER", "cluster.[version,endpoint]");
    assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), ["1.34", yard.lab.server()]);

    configure(
        &up,
        "--labels addOrUpdateLabels={team=a} --taints addOrUpdateTaints=[{key=team,value=a,effect=PREFER_NO_SCHEDULE}]",
    );
    configure(&up, "--scaling-config minSize=3,desiredSize=4,maxSize=6");
    let wanted = ("a".to_owned(), "PreferNoSchedule".to_owned());
    yard.until("four dressed nodes", || dressed(&yard, "default", "team") == vec![wanted.clone(); 4]);
    assert_eq!(dressed(&yard, "other", "team"), [(String::new(), String::new())]);
    configure(&up, "--labels removeLabels=team --taints removeTaints=[{key=team,effect=PREFER_NO_SCHEDULE}]");
    assert!(dressed(&yard, "default", "team").iter().all(|one| *one == <(String, String)>::default()));
    let listed = up.says("get nodes --nodegroup default -o json");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed["nodes"].as_array().map(Vec::len), Some(4), "{listed}");

    let subnets = up.aws(&format!("eks describe-nodegroup {GROUP}"), "nodegroup.subnets");
    let made = "--cluster-name CLUSTER --nodegroup-name made";
    let create = format!(
        "eks create-nodegroup {made} --node-role arn:aws:iam::111122223333:role/n --subnets {subnets} \
         --scaling-config minSize=1,desiredSize=2,maxSize=3 --labels tier=made"
    );
    assert_eq!(up.aws(&create, "nodegroup.status"), "CREATING");
    let status = || up.aws(&format!("eks describe-nodegroup {made}"), "nodegroup.status");
    yard.until("the new group", || status() == "ACTIVE");
    let labelled = dressed(&yard, "made", "tier");
    assert!(labelled.len() == 2 && labelled.iter().all(|(label, _)| label == "made"), "{labelled:?}");
    assert_eq!(up.aws(&format!("eks delete-nodegroup {made}"), "nodegroup.status"), "DELETING");
    let groups = || up.aws("eks list-nodegroups --cluster-name CLUSTER", "nodegroups");
    yard.until("the group is gone", || {
        groups().split_whitespace().collect::<Vec<_>>() == ["default", "other"]
    });
    assert!(dressed(&yard, "made", "tier").is_empty());

    for refused in
        ["delete-cluster --name CLUSTER", "update-cluster-version --name CLUSTER --kubernetes-version 1.35"]
    {
        let line = format!("eks {refused}").replace("CLUSTER", up.told("EKS_CLUSTER_NAME"));
        let ran = up.program("aws", &line.split_whitespace().collect::<Vec<_>>()).output().unwrap();
        let said = String::from_utf8(ran.stderr).unwrap();
        assert!(!ran.status.success() && said.contains("stands in front of one real cluster"), "{said}");
    }
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A budget that lets nothing go is named by `why` and by Events; the update pauses, resumes, and ends once it does.
#[test]
fn our_own_commands_and_the_events_of_a_real_cluster() {
    let yard = Yard::new("real-up-why");
    let budget = "/apis/policy/v1/namespaces/default/poddisruptionbudgets/web";
    let allow = |count: u32| {
        yard.lab.api().merge(budget, &json!({"spec": {"maxUnavailable": count}})).unwrap();
    };
    allow(0);
    let up = yard.up();
    let plan = up.replank("upgrade nodegroup default");
    assert_eq!(plan.code, Some(4), "{}{}", plan.out, plan.err);
    assert!(plan.out.contains("default/web"), "{}", plan.out);
    let begun = up.replank("upgrade nodegroup default --approve --no-wait");
    assert_eq!(begun.code, Some(0), "{}{}", begun.out, begun.err);
    yard.until("the wait is named", || up.replank("why default").out.contains("default/web"));
    yard.until("the node tells of it", || {
        let mut kubectl = yard.lab.kubectl();
        let told = kubectl.args(["describe", "nodes"]).output().unwrap();
        let told = String::from_utf8(told.stdout).unwrap();
        told.contains("replank") && told.contains("Replacing")
    });
    yard.until("the pod tells of it", || {
        let events = yard.lab.api().get("/api/v1/namespaces/default/events").unwrap();
        let of_budget = |event: &&Value| event["reason"] == "BudgetNeverAllowsEviction";
        events["items"].as_array().unwrap().iter().filter(of_budget).count() == 1
    });
    assert_eq!(up.replank("pause default").code, Some(0));
    yard.until("it is paused", || up.replank("why default").out.contains("pause"));
    assert_eq!(up.replank("resume default").code, Some(0));
    allow(1);
    let followed = up.replank("follow default");
    assert_eq!(followed.code, Some(0), "{}{}", followed.out, followed.err);
    let history = up.says("history default");
    assert!(history.contains("drained"), "{history}");
    assert!(yard.ours().is_disjoint(&yard.old));
    assert_eq!(up.end("-TERM"), Some(0));
}

/// Zones without room show in the health of the group, and its nodes come once there is some.
#[test]
fn a_short_zone_shows_in_the_health_of_a_real_group() {
    let yard = Yard::new("real-up-health");
    let up = yard.up();
    for zone in ["us-west-2a", "us-west-2b", "us-west-2c"] {
        up.says(&format!("world do zone-capacity zone={zone} instances=0"));
    }
    let refused = up.replank("world do node-dies node=x");
    assert!(refused.code != Some(0) && refused.err.contains("the cluster is a real one"), "{}", refused.err);
    let resize = "--scaling-config minSize=3,desiredSize=4,maxSize=6";
    up.aws(&format!("eks update-nodegroup-config {GROUP} {resize}"), "update.id");
    let issue = || up.aws(&format!("eks describe-nodegroup {GROUP}"), "nodegroup.health.issues[0].code");
    yard.until("the health tells", || issue() == "AsgInstanceLaunchFailures");
    for zone in ["us-west-2a", "us-west-2b", "us-west-2c"] {
        up.says(&format!("world do zone-capacity zone={zone} instances=9"));
    }
    yard.until("the fourth node", || yard.ours().len() == 4);
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A node that joins and never becomes Ready shows in the health of the group until it does.
#[test]
fn a_node_that_does_not_become_ready_shows_in_the_health_of_a_real_group() {
    let yard = Yard::new("real-up-unready");
    yard.scratch
        .write("world.yaml", WORLD.replace("deregistrationDelay: 1s", "deregistrationDelay: 1s, join: 10s"));
    let up = yard.up();
    yard.lab.hang(Part::Kubelets).unwrap();
    let resize = "--scaling-config minSize=3,desiredSize=4,maxSize=6";
    up.aws(&format!("eks update-nodegroup-config {GROUP} {resize}"), "update.id");
    yard.until("the fourth node is registered", || yard.ours().len() == 4);
    let new = yard.ours().difference(&yard.old).next().unwrap().clone();
    let node = yard.lab.api().get(&format!("/api/v1/nodes/{new}")).unwrap();
    let instance = node["spec"]["providerID"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let issues = || up.aws(&format!("eks describe-nodegroup {GROUP}"), "nodegroup.health.issues");
    yard.until("the health tells", || issues().contains("Unhealthy nodes in the kubernetes cluster"));
    let told = up.aws(
        &format!("eks describe-nodegroup {GROUP}"),
        "nodegroup.health.issues[?contains(message, 'Unhealthy')].[code,resourceIds[]][]",
    );
    assert_eq!(told.split_whitespace().collect::<Vec<_>>(), ["NodeCreationFailure", &instance], "{told}");
    yard.lab.go_on(Part::Kubelets).unwrap();
    yard.until("the health is well", || !issues().contains("NodeCreationFailure"));
    up.until_active();
    assert_eq!(up.end("-TERM"), Some(0));
}

/// A group that another process acts on is waited for, and the wait says who that is.
#[test]
fn a_group_of_another_process_is_waited_for() {
    let yard = Yard::new("real-up-lease");
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "replank-default"},
        "spec": {
            "holderIdentity": "somebody-else", "leaseDurationSeconds": 40,
            "renewTime": format!("{:.6}", jiff::Timestamp::now()),
        },
    });
    let leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
    yard.lab.api().create(leases, &lease).unwrap();
    // It lives as long as it takes to look.
    let renew = || {
        let now = json!({"spec": {"renewTime": format!("{:.6}", jiff::Timestamp::now())}});
        yard.lab.api().merge(&format!("{leases}/replank-default"), &now).unwrap();
    };
    let up = yard.up();
    renew();
    let update = up.aws(&format!("eks update-nodegroup-version {GROUP}"), "update.id");
    yard.until("the other one is named", || {
        renew();
        up.replank("why default").out.contains("somebody-else acts on")
    });
    assert_eq!(yard.ours(), yard.old, "nothing is done meanwhile");
    // It says nothing any more, and is dead.
    up.until_active();
    let describe = "eks describe-update --name CLUSTER --nodegroup-name GROUP --update-id";
    assert_eq!(up.aws(&format!("{describe} {update}"), "update.status"), "Successful");
    assert!(yard.ours().is_disjoint(&yard.old));
    assert_eq!(up.end("-TERM"), Some(0));
}
