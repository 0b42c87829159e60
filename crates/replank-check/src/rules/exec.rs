//! Roles that allow exec and the like only in the way of clients before 1.35.

use replank_core::version::Minor;
use serde_json::Value;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, texts};
use crate::subject::Facts;

static GET_ONLY: Check = Check {
    id: "exec-without-create",
    severity: Severity::Breaks,
    meaning: "The role grants `get` on pods/exec, pods/attach or pods/portforward and not `create`. From 1.35 on the API \
              server asks for `create` over websockets too: `kubectl exec` of whoever has this role alone fails with 403.",
    advice: "Add the verb create for these subresources.",
    basis: "Changelog of Kubernetes 1.35; spack/spack-infrastructure#1436",
};

pub(super) const CHECKS: &[&Check] = &[&GET_ONLY];

const SUBRESOURCES: [&str; 3] = ["pods/exec", "pods/attach", "pods/portforward"];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(35) {
        return;
    }
    let group = "rbac.authorization.k8s.io";
    for item in ["Role", "ClusterRole"].iter().flat_map(|kind| facts.of(group, kind)) {
        let rules: Vec<&Value> = list(&item.object, &["rules"]).collect();
        let grants = |resource: &str, verb: &str| rules.iter().any(|rule| names_it(rule, resource, verb));
        let lacking: Vec<&str> =
            SUBRESOURCES.into_iter().filter(|it| grants(it, "get") && !grants(it, "create")).collect();
        if !lacking.is_empty() {
            let evidence = format!("it grants get without create on {}", lacking.join(", "));
            findings.add(Seen::of(&GET_ONLY, item, evidence).breaks_in(Some(Minor(35))));
        }
    }
}

/// Whether a rule names the verb on the subresource, or a star for one of them. A rule for everything with `get` only
/// is for reading and does not count.
fn names_it(rule: &Value, resource: &str, verb: &str) -> bool {
    let core = texts(rule, &["apiGroups"]).any(|it| it.is_empty() || it == "*");
    let (_, sub) = resource.split_once('/').unwrap_or_default();
    let resources = texts(rule, &["resources"]).any(|it| {
        it == resource
            || it == "pods/*"
            || it == "*" && verb == "create"
            || it.strip_prefix("*/") == Some(sub)
    });
    core && resources && texts(rule, &["verbs"]).any(|it| it == verb || it == "*")
}
