//! Approval of a plan by a person: what counts as one, and what makes sure who gave it.
//!
//! Two annotations are an approval: whose it is, and of which plan. What stands in an object proves nothing by itself, since
//! whoever may change the object could write any name there. So the API server is asked to keep to it: the
//! `ValidatingAdmissionPolicy` below lets nobody write another name than their own, and only those who may update
//! `nodegroupupdates/approval`. The name of the field manager would be no proof, since clients choose it.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::admissionregistration::v1::{
    ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use kube::{Resource, ResourceExt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api::{GROUP, NodeGroupUpdate};

/// Annotation with the name of the user who approves.
pub const APPROVED_BY: &str = "replank.dev/approved-by";
/// Annotation with `status.plan.of` of the plan that is approved.
pub const APPROVED_PLAN: &str = "replank.dev/approved-plan";
/// Name of the policy and its binding.
pub const NAME: &str = "replank-approval";
/// What an approver may `update`.
pub const SUBRESOURCE: &str = "nodegroupupdates/approval";
/// After this a new policy is known to every API server: they learn of it by a watch, which takes a second at most when
/// they are well (Kubernetes).
const SETTLES: SignedDuration = SignedDuration::from_secs(10);

/// Whether a person agrees to what an update would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// No policy asks for it.
    NotNeeded,
    /// Somebody who may has approved this plan.
    Given,
    /// Nobody has.
    Missing,
    /// What was approved is another plan.
    OfAnother,
    /// Nothing in the cluster makes sure who approves.
    Unproven,
    /// The object is older than what makes sure who approves, so anybody may have written into it.
    TooOld,
}

/// Since when the API server makes sure who approves; `None` when it does not.
pub(crate) type Proof = Option<Timestamp>;

/// Whether the plan with this mark is approved.
pub(crate) fn consent(update: &NodeGroupUpdate, plan: &str, proof: Proof) -> Consent {
    let Some(since) = proof else { return Consent::Unproven };
    let made = update.creation_timestamp().map(|at| at.0);
    if made.is_none_or(|made| made < since + SETTLES) {
        return Consent::TooOld;
    }
    let annotation = |name: &str| update.annotations().get(name).filter(|it| !it.is_empty());
    match (annotation(APPROVED_BY), annotation(APPROVED_PLAN)) {
        (Some(_), Some(of)) if of == plan => Consent::Given,
        (Some(_), Some(_)) => Consent::OfAnother,
        (None, _) | (Some(_), None) => Consent::Missing,
    }
}

/// Who approved, as the annotation has it.
pub(crate) fn by(update: &NodeGroupUpdate) -> Option<String> {
    update.annotations().get(APPROVED_BY).cloned()
}

/// Since when the policy and its binding hold as they are shipped. One that was changed proves nothing.
pub(crate) fn proof(
    policy: Option<&ValidatingAdmissionPolicy>,
    binding: Option<&ValidatingAdmissionPolicyBinding>,
) -> Proof {
    let (policy, binding) = (policy?, binding?);
    let as_shipped = json!(policy.spec) == policy_spec() && json!(binding.spec) == binding_spec();
    let made = |object: Option<Timestamp>| object.filter(|_| as_shipped);
    made(created(policy)).zip(made(created(binding))).map(|(policy, binding)| policy.max(binding))
}

fn created(object: &(impl Resource + Serialize)) -> Option<Timestamp> {
    object.meta().creation_timestamp.as_ref().map(|at| at.0)
}

/// The policy and its binding, as objects to apply.
pub fn admission() -> [Value; 2] {
    let object = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind,
            "metadata": {"name": NAME},
            "spec": spec,
        })
    };
    [
        object("ValidatingAdmissionPolicy", policy_spec()),
        object("ValidatingAdmissionPolicyBinding", binding_spec()),
    ]
}

/// With every default of the API server, so that what is there can be compared.
fn policy_spec() -> Value {
    json!({
        "failurePolicy": "Fail",
        "matchConstraints": {
            "matchPolicy": "Equivalent",
            "namespaceSelector": {},
            "objectSelector": {},
            "resourceRules": [{
                "apiGroups": [GROUP],
                "apiVersions": ["*"],
                "operations": ["CREATE", "UPDATE"],
                "resources": ["nodegroupupdates"],
                "scope": "*",
            }],
        },
        "variables": variables(),
        "validations": validations(),
    })
}

