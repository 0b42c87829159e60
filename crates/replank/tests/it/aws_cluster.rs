//! `replank upgrade cluster --cloud aws` against the EKS endpoint and the Kubernetes API of `replank up`, with the adapters
//! that a real cluster of EKS gets: killed in between, and its note of EKS's update lost. `aws` and `kubectl` are the witnesses.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::served::Up;
use crate::tool::{Ran, Scratch, ended};

const WORLD: &str = r#"
clusters:
- name: shop
  version: "1.32"
  addons: [kube-proxy, coredns]
  manifests: [proxy.yaml]
  nodeGroups:
  - {name: default, size: {min: 2, desired: 2, max: 4}, zones: [us-west-2a]}
"#;
/// kube-proxy as its owner installed it, with a request of his own.
const PROXY: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system, labels: {k8s-app: kube-proxy}}
spec:
  selector: {matchLabels: {k8s-app: kube-proxy}}
  template:
    metadata: {labels: {k8s-app: kube-proxy}}
    spec:
      hostNetwork: true
      priorityClassName: system-node-critical
      tolerations: [{operator: Exists}]
      containers:
      - name: kube-proxy
        image: 602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.32.0-minimal-eksbuild.2
        resources: {requests: {cpu: 77m}}
";
const UP: &str = "--port 0 --kubernetes-port 0 --world w.yaml --speed 60x";
const PATIENCE: Duration = Duration::from_mins(8);

struct Stage {
    scratch: Scratch,
    up: Up,
}

impl Stage {
    fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        scratch.write("w.yaml", WORLD);
        scratch.write("proxy.yaml", PROXY);
        let up = Up::start(scratch.path(), UP);
        Self { scratch, up }
    }

    fn data(&self) -> PathBuf {
        self.scratch.path().join("upgrade")
    }

    /// The guide's command for the plan of such a cluster, with more words.
    fn words(&self, more: &str) -> String {
        let (data, kubeconfig) = (self.data(), self.up.told("KUBECONFIG"));
        let here = format!("--kubeconfig {kubeconfig} --data {}", data.display());
        format!("{} {more}", of_guide().replace("--context prod", &here))
    }

    fn upgrade(&self, more: &str) -> Ran {
        self.up.replank(&self.words(more))
    }

    fn version(&self) -> String {
        self.up.aws("eks describe-cluster --name shop", "cluster.version")
    }

    fn why(&self) -> String {
        self.up.replank(&format!("why --data {}", self.data().display())).out
    }

    fn until(&self, what: &str, done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < PATIENCE, "never: {what}: {}", self.why());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// What the guide says for the plan of a cluster of EKS, without the name of the program.
fn of_guide() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/upgrading-a-cluster.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let begins = "replank upgrade cluster shop --context prod --cloud aws";
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with(begins)).collect();
    let [plan, act] = lines[..] else { unreachable!("a plan and an act: {lines:?}") };
    let words = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    assert_eq!(words(act), format!("{} --approve", words(plan)));
    words(plan).trim_start_matches("replank ").to_owned()
}

/// A plan says everything and changes nothing, and what is wrong is told with its way out.
fn is_planned(stage: &Stage) {
    let plan = stage.upgrade("");
    assert_eq!(plan.code, Some(0), "{}{}", plan.out, plan.err);
    // EKS calls an error what the fourth step mends, so it holds nothing up.
    let insight = "would stop working: eks-insight: insight \"EKS add-on version compatibility\" of EKS: ";
    assert!(plan.out.contains(insight), "{}", plan.out);
    for words in [
        "(plan) would upgrade cluster \"shop\" control plane from current version \"1.32\" to \"1.33\"\n",
        "2. upgrade the control plane from 1.32 to 1.33, about 10 min\n",
        "3. change the objects of kube-proxy to its version for 1.33",
        "4. update add-on coredns to its version for 1.33",
        "5. replace the nodes of node group default by nodes of 1.33",
        "no changes were applied, run again with '--approve' to apply the changes\n",
    ] {
        assert!(plan.out.contains(words), "{words}: {}{}", plan.out, plan.err);
    }
    for (more, said) in [
        ("--to 1.34", "Please upgrade to \"1.33\" first"),
        ("--to 1.31", "1.31"),
        ("--to 1.99", "control plane version \"1.99\" is not supported"),
        ("--world w.yaml", "AWS itself tells sizes and targets"),
        ("--skip-workers", "node groups default are of EKS"),
    ] {
        let ran = stage.upgrade(more);
        assert!(ran.code == Some(2) && ran.err.contains(said), "{more}: {}{}", ran.out, ran.err);
    }
    assert_eq!(stage.version(), "1.32");
}

