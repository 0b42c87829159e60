//! An Auto Scaling group keeps to the contract of clouds. The adapter finds the account as every AWS tool does, by the
//! environment, which is that of a whole process: so the check is a test of its own that only this one starts.

use std::process::Command;
use std::sync::Arc;

use replank_aws::{Access, Aws, AwsCloud};
use replank_core::names::ImageId;
use replank_harness::cloud_contract::{CloudUnderTest, check};
use replank_lab::aws::{Account, Group, Moto, Pace, images};

const PACE: Pace = Pace { pending: 0.5, terminating: 0.5 };

struct Scaling(AwsCloud);

impl CloudUnderTest for Scaling {
    type Port = AwsCloud;

    fn port(&mut self) -> &mut AwsCloud {
        &mut self.0
    }

    async fn pass(&mut self) {
        self.0.look_soon();
        // The least pause between two looks.
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    }
}

#[test]
fn an_auto_scaling_group_keeps_to_the_contract() {
    let moto = Moto::start(PACE).unwrap();
    let account = Account::at(moto.url());
    let zones = vec![format!("{}a", replank_lab::aws::REGION)];
    Group { zones, sizes: [1, 2, 3], ..Group::new("workers", 2) }.create(&account).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "aws::contract::asked_of_the_group", "--ignored", "--nocapture"]);
    let output = account.lead(&mut child).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "the test above starts it with the environment of an account"]
fn asked_of_the_group() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let aws = Arc::new(Aws::connect(&Access::default()).await.unwrap());
        let mut stage = Scaling(AwsCloud::new(aws, "workers"));
        assert_eq!(check(&mut stage, &ImageId::new(images::NEW)).await, Ok(()));
    });
}
