//! Approval of a plan: by whom the cluster lets, in their own name, of the plan that begins.

use serde_json::{Value, json};

use super::fleet::{Fleet, UPDATES};

const BY: &str = "replank.dev/approved-by";
const OF: &str = "replank.dev/approved-plan";
/// Service accounts as the API server names them.
const JANE: &str = "system:serviceaccount:default:jane";
const JIM: &str = "system:serviceaccount:default:jim";

impl Fleet {
    /// Annotates an update as a service account: whether that was taken, and what was said.
    fn approves(&self, who: &str, update: &str, by: &str, of: &str) -> (bool, String) {
        let access = self.lab.service_account("default", who).unwrap();
        let mut command = self.lab.kubectl();
        // The last one counts.
        command.arg("--kubeconfig").arg(&access.kubeconfig);
        command.args(["annotate", "ngu", update, "--overwrite"]);
        let ended = command.args([format!("{BY}={by}"), format!("{OF}={of}")]).output().unwrap();
        let said = [ended.stdout, ended.stderr].concat();
        (ended.status.success(), String::from_utf8(said).unwrap())
    }

    /// The sentence of an update's status.
    fn message(&self, update: &str) -> String {
        self.status(update)["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The mark of an update's plan.
    fn plan(&self, update: &str) -> String {
        self.status(update)["plan"]["of"].as_str().unwrap_or_default().to_owned()
    }
}

#[test]
fn an_update_begins_when_somebody_who_may_approves_its_plan_in_their_own_name() {
    let fleet = Fleet::launch();
    let _replica = fleet.replica("one", 18_431, &[]);
    let policy = json!({
        "apiVersion": "replank.dev/v1alpha1", "kind": "UpdatePolicy", "metadata": {"name": "four-eyes"},
        "spec": {"nodeGroups": ["work*"], "maxUnavailable": 2, "approval": "Required"},
    });
    assert!(fleet.apply(&policy.to_string()).0);

    // What stands in an object proves nothing while nobody makes sure of it.
    fleet.declare("early", &json!({"approved": true, "maxUnavailable": null}));
    fleet.until_phase("early", "AwaitingApproval");
    let forged = json!({"metadata": {"annotations": {BY: JANE, OF: fleet.plan("early")}}});
    fleet.lab.api().merge(&format!("{UPDATES}/early"), &forged).unwrap();
    fleet.until("it says what is missing", || fleet.message("early").contains("replank crds --approval"));
    fleet.install();
    fleet.until("it is too old", || fleet.message("early").contains("Make the object anew"));
    fleet.kubectl(&["delete", "ngu", "early"]);

    // The shipped role, and one that lacks the right to approve.
    fleet.kubectl(&[
        "create",
        "clusterrolebinding",
        "jane",
        "--clusterrole=replank-operator-approve",
        "--serviceaccount=default:jane",
    ]);
    let verbs = "--verb=get,list,create,patch,update";
    fleet.kubectl(&["create", "clusterrole", "declares", verbs, "--resource=nodegroupupdates.replank.dev"]);
    fleet.kubectl(&[
        "create",
        "clusterrolebinding",
        "jim",
        "--clusterrole=declares",
        "--serviceaccount=default:jim",
    ]);
    std::thread::sleep(std::time::Duration::from_secs(11));
    let before = fleet.nodes();
    fleet.declare("roll", &json!({"approved": true, "maxUnavailable": null}));
    fleet.until("its plan", || !fleet.plan("roll").is_empty());
    let plan = fleet.plan("roll");
    fleet.until("it waits for a person", || fleet.message("roll").contains(&format!("{OF}={plan}")));

    let (taken, said) = fleet.approves("jim", "roll", JANE, &plan);
    assert!(!taken && said.contains(&format!("the name of who gives it, which is {JIM}")), "{said}");
    let (taken, said) = fleet.approves("jim", "roll", JIM, &plan);
    assert!(!taken && said.contains(&format!("{JIM} may not approve updates")), "{said}");
    let (taken, said) = fleet.approves("jane", "roll", JANE, "another");
    assert!(taken, "{said}");
    fleet.until("it is of another plan", || fleet.message("roll").contains("another plan"));
    // Nobody else makes it one of this plan.
    let (taken, said) = fleet.approves("jim", "roll", JANE, &plan);
    assert!(!taken, "{said}");
    assert_eq!(fleet.nodes(), before);
    let (taken, said) = fleet.approves("jane", "roll", JANE, &plan);
    assert!(taken, "{said}");
    fleet.kubectl(&["wait", "--for=condition=Succeeded", "--timeout=300s", "ngu/roll"]);
    assert!(fleet.nodes().is_disjoint(&before));
    assert_eq!(fleet.status("roll")["approvedBy"], JANE);
    // It may be taken back by anybody who may change the object, and then it is not given.
    let none = json!({"metadata": {"annotations": {BY: Value::Null}}});
    fleet.lab.api().merge(&format!("{UPDATES}/roll"), &none).unwrap();
    assert_eq!(fleet.status("roll")["approvedBy"], JANE, "who approved what was done stays");
}
