//! Stacks run against operations that a test answers.

use std::sync::Mutex;

use replank_service::Identity;
use replank_service::records::Records;
use serde_json::{Value, json};

use super::*;
use crate::ask::{
    ChangeSetRequest, Kind, OnFailure, Request, cancel_update, continue_rollback, create_change_set,
    create_stack, delete_stack, execute_change_set, update_stack,
};
use crate::port::{Declined, LaunchTemplate};
use crate::record::{StackStatus, events, find};

/// An account in which groups are made at once and updates end as the test says.
struct Fake {
    records: Records,
    identity: Identity,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    groups: Vec<String>,
    /// Operations that are declined, with the code.
    declined: Vec<(&'static str, &'static str)>,
    update: Value,
}

impl Fake {
    fn new() -> Self {
        let identity =
            Identity { account: "111122223333".into(), region: "us-west-2".into(), user: "u".into() };
        let state = Mutex::new(State { update: json!({ "status": "Successful" }), ..State::default() });
        Self { records: Records::in_memory().unwrap(), identity, state }
    }

    fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.iter().map(|(name, _)| name.clone()).collect()
    }

    fn declines(&self, declined: &[(&'static str, &'static str)]) {
        self.state.lock().unwrap().declined = declined.to_vec();
    }

    fn updates_end(&self, update: Value) {
        self.state.lock().unwrap().update = update;
    }

    async fn settle(&self) {
        for _ in 0..20 {
            if turn(self).await == Again::WhenAsked {
                return;
            }
        }
    }

    fn status(&self) -> StackStatus {
        find(&self.records, "s").unwrap().status
    }

    /// Statuses of a logical id, the oldest first.
    fn told(&self, logical: &str) -> Vec<String> {
        let mut events = events(&self.records, &find(&self.records, "s").unwrap()).unwrap();
        events.reverse();
        events.into_iter().filter(|it| it.logical == logical).map(|it| it.status).collect()
    }

    fn reason(&self, status: &str) -> String {
        let events = events(&self.records, &find(&self.records, "s").unwrap()).unwrap();
        events.into_iter().find(|it| it.status == status && it.reason.is_some()).unwrap().reason.unwrap()
    }
}

impl Api for Fake {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn records(&self) -> &Records {
        &self.records
    }

    async fn eks(&self, operation: &str, input: Value) -> Result<Value, Declined> {
        let mut state = self.state.lock().unwrap();
        let name = input["nodegroupName"].as_str().unwrap_or_default().to_owned();
        if !operation.starts_with("Describe") {
            state.calls.push((operation.to_owned(), input));
        }
        let decline = |code: &str| {
            Err(Declined {
                service: "Eks",
                status: 400,
                code: code.into(),
                message: format!("{code} of {name}"),
            })
        };
        if let Some((_, code)) = state.declined.iter().find(|(it, _)| *it == operation) {
            return decline(code);
        }
        match operation {
            "CreateNodegroup" => state.groups.push(name.clone()),
            "DeleteNodegroup" => state.groups.retain(|it| *it != name),
            _ => {}
        }
        let is_there = state.groups.contains(&name);
        match operation {
            "DescribeUpdate" => Ok(json!({ "update": state.update })),
            "DescribeNodegroup" if !is_there => decline("ResourceNotFoundException"),
            "UpdateNodegroupVersion" | "UpdateNodegroupConfig" => Ok(json!({ "update": { "id": "u-1" } })),
            _ => Ok(json!({ "nodegroup": { "status": "ACTIVE", "nodegroupArn": format!("arn:{name}") } })),
        }
    }

    async fn ec2(&self, operation: &str, _given: Vec<(String, String)>) -> Result<LaunchTemplate, Declined> {
        let mut state = self.state.lock().unwrap();
        state.calls.push((operation.to_owned(), Value::Null));
        let versions =
            state.calls.iter().filter(|(name, _)| name.starts_with("CreateLaunchTemplate")).count();
        Ok(LaunchTemplate { id: "lt-1".into(), default: 1, latest: versions as u64 })
    }

    async fn parameter(&self, name: &str) -> Option<String> {
        (name == "/release").then(|| "1.33.1-20260101".to_owned())
    }

    async fn zones(&self) -> Vec<String> {
        vec!["us-west-2a".into()]
    }
}

