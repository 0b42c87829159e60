//! What a person does to an update under way: pause it, go on, cancel it, try a failed one again, by force. `aws
//! autoscaling` and `kubectl` are the witnesses of what it does and does not meanwhile.

use std::process::Command;
use std::time::{Duration, Instant};

use replank_lab::aws::{Group, images};
use serde_json::{Value, json};

use super::stage::{Stage, list};

/// How long nothing may happen while it is paused.
const STILL: Duration = Duration::from_secs(4);
const LIMITS: &str = "--limits join=1m,drain=8s,deregistrationDelay=1s,terminate=1m";

#[test]
fn an_update_is_paused_cancelled_tried_again_and_forced() {
    let zones = vec![format!("{}a", replank_lab::aws::REGION)];
    let stage = Stage::launch(Group { zones, ..Group::new("workers", 2) });
    let wish = format!("--image-id {} {LIMITS}", images::NEW);
    let queue = stage.account.aws("sqs create-queue --queue-name replank").unwrap();
    let queue = queue["QueueUrl"].as_str().unwrap().to_owned();
    stage.paused_then_cancelled(&format!("{wish} --events-queue {queue}"), &queue);
    stage.failed_then_forced(&wish);
}

impl Stage {
    fn paused_then_cancelled(&self, wish: &str, queue: &str) {
        let mut update = self.begin(wish);
        self.until("an old node to be closed", || self.told().contains("phase \"Upgrade\" begins"));
        self.says("pause");
        self.until("it to say so", || self.told().contains("paused"));
        // The node in work is finished; then nothing moves, and the old node that is left stays.
        self.until("the node in work to be gone", || self.told().contains("is gone"));
        self.until("it to stand still", || {
            let before = self.witnessed();
            std::thread::sleep(STILL);
            self.witnessed() == before
        });
        assert!(!self.members().is_disjoint(&self.old), "it goes on while it is paused: {}", self.told());
        self.looks_at_an_event(queue);
        self.says("cancel");
        assert_eq!(self.ended(&mut update), Some(3), "{}", self.told());
        self.until("the old size", || self.members().len() == 2);
        self.until("the nodes of the members alone", || self.instances_of_nodes() == self.members());
        assert!(!self.members().is_disjoint(&self.old), "old nodes stay: {}", self.told());
        self.nodes_are_open();
        self.is_given_back();
        let group = self.account.group(&self.group.name).unwrap();
        assert_eq!(group["LaunchTemplate"]["Version"], "1", "launches are those of before: {group}");
        assert!(self.serves());
        self.judge();
    }

    /// An event about the group makes a look due that would come a minute later; one about another group does not, and
    /// stays in the queue for whoever it is for.
    fn looks_at_an_event(&self, queue: &str) {
        let looks = || {
            let calls = self.faults.calls().unwrap();
            calls.iter().filter(|call| call.operation == "DescribeAutoScalingGroups").count()
        };
        let send = |group: &str| {
            let event =
                json!({"source": "aws.autoscaling", "detail": {"AutoScalingGroupName": group}}).to_string();
            let words = ["sqs", "send-message", "--queue-url", queue, "--message-body", &event];
            self.account.aws_with(&words).unwrap();
        };
        let before = looks();
        send("others");
        std::thread::sleep(STILL);
        assert_eq!(looks(), before, "{}", self.told());
        send("workers");
        let begun = Instant::now();
        self.until("a look", || looks() > before);
        assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
        let left = "--attribute-names ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible";
        let left = self.account.aws(&format!("sqs get-queue-attributes --queue-url {queue} {left}")).unwrap();
        let count = |key: &str| left["Attributes"][key].as_str().unwrap().parse::<u32>().unwrap();
        let all = count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesNotVisible");
        assert_eq!(all, 1, "{left}");
    }

    fn failed_then_forced(&self, wish: &str) {
        self.kubectl("patch poddisruptionbudget cart --type merge -p {\"spec\":{\"minAvailable\":2}}");
        assert_eq!(self.update(wish), Some(1), "a budget that allows nothing: {}", self.told());
        assert!(self.told().contains("PodEvictionFailure"), "{}", self.told());
        self.nodes_are_open();
        self.until("the old size", || self.members().len() == 2);
        self.is_given_back();
        let deletes = || {
            let asked = self.asked().into_iter();
            asked.filter(|it| it.verb() == "delete" && it.resource() == "pods").count()
        };
        assert_eq!(deletes(), 0, "not without force: {}", self.told());
        let force = "--clusterrole=replank-force --serviceaccount=default:replank";
        self.kubectl(&format!("create clusterrolebinding replank-force {force}"));
        assert_eq!(self.update(&format!("{wish} --force")), Some(0), "{}", self.told());
        assert!(deletes() > 0, "{}", self.told());
        self.is_replaced(images::NEW);
    }

    /// What `replank` does to the update in another terminal.
    fn says(&self, words: &str) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replank"));
        command.args([words, &self.group.name, "--data"]).arg(self.file("stage"));
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {said} {}", self.told());
    }

    /// The group as `aws` tells it, and the marks of the nodes as `kubectl` does.
    fn witnessed(&self) -> Value {
        let group = self.account.group(&self.group.name).unwrap();
        let instances: Vec<_> =
            list(&group["Instances"]).iter().map(|it| [&it["InstanceId"], &it["LifecycleState"]]).collect();
        let nodes: Value = serde_json::from_str(&self.kubectl("get nodes -o json")).unwrap();
        let marks: Vec<_> = list(&nodes["items"]).iter().map(|node| &node["spec"]).collect();
        json!({
            "sizes": (["MinSize", "DesiredCapacity", "MaxSize"].map(|key| group[key].clone())),
            "instances": instances, "marks": marks,
        })
    }
}
