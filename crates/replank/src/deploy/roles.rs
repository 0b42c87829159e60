//! The roles of the operator, one to look and one to act, from the roles that `replank rbac` prints.

use anyhow::{Context, Result};
use replank_formats::yaml;
use replank_operator::{api, approval};
use serde_json::{Value, json};

/// Roles whose rules it needs: those of updates, of kwok nodes and of rehearsals. Force is bound by whoever wants it.
const NEEDED: [&str; 3] = ["replank", "replank-kwok", "replank-snapshot"];
/// Verbs that change nothing.
const LOOKS: [&str; 3] = ["get", "list", "watch"];

/// Rules of a role.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// Those that change nothing.
    pub(super) look: Vec<Value>,
    /// Those that change something.
    pub(super) act: Vec<Value>,
}

/// Rules in the whole cluster.
pub(super) fn cluster() -> Result<Rules> {
    let mut rules = split(&of("ClusterRole")?);
    let resources = json!(["nodegroupupdates", "snapshots", "updatepolicies", "updaterecords"]);
    let status = json!(["nodegroupupdates/status", "snapshots/status", "updatepolicies/status"]);
    let own = |resources: &Value, verbs: &[&str]| json!({"apiGroups": ["replank.dev"], "resources": resources, "verbs": verbs});
    rules.look.push(own(&resources, &LOOKS));
    // Whether it is sure who approves.
    rules.look.push(json!({
        "apiGroups": ["admissionregistration.k8s.io"],
        "resources": ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
        "resourceNames": [approval::NAME],
        "verbs": ["get"],
    }));
    // The dashboard declares what people ask for there.
    rules.act.push(own(&json!(["nodegroupupdates"]), &["create", "patch"]));
    rules.act.push(own(&status, &["patch"]));
    rules.act.push(own(&json!(["updaterecords"]), &["create", "update"]));
    Ok(rules)
}

/// Rules in `kube-system`, where the Leases are.
pub(super) fn leases() -> Result<Vec<Value>> {
    of("Role")
}

/// Rules to ask who somebody is and what they may do, for the dashboard.
pub(super) fn reviews() -> Vec<Value> {
    let review = |group: &str, resource: &str| json!({"apiGroups": [group], "resources": [resource], "verbs": ["create"]});
    vec![
        review("authentication.k8s.io", "tokenreviews"),
        review("authorization.k8s.io", "subjectaccessreviews"),
    ]
}

/// Rules in the operator's own namespace, where the reports of rehearsals are kept.
pub(super) fn reports() -> Vec<Value> {
    vec![json!({"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "patch"]})]
}

/// Rules of those who approve updates where a policy wants it.
pub(super) fn approves() -> Vec<Value> {
    let own = |resource: &str, verbs: &[&str]| json!({"apiGroups": [api::GROUP], "resources": [resource], "verbs": verbs});
    vec![own("nodegroupupdates", &["get", "list", "watch", "patch"]), own(approval::SUBRESOURCE, &["update"])]
}

fn of(kind: &str) -> Result<Vec<Value>> {
    let documents = yaml::read_manifest("the roles", replank_kube::RBAC.as_bytes()).context("the roles")?;
    let roles = documents.into_iter().map(yaml::Doc::into_value);
    let needed = roles
        .filter(|role| role["kind"] == kind && NEEDED.iter().any(|name| role["metadata"]["name"] == **name));
    let rules = needed.flat_map(|role| role["rules"].as_array().cloned().unwrap_or_default());
    Ok(rules.collect())
}

/// Rules by whether they change something.
fn split(rules: &[Value]) -> Rules {
    let mut split = Rules::default();
    for rule in rules {
        let verbs = rule["verbs"].as_array().cloned().unwrap_or_default();
        let (look, act): (Vec<Value>, Vec<Value>) =
            verbs.into_iter().partition(|verb| LOOKS.iter().any(|it| verb == it));
        for (verbs, into) in [(look, &mut split.look), (act, &mut split.act)] {
            if !verbs.is_empty() {
                let mut rule = rule.clone();
                rule["verbs"] = verbs.into();
                into.push(rule);
            }
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_that_looks_changes_nothing_and_neither_reads_secrets() {
        let Rules { look, act } = cluster().unwrap();
        let verbs = |rules: &[Value]| {
            let verbs = rules.iter().flat_map(|rule| rule["verbs"].as_array().unwrap().clone());
            verbs.map(|verb| verb.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert!(verbs(&look).iter().all(|verb| LOOKS.contains(&verb.as_str())));
        assert!(verbs(&act).iter().all(|verb| !LOOKS.contains(&verb.as_str())));
        let all = format!("{look:?}{act:?}");
        assert!(!all.contains("secrets") && !all.contains("\"*\""), "{all}");
        assert!(all.contains("pods/eviction") && !leases().unwrap().is_empty());
    }
}