/// A template of a launch template, a role and a group with these properties beside.
fn template(more: &str) -> String {
    format!(
        "Parameters: {{Size: {{Type: Number, Default: 1}}}}\nResources:\n  R: {{Type: AWS::IAM::Role, Properties: {{Path: /}}}}\n  \
         T: {{Type: AWS::EC2::LaunchTemplate, Properties: {{LaunchTemplateData: {{BlockDeviceMappings: []}}}}}}\n  \
         G:\n    Type: AWS::EKS::Nodegroup\n    Properties:\n      ClusterName: c\n      NodegroupName: g\n      \
         NodeRole: !GetAtt R.Arn\n      Subnets: [a]\n      ScalingConfig: {{MinSize: !Ref Size}}\n      LaunchTemplate: \
         {{Id: !Ref T, Version: '1'}}\n{more}\nOutputs: {{Arn: {{Value: !GetAtt G.Arn}}}}\n"
    )
}

fn request(body: &str) -> Request {
    let capabilities = vec!["CAPABILITY_IAM".to_owned()];
    Request { name: "s".into(), body: Some(body.to_owned()), capabilities, ..Request::default() }
}

async fn created(fake: &Fake) {
    create_stack(fake, &request(&template("")), OnFailure::Rollback, false).await.unwrap();
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::CreateComplete);
}

const VERSION: &str = "      Version: '1.33'";

#[tokio::test]
async fn a_stack_is_created_updated_and_deleted_in_order() {
    let fake = Fake::new();
    created(&fake).await;
    let stack = find(&fake.records, "s").unwrap();
    assert_eq!(stack.resources["G"].physical.as_deref(), Some("c/g"));
    assert_eq!(stack.outputs[0].value, "arn:g");
    assert_eq!(fake.told("G"), ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
    let again = update_stack(&fake, &request(&template(""))).await.unwrap_err();
    assert_eq!(again.message, "No updates are to be performed.");
    update_stack(&fake, &request(&template(VERSION))).await.unwrap();
    let busy = update_stack(&fake, &request(&template(VERSION))).await.unwrap_err();
    assert!(busy.message.ends_with("is in UPDATE_IN_PROGRESS state and can not be updated."), "{busy}");
    fake.settle().await;
    let told = [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_COMPLETE",
    ];
    assert_eq!(fake.told("s"), told);
    assert_eq!(fake.told("R").len(), 2, "what does not change is left alone");
    delete_stack(&fake, "s", vec![], None).await.unwrap();
    fake.settle().await;
    assert_eq!(find(&fake.records, &stack.id).unwrap().status, StackStatus::DeleteComplete);
    assert_eq!(find(&fake.records, "s").unwrap_err().message, "Stack with id s does not exist");
    let calls = [
        "CreateLaunchTemplate",
        "CreateNodegroup",
        "UpdateNodegroupVersion",
        "DeleteNodegroup",
        "DeleteLaunchTemplate",
    ];
    assert_eq!(fake.calls(), calls);
}

#[tokio::test]
async fn what_fails_is_undone_and_says_why() {
    let fake = Fake::new();
    fake.declines(&[("CreateNodegroup", "InvalidParameterException")]);
    create_stack(&fake, &request(&template("")), OnFailure::Rollback, false).await.unwrap();
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::RollbackComplete);
    let said = fake.reason("CREATE_FAILED");
    assert!(said.starts_with("Resource handler returned message: \"InvalidParameterException of g (Service: Eks, Status Code: 400, Request ID: "), "{said}");
    assert!(said.ends_with(", HandlerErrorCode: InvalidRequest)"), "{said}");
    assert_eq!(
        fake.reason("ROLLBACK_IN_PROGRESS"),
        "The following resource(s) failed to create: [G]. Rollback requested by user."
    );
    assert_eq!(fake.calls(), ["CreateLaunchTemplate", "CreateNodegroup", "DeleteLaunchTemplate"]);
}

