//! One group and everything that goes wrong with it: an image whose nodes never join, then an update that is killed between
//! template version, group, drain and termination while AWS throttles, loses answers and refuses credentials, and whose
//! instances a hook holds for an hour each; a vCPU limit. What is left behind at the end of each: nothing.

use replank_lab::aws::{Group, Joins, images};
use serde_json::{Value, json};

use super::stage::{Running, Stage};

/// A hook that nobody else answers.
const HOOK: &str = "autoscaling put-lifecycle-hook --auto-scaling-group-name workers --lifecycle-hook-name drained \
                    --lifecycle-transition autoscaling:EC2_INSTANCE_TERMINATING --heartbeat-timeout 3600";

#[test]
fn what_goes_wrong_leaves_nothing_behind() {
    let zones = vec![format!("{}a", replank_lab::aws::REGION)];
    let group = Group { zones, version: "$Latest".into(), ..Group::new("workers", 3) };
    let mut stage = Stage::launch(group);
    stage.account.aws(HOOK).unwrap();
    stage.note_before();
    stage.short_of_vcpus();
    stage.broken_image();
    stage.killed_under_faults();
}

impl Stage {
    /// A knob of `moto_world.py`.
    fn knob(&self, name: &str, value: &str) {
        let put =
            ["ssm", "put-parameter", "--overwrite", "--type", "String", "--name", name, "--value", value];
        self.account.aws_with(&put).unwrap();
    }

    /// A limit without room is named by the plan, and in the failure of an update that begins all the same.
    fn short_of_vcpus(&self) {
        self.knob("/moto-world/quota/L-1216C47A", "6");
        let planned = self.upgrade(&format!("--image-id {}", images::NEW)).output().unwrap();
        let text = String::from_utf8(planned.stdout).unwrap();
        assert!(text.contains("vCPU limit L-1216C47A of the account is 6, of which 6 are used"), "{text}");
        assert!(text.contains("request-service-quota-increase"), "{text}");
        let code = self.update(&format!("--image-id {} --limits join=15s,settle=1s", images::NEW));
        let told = self.told();
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("more vCPU capacity than your current vCPU limit of 6"), "{told}");
        self.knob("/moto-world/quota/L-1216C47A", "1152");
        self.is_as_before();
    }

    /// Nothing was touched, and what was made is gone.
    fn is_as_before(&self) {
        let told = self.told();
        self.until("the instances of the update to go", || self.members() == self.old);
        self.until("the nodes of before alone", || self.instances_of_nodes() == self.old);
        let evicted = self.asked().iter().filter(|event| event.resource() == "pods/eviction").count();
        assert_eq!(evicted, 0, "{told}");
        self.nodes_are_open();
        self.is_given_back();
        assert_eq!(self.launches(), "$Latest", "{told}");
    }

    fn broken_image(&self) {
        self.knob(
            "/moto-world/console",
            "boot\nnodeadm[1211]: failed to describe cluster lab: AccessDenied\n",
        );
        self.kubelets.image(images::OWN, Joins::Never);
        let code =
            self.update(&format!("--image-id {} --limits join=15s,deregistrationDelay=1s", images::OWN));
        let told = self.told();
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains("lines of the console of instance i-"), "{told}");
        assert!(told.contains("nodeadm[1211]: failed to describe cluster lab: AccessDenied"), "{told}");
        self.is_as_before();
        assert_eq!(self.versions(), [1], "the version of the update is taken away: {told}");
        assert!(self.serves());
    }

    fn killed_under_faults(&self) {
        let rules = faults();
        self.faults.rules(&rules).unwrap();
        let wish = format!("--image-id {}", images::NEW);
        // A version of the template, the group pointed at it, sizes; then guards, evictions and terminations.
        for boundary in ["performed:1", "performing:2", "performed:2", "performed:9"] {
            self.begin_and_die(&wish, boundary);
        }
        assert_eq!(self.update(&wish), Some(0), "{}", self.told());
        let calls = self.faults.calls().unwrap();
        for rule in rules {
            let operation = rule["operation"].as_str().unwrap();
            let met = calls.iter().filter(|call| call.operation == operation && call.fault.is_some()).count();
            assert!(met > 0, "{operation} met no fault: {}", self.told());
        }
        assert!(self.told().contains("ExpiredToken"), "it says so: {}", self.told());
        self.is_replaced(images::NEW);
        self.judge();
        assert_eq!(self.versions(), [1, 4], "one version, whatever was killed and lost");
    }

    /// Begins one that aborts, as a kill would, at a boundary of a turn, and waits until it is dead.
    fn begin_and_die(&self, words: &str, boundary: &str) {
        let mut running = Running(self.approved(words).env("REPLANK_DIE_AT", boundary).spawn().unwrap());
        let code = self.ended(&mut running);
        assert_eq!(code, None, "it was not killed at {boundary}: {}", self.told());
    }

    /// The version that the group names.
    fn launches(&self) -> String {
        let group = self.account.group(&self.group.name).unwrap();
        group["LaunchTemplate"]["Version"].as_str().unwrap_or_default().to_owned()
    }
}

fn faults() -> Vec<Value> {
    let refuse = |service: &str, operation: &str, code: &str, times: u32| json!({"service": service, "operation": operation, "error": {"code": code}, "times": times});
    let lose = |service: &str, operation: &str| json!({"service": service, "operation": operation, "response": {"abort_frac": 0.0}, "times": 1});
    vec![
        json!({"service": "autoscaling", "operation": "DescribeAutoScalingGroups",
            "error": {"code": "Throttling"}, "sequence": {"fail": 1, "pass": 6}, "times": 4}),
        refuse("ec2", "DescribeInstances", "RequestLimitExceeded", 1),
        lose("ec2", "CreateLaunchTemplateVersion"),
        refuse("autoscaling", "UpdateAutoScalingGroup", "ScalingActivityInProgress", 1),
        lose("autoscaling", "UpdateAutoScalingGroup"),
        refuse("autoscaling", "TerminateInstanceInAutoScalingGroup", "ResourceContention", 1),
        lose("autoscaling", "TerminateInstanceInAutoScalingGroup"),
        refuse("autoscaling", "TerminateInstanceInAutoScalingGroup", "ExpiredToken", 2),
    ]
}
