//! What others say about a group: `eks-rolling-update`, and the judge of this folder about an operator who is too quick.

use std::process::Command;

use replank_lab::aws::{Group, images};

use super::stage::Stage;

impl Stage {
    /// How many instances `eks-rolling-update --plan` takes for old; none where Python is too new for it.
    pub(super) fn outdated(&self) -> Option<usize> {
        let mut plan = Command::new("python3");
        plan.args(["-m", "eksrollup", "--cluster_name", "lab", "--plan"]);
        let output = self.account.lead(&mut plan).env("KUBECONFIG", self.lab.kubeconfig()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
        if said.contains("No module named") {
            println!(
                "eks-rolling-update is not there: it takes no Python from 3.12 on. Its verdict was not asked"
            );
            return None;
        }
        let found =
            said.lines().find_map(|line| line.split_once("Found ")?.1.strip_suffix(" outdated instances"));
        Some(found.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("no verdict: {said}")))
    }
}

/// No replank here: what the other tests of this folder rely on sees what it is there to see.
#[test]
fn an_instance_terminated_under_its_pods_is_seen_and_counted_by_others() {
    let stage = Stage::launch(Group::new("workers", 3));
    let template = &stage.made.template;
    assert_eq!(stage.outdated().unwrap_or(0), 0);
    let change = format!("ImageId={}", images::NEW);
    stage
        .account
        .aws(&format!(
            "ec2 create-launch-template-version --launch-template-id {template} --source-version 1 \
             --launch-template-data {change}"
        ))
        .unwrap();
    let update = "autoscaling update-auto-scaling-group --auto-scaling-group-name workers";
    stage.account.aws(&format!("{update} --launch-template LaunchTemplateId={template},Version=2")).unwrap();
    assert_eq!(stage.outdated().unwrap_or(3), 3);
    let one = stage.old.first().unwrap();
    let terminate =
        "autoscaling terminate-instance-in-auto-scaling-group --no-should-decrement-desired-capacity";
    stage.account.aws(&format!("{terminate} --instance-id {one}")).unwrap();
    stage.until("it to be replaced", || {
        let nodes = stage.instances_of_nodes();
        nodes.len() == 3 && !nodes.contains(one) && stage.members() == nodes
    });
    assert_eq!(stage.outdated().unwrap_or(2), 2);
    let (terminated, early) = stage.terminated_with_pods();
    assert_eq!((terminated.len(), early.len()), (1, 1), "{early:?}");
    assert_eq!(stage.versions(), [1, 2]);
    stage.is_given_back();
}