#[tokio::test]
async fn an_update_that_fails_goes_back() {
    let fake = Fake::new();
    created(&fake).await;
    let error = json!({ "errorCode": "PodEvictionFailure", "errorMessage": "Reached max retries", "resourceIds": ["n-1", "n-2"] });
    fake.updates_end(json!({ "status": "Failed", "errors": [error] }));
    update_stack(&fake, &request(&template(VERSION))).await.unwrap();
    turn(&fake).await;
    let said = fake.reason("UPDATE_FAILED");
    let wanted = "Resource handler returned message: \"[ErrorDetail(ErrorCode=PodEvictionFailure, ErrorMessage=Reached max \
                  retries, ResourceIds=[n-1, n-2])] (Service: null, Status Code: 0, Request ID: null)\" (RequestToken: ";
    assert!(
        said.starts_with(wanted) && said.ends_with("HandlerErrorCode: GeneralServiceException)"),
        "{said}"
    );
    assert_eq!(fake.status(), StackStatus::UpdateRollbackComplete);
    let stack = find(&fake.records, "s").unwrap();
    assert!(stack.resources["G"].properties.get("Version").is_none(), "{:?}", stack.resources["G"]);
    assert_eq!(stack.shape.body, template(""));
}

#[tokio::test]
async fn a_mix_that_is_refused_goes_back_all_the_same() {
    let fake = Fake::new();
    created(&fake).await;
    let mixed = template(&format!("{VERSION}\n      Labels: {{a: b}}"));
    update_stack(&fake, &request(&mixed)).await.unwrap();
    fake.settle().await;
    assert!(fake.reason("UPDATE_FAILED").contains("cannot be combined with other updates"));
    assert_eq!(fake.status(), StackStatus::UpdateRollbackComplete);
}

#[tokio::test]
async fn a_rollback_that_fails_is_gone_on_with() {
    let fake = Fake::new();
    created(&fake).await;
    fake.updates_end(json!({ "status": "InProgress" }));
    update_stack(&fake, &request(&template("      Labels: {a: b}"))).await.unwrap();
    turn(&fake).await;
    cancel_update(&fake, "s", None).unwrap();
    assert_eq!(fake.status(), StackStatus::UpdateRollbackInProgress);
    fake.declines(&[("UpdateNodegroupConfig", "ResourceInUseException")]);
    turn(&fake).await;
    assert_eq!(fake.status(), StackStatus::UpdateRollbackInProgress, "a group that is busy is waited for");
    fake.declines(&[("UpdateNodegroupConfig", "InvalidRequestException")]);
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::UpdateRollbackFailed);
    continue_rollback(&fake, "s", vec!["G".into()], None).unwrap();
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::UpdateRollbackComplete);
}

#[tokio::test]
async fn a_change_of_what_is_fixed_takes_another_group() {
    let fake = Fake::new();
    created(&fake).await;
    let named = template("      AmiType: CUSTOM");
    update_stack(&fake, &request(&named)).await.unwrap();
    fake.settle().await;
    assert_eq!(
        fake.reason("UPDATE_FAILED"),
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename c/g and update the stack again."
    );
    update_stack(&fake, &request(&named.replace("NodegroupName: g", "NodegroupName: h"))).await.unwrap();
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::UpdateComplete);
    let stack = find(&fake.records, "s").unwrap();
    assert_eq!(stack.resources["G"].physical.as_deref(), Some("c/h"));
    assert_eq!(fake.calls()[2..], ["CreateNodegroup", "DeleteNodegroup"]);
    assert!(stack.leavings.is_empty());
}

