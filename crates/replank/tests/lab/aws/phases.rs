//! A self-managed group gets the update that only managed ones have: planned, then through its four phases.

use replank_lab::aws::{Group, images};

use super::stage::{Stage, list};

#[test]
fn a_self_managed_group_goes_through_the_four_phases() {
    let stage = Stage::launch(Group::new("workers", 3));
    let planned = stage.upgrade(&format!("--image-id {}", images::NEW)).output().unwrap();
    let text = String::from_utf8(planned.stdout).unwrap();
    assert!(planned.status.success(), "{text} {}", String::from_utf8_lossy(&planned.stderr));
    assert!(text.contains("3 to replace"), "{text}");
    stage.images_are_looked_at();
    assert_eq!(stage.versions(), [1], "a plan makes nothing");
    stage.is_given_back();
    assert_eq!(stage.outdated().unwrap_or(0), 0, "the group launches what it runs, for now");

    stage.faults.forget().unwrap();
    let code = stage.update(&format!("--image-id {}", images::NEW));
    assert_eq!(code, Some(0), "{}", stage.told());
    let told = stage.told();
    for phase in ["Setup", "Scale up", "Upgrade", "Scale down"] {
        assert!(told.contains(phase), "{phase}: {told}");
    }
    stage.is_replaced(images::NEW);
    stage.judge();
    stage.is_carried_over();
    stage.calls_are_few(3);
    assert_eq!(stage.outdated().unwrap_or(0), 0, "others agree");
}

impl Stage {
    /// An image of another architecture or far behind is refused; of one that tells no Kubernetes the plan says so.
    fn images_are_looked_at(&self) {
        for (image, said) in [
            (images::ARM, "is for arm64, the instances of workers are x86_64"),
            (images::FAR_BEHIND, "is of Kubernetes 1.31, 3 minors behind what workers runs"),
        ] {
            let refused = self.upgrade(&format!("--image-id {image} --approve")).output().unwrap();
            let why = String::from_utf8(refused.stderr).unwrap();
            assert!(refused.status.code() == Some(2) && why.contains(said), "{image}: {why}");
        }
        let planned = self.upgrade(&format!("--image-id {}", images::OWN)).output().unwrap();
        let text = String::from_utf8(planned.stdout).unwrap();
        let unknown = format!("cannot tell which Kubernetes image {} carries", images::OWN);
        assert!(planned.status.success() && text.contains(&unknown), "{text}");
        assert!(text.contains("a kubelet that 1.34 does not serve ends the update"), "{text}");
    }

    /// Security group, tags and user data are those of before.
    fn is_carried_over(&self) {
        let asked = "ec2 describe-instances --filters Name=instance-state-name,Values=running";
        let told = self.account.aws(asked).unwrap();
        for instance in list(&told["Reservations"]).iter().flat_map(|it| list(&it["Instances"])) {
            assert_eq!(instance["SecurityGroups"][0]["GroupId"], *self.made.security_group, "{instance}");
            assert_eq!(list(&instance["SecurityGroups"]).len(), 1, "{instance}");
            let tags = list(&instance["Tags"]);
            let has = |key: &str| tags.iter().any(|tag| tag["Key"] == key);
            assert!(has("team") && has("kubernetes.io/cluster/lab"), "{tags:?}");
        }
        let template = &self.made.template;
        let versions = format!("ec2 describe-launch-template-versions --launch-template-id {template}");
        let told = self.account.aws(&versions).unwrap();
        let data: Vec<_> =
            list(&told["LaunchTemplateVersions"]).iter().map(|it| &it["LaunchTemplateData"]).collect();
        assert_eq!(data.len(), 2, "{told}");
        for kept in
            ["UserData", "BlockDeviceMappings", "MetadataOptions", "TagSpecifications", "InstanceType"]
        {
            assert_eq!(data[0][kept], data[1][kept], "{kept}");
        }
    }

    /// For N nodes at most 2N + 40 calls of AWS.
    pub(super) fn calls_are_few(&self, nodes: usize) {
        let calls = self.faults.calls().unwrap();
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        calls.iter().for_each(|call| *counts.entry(&call.operation).or_default() += 1);
        println!("{} calls for {nodes} nodes: {counts:?}", calls.len());
        assert!(calls.len() <= 2 * nodes + 40, "{} calls: {counts:?}", calls.len());
    }
}