/// What stands in the object, and what stood there before.
fn variables() -> Value {
    let annotation = |object: &str, name: &str| {
        format!(
            "{object} != null && has({object}.metadata.annotations) && '{name}' in {object}.metadata.annotations ? \
             {object}.metadata.annotations['{name}'] : ''"
        )
    };
    let variable = |name: &str, expression: String| json!({"name": name, "expression": expression});
    json!([
        variable("by", annotation("object", APPROVED_BY)),
        variable("of", annotation("object", APPROVED_PLAN)),
        variable("byBefore", annotation("oldObject", APPROVED_BY)),
        variable("ofBefore", annotation("oldObject", APPROVED_PLAN)),
        variable(
            "same",
            "variables.by == variables.byBefore && variables.of == variables.ofBefore".to_owned()
        ),
    ])
}

/// Whoever approves does it in their own name, and may. To take an approval back nothing is needed.
fn validations() -> Value {
    let unless_needed = |holds: &str| format!("variables.same || variables.by == '' || {holds}");
    let may = format!(
        "authorizer.group('{GROUP}').resource('nodegroupupdates').subresource('approval')\
         .name(object.metadata.name).check('update').allowed()"
    );
    json!([
        {
            "expression": unless_needed("variables.by == request.userInfo.username"),
            "messageExpression": format!(
                "'{APPROVED_BY}: an approval carries the name of who gives it, which is ' + request.userInfo.username"
            ),
            "reason": "Forbidden",
        },
        {
            "expression": unless_needed(&may),
            "messageExpression": format!(
                "'{APPROVED_BY}: ' + request.userInfo.username + ' may not approve updates: that takes the right to \
                 update {SUBRESOURCE}, which the role replank-operator-approve has'"
            ),
            "reason": "Forbidden",
        },
    ])
}

fn binding_spec() -> Value {
    json!({"policyName": NAME, "validationActions": ["Deny"]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::NodeGroupUpdateSpec;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn update(annotations: &[(&str, &str)]) -> NodeGroupUpdate {
        let mut update = NodeGroupUpdate::new("u", NodeGroupUpdateSpec::default());
        update.metadata.creation_timestamp = Some(serde_json::from_value(json!(at(1000))).unwrap());
        for (name, value) in annotations {
            update.annotations_mut().insert((*name).to_owned(), (*value).to_owned());
        }
        update
    }

    #[test]
    fn an_approval_is_of_one_plan_and_counts_where_it_is_proven() {
        let (by, of) = ((APPROVED_BY, "jane"), (APPROVED_PLAN, "p1"));
        let early = Some(at(900));
        for (annotations, plan, proof, wanted) in [
            (vec![by, of], "p1", early, Consent::Given),
            (vec![by, of], "p2", early, Consent::OfAnother),
            (vec![by], "p1", early, Consent::Missing),
            (vec![of], "p1", early, Consent::Missing),
            (vec![(APPROVED_BY, ""), of], "p1", early, Consent::Missing),
            (vec![by, of], "p1", None, Consent::Unproven),
            (vec![by, of], "p1", Some(at(991)), Consent::TooOld),
            (vec![by, of], "p1", Some(at(990)), Consent::Given),
        ] {
            assert_eq!(
                consent(&update(&annotations), plan, proof),
                wanted,
                "{annotations:?} {plan} {proof:?}"
            );
        }
    }

    #[test]
    fn a_policy_that_was_changed_proves_nothing() {
        let [policy, binding] = admission().map(|mut object| {
            object["metadata"]["creationTimestamp"] = json!(at(5));
            object
        });
        let proven = |policy: &Value, binding: &Value| {
            let policy = serde_json::from_value(policy.clone()).unwrap();
            let binding = serde_json::from_value(binding.clone()).unwrap();
            proof(Some(&policy), Some(&binding))
        };
        assert_eq!(proven(&policy, &binding), Some(at(5)));
        for (path, value) in [
            ("/spec/validations/1/expression", json!("true")),
            ("/spec/failurePolicy", json!("Ignore")),
            ("/spec/matchConstraints/objectSelector", json!({"matchLabels": {"a": "b"}})),
            ("/spec/matchConstraints/resourceRules/0/operations", json!(["CREATE"])),
        ] {
            let mut changed = policy.clone();
            *changed.pointer_mut(path).unwrap() = value;
            assert_eq!(proven(&changed, &binding), None, "{path}");
        }
        let mut narrowed = policy.clone();
        narrowed["spec"]["matchConditions"] = json!([{"name": "n", "expression": "false"}]);
        assert_eq!(proven(&narrowed, &binding), None);
        let mut warns = binding.clone();
        warns["spec"]["validationActions"] = json!(["Warn"]);
        assert_eq!(proven(&policy, &warns), None);
        assert_eq!(proof(None, None), None);
    }
}