#[tokio::test]
async fn change_sets_say_what_they_change() {
    let fake = Fake::new();
    let asked = |name: &str, body: &str, kind| ChangeSetRequest {
        request: request(body),
        name: name.into(),
        description: None,
        kind,
    };
    let set = create_change_set(&fake, &asked("one", &template(""), Kind::Create)).await.unwrap();
    assert_eq!(fake.status(), StackStatus::ReviewInProgress);
    execute_change_set(&fake, &set.id, None, false, None).unwrap();
    fake.settle().await;
    assert_eq!(fake.status(), StackStatus::CreateComplete);
    let none = create_change_set(&fake, &asked("two", &template(""), Kind::Update)).await.unwrap();
    let none = crate::record::ChangeSet::find(&fake.records, &none.id, None).unwrap();
    assert!(none.reason.unwrap().starts_with("The submitted information didn't contain changes."));
    let refused = execute_change_set(&fake, "two", Some("s"), false, None).unwrap_err();
    assert!(refused.message.contains("cannot be executed in its current status of [FAILED]"), "{refused}");
    let bigger = template("").replace("BlockDeviceMappings: []", "InstanceType: m5.large");
    let bigger = bigger.replace("Version: '1'", "Version: !GetAtt T.LatestVersionNumber");
    create_change_set(&fake, &asked("three", &bigger, Kind::Update)).await.unwrap();
    let set = crate::record::ChangeSet::find(&fake.records, "three", Some("s")).unwrap();
    let named: Vec<&str> = set.changes.iter().map(|it| it.logical.as_str()).collect();
    assert_eq!(named, ["T", "G"]);
    execute_change_set(&fake, "three", Some("s"), false, None).unwrap();
    fake.settle().await;
    let stack = find(&fake.records, "s").unwrap();
    assert_eq!(stack.resources["G"].properties["LaunchTemplate"]["Version"], "2");
    assert_eq!(fake.calls()[2..], ["CreateLaunchTemplateVersion", "UpdateNodegroupVersion"]);
}

#[tokio::test]
async fn bad_requests_leave_nothing_behind() {
    let fake = Fake::new();
    let none = Request { capabilities: vec![], ..request(&template("")) };
    let refused = create_stack(&fake, &none, OnFailure::Rollback, false).await.unwrap_err();
    assert_eq!(refused.message, "Requires capabilities : [CAPABILITY_IAM]");
    let bad = Request { name: "a_b".into(), ..request(&template("")) };
    assert!(create_stack(&fake, &bad, OnFailure::Rollback, false).await.is_err());
    let ssm = "Parameters: {V: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /none}}\nResources: {V: {Type: 'AWS::EC2::VPC'}}";
    let refused = create_stack(&fake, &request(ssm), OnFailure::Rollback, false).await.unwrap_err();
    assert_eq!(refused.message, "Unable to fetch parameters [/none] from parameter store for this account.");
    assert!(crate::record::all(&fake.records).is_empty());
    created(&fake).await;
    let refused = create_stack(&fake, &request(&template("")), OnFailure::Rollback, false).await.unwrap_err();
    assert_eq!(refused.message, "Stack [s] already exists");
}

#[tokio::test]
async fn an_export_belongs_to_one_stack_and_stays_while_it_is_used() {
    let fake = Fake::new();
    let exports =
        "Resources: {V: {Type: 'AWS::EC2::VPC'}}\nOutputs: {V: {Value: !Ref V, Export: {Name: net}}}";
    create_stack(&fake, &request(exports), OnFailure::Rollback, false).await.unwrap();
    fake.settle().await;
    let other = Request { name: "o".into(), ..request(exports) };
    create_stack(&fake, &other, OnFailure::Rollback, false).await.unwrap();
    fake.settle().await;
    let found = find(&fake.records, "o").unwrap();
    assert_eq!(found.status, StackStatus::RollbackComplete);
    let imports = "Resources: {S: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !ImportValue net}}}";
    let user = Request { name: "u".into(), ..request(imports) };
    create_stack(&fake, &user, OnFailure::Rollback, false).await.unwrap();
    fake.settle().await;
    let vpc = find(&fake.records, "s").unwrap().resources["V"].physical.clone().unwrap();
    assert_eq!(find(&fake.records, "u").unwrap().resources["S"].properties["VpcId"], vpc.as_str());
    delete_stack(&fake, "s", vec![], None).await.unwrap();
    assert_eq!(fake.status(), StackStatus::CreateComplete);
    assert_eq!(
        fake.reason("CREATE_COMPLETE"),
        "Delete canceled. Cannot delete export net as it is in use by u."
    );
}

#[tokio::test]
async fn a_stack_that_was_only_looked_at_can_be_deleted() {
    let fake = Fake::new();
    let asked = ChangeSetRequest {
        request: request(&template("")),
        name: "one".into(),
        description: None,
        kind: Kind::Create,
    };
    let made = create_change_set(&fake, &asked).await.unwrap();
    delete_stack(&fake, "s", vec![], None).await.unwrap();
    fake.settle().await;
    assert_eq!(find(&fake.records, &made.stack).unwrap().status, StackStatus::DeleteComplete);
    assert!(fake.calls().is_empty());
}