#[test]
fn one_minor_of_a_cluster_of_eks_goes_by_though_it_is_killed_and_forgets() {
    let stage = Stage::new("aws-cluster");
    let up = &stage.up;
    up.aws(
        "eks create-addon --cluster-name shop --addon-name coredns --addon-version v1.11.4-eksbuild.2 \
         --resolve-conflicts OVERWRITE",
        "addon.status",
    );
    let addon = "eks describe-addon --cluster-name shop --addon-name coredns";
    stage.until("the add-on", || up.aws(addon, "addon.status") == "ACTIVE");
    is_planned(&stage);
    let approve = stage.words("--approve");
    let mut killed = up.command(&approve).stdout(Stdio::null()).spawn().expect("the command");
    stage.until("the control plane", || stage.why().contains("the control plane moves to 1.33, update "));
    killed.kill().expect("it runs");
    killed.wait().expect("it ends");
    // As if the answer of EKS had been lost: it is looked up, and not asked for again.
    std::fs::remove_file(stage.data().join("cluster-works.json")).expect("a note");
    let ran = stage.upgrade("--approve");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let last = "cluster \"shop\" control plane has been upgraded to version \"1.33\"\n";
    assert!(ran.out.ends_with(last), "{}", ran.out);
    let order = [
        "done: upgrade the control plane",
        "done: change the objects of kube-proxy",
        "done: update add-on coredns",
        "done: replace the nodes of node group default",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|words| ran.out.find(words)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}", ran.out);

    assert_eq!(stage.version(), "1.33");
    let moves = up.aws("eks list-updates --name shop", "updateIds");
    let is_move = |id: &&str| {
        let update = format!("eks describe-update --name shop --update-id {id}");
        up.aws(&update, "update.type") == "VersionUpdate"
    };
    assert_eq!(moves.split_whitespace().filter(is_move).count(), 1, "the control plane was moved once");
    let groups = up.aws("eks list-updates --name shop --nodegroup-name default", "updateIds");
    assert_eq!(groups.split_whitespace().count(), 1, "and so was the node group");
    assert_eq!(up.aws(addon, "addon.addonVersion"), "v1.13.2-eksbuild.4");
    let proxy = up.client("kubectl", &["-n", "kube-system", "get", "daemonset", "kube-proxy", "-o", "json"]);
    let proxy: Value = serde_json::from_str(&proxy).expect("JSON");
    let container = &proxy["spec"]["template"]["spec"]["containers"][0];
    let image = "602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/kube-proxy:v1.33.10-minimal-eksbuild.25";
    assert_eq!(
        (container["image"].as_str(), &container["resources"]["requests"]["cpu"]),
        (Some(image), &"77m".into())
    );
    let kubelets =
        up.client("kubectl", &["get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.kubeletVersion}"]);
    assert!(kubelets.split_whitespace().all(|kubelet| kubelet.starts_with("v1.33.")), "{kubelets}");
    somebody_else_moves_it(&stage);
    assert_eq!(stage.up.end("-TERM"), Some(0));
}

/// What somebody else is doing with the control plane is told and waited for, and what is there then is not done again.
fn somebody_else_moves_it(stage: &Stage) {
    let up = &stage.up;
    let id = up.aws("eks update-cluster-version --name shop --kubernetes-version 1.34", "update.id");
    let plan = stage.upgrade("");
    let said = format!("cluster shop is UPDATING already, by update {id} (VersionUpdate to 1.34)");
    assert!(plan.err.contains(&said), "{}{}", plan.out, plan.err);
    let ran = stage.upgrade("--approve --to 1.34");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(&said), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("nothing to do: upgrade the control plane"), "{}", ran.out);
    assert_eq!(stage.version(), "1.34");
}

#[test]
fn an_add_on_of_its_owner_that_does_not_come_up_is_put_back_and_tried_again() {
    let stage = Stage::new("aws-add-on");
    let up = &stage.up;
    let image = "jsonpath={$.spec.template.spec.containers[:1].image}";
    let image =
        || up.client("kubectl", &["-n", "kube-system", "get", "daemonset", "kube-proxy", "-o", image]);
    let before = image();
    // Its new pods ask for more than any node has.
    let patch = r#"{"spec":{"template":{"spec":{"containers":[{"name":"kube-proxy","resources":{"requests":{"cpu":"999"}}}]}}}}"#;
    up.client("kubectl", &["-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", patch]);
    let mut child = up
        .command(&stage.words("--approve --add-on-timeout 20s"))
        .stdout(Stdio::null())
        .spawn()
        .expect("the command");
    stage.until("the roll-out", || stage.why().contains("put back in "));
    stage.until("the stop", || stage.why().contains("did not become available"));
    assert_eq!(image(), before, "it is as it was");
    let why = stage.why();
    assert!(why.contains("everything is as it was") && why.contains("replank resume"), "{why}");
    up.client(
        "kubectl",
        &["-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", &patch.replace("999", "1m")],
    );
    let resumed = up.replank(&format!("resume --data {}", stage.data().display()));
    assert!(resumed.out.contains("goes on"), "{}{}", resumed.out, resumed.err);
    stage.until("the add-on", || image().contains("v1.33.10"));
    up.client("kill", &["-INT", &child.id().to_string()]);
    let left = child.wait().expect("a status");
    assert_eq!(left.code(), Some(3), "it is left, and goes on later");
    let _end = ended(up.command("why").output());
}
