//! Types of access entries, what each may contain, and scopes of policies (EKS user guide: `creating-access-entries`).

use serde_json::Value;

use super::iam::Principal;
use super::{EksError, Exception, Input};

/// Prefixes that names of users and groups may not have.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];
/// Kubernetes groups of nodes.
const NODES: &[&str] = &["system:nodes"];

/// A type of access entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Type {
    /// Name of the type (EKS: `type`).
    pub(super) name: &'static str,
    /// Kubernetes groups of an entry that names none.
    pub(super) groups: &'static [&'static str],
    /// Kubernetes user name, for types that do not let the caller choose it.
    fixed: Option<&'static str>,
}

const TYPES: [Type; 7] = [
    Type { name: "STANDARD", groups: &[], fixed: None },
    Type { name: "EC2", groups: NODES, fixed: Some("system:node:{{EC2PrivateDNSName}}") },
    Type { name: "EC2_LINUX", groups: NODES, fixed: Some("system:node:{{EC2PrivateDNSName}}") },
    Type { name: "EC2_WINDOWS", groups: NODES, fixed: Some("system:node:{{EC2PrivateDNSName}}") },
    Type { name: "FARGATE_LINUX", groups: NODES, fixed: Some("system:node:{{SessionName}}") },
    Type { name: "HYBRID_LINUX", groups: NODES, fixed: Some("system:node:{{SessionName}}") },
    Type { name: "HYPERPOD_LINUX", groups: NODES, fixed: Some("system:node:{{SessionName}}") },
];

impl Type {
    /// The type of that name.
    pub(super) fn of(name: &str) -> Result<Self, EksError> {
        TYPES.into_iter().find(|known| known.name == name).ok_or_else(|| {
            let names: Vec<&str> = TYPES.iter().map(|known| known.name).collect();
            EksError::invalid(format!("The type {name} is invalid; there are {}", names.join(", ")))
        })
    }

    /// Refuses a new entry that this type does not allow.
    pub(super) fn check(self, input: &Input, who: Principal<'_>) -> Result<(), EksError> {
        if self.fixed.is_some() && who.kind != "role" {
            let said =
                format!("The principalArn of an access entry of type {} must be that of a role", self.name);
            return Err(EksError::invalid(said));
        }
        self.names(input)
    }

    /// Refuses user and group names that this type does not allow.
    pub(super) fn names(self, input: &Input) -> Result<(), EksError> {
        for member in ["username", "kubernetesGroups"] {
            if self.fixed.is_some() && input.value(member).is_some() {
                let said = format!("{member} cannot be given for an access entry of type {}", self.name);
                return Err(EksError::invalid(said));
            }
        }
        let reserved = |name: &str| RESERVED.into_iter().find(|prefix| name.starts_with(prefix));
        for group in input.texts("kubernetesGroups") {
            if group.is_empty() {
                return Err(EksError::invalid("The kubernetes group name must not be empty"));
            }
            if let Some(prefix) = reserved(group) {
                let said =
                    format!("The kubernetes group name {group} is invalid, it cannot start with {prefix}");
                return Err(EksError::invalid(said));
            }
        }
        let username = input.given("username");
        if username.is_some_and(str::is_empty) {
            return Err(EksError::invalid("The username must not be empty"));
        }
        match username.and_then(|name| Some((name, reserved(name)?))) {
            Some((name, prefix)) => {
                let said = format!("The username {name} is invalid, it cannot start with {prefix}");
                Err(EksError::invalid(said))
            }
            None => Ok(()),
        }
    }

    /// Kubernetes user name of an entry that names none; for roles that of their sessions.
    pub(super) fn username(self, principal: &str, who: Principal<'_>) -> String {
        let Principal { partition, kind, account, name } = who;
        match (self.fixed, kind) {
            (Some(fixed), _) => fixed.to_owned(),
            (None, "role") => {
                format!("arn:{partition}:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}")
            }
            (None, _) => principal.to_owned(),
        }
    }

    /// Refuses policies for types that cannot have any.
    pub(super) fn takes_policies(self) -> Result<(), EksError> {
        if matches!(self.name, "STANDARD" | "EC2") {
            return Ok(());
        }
        let said =
            format!("Access policies cannot be associated with an access entry of type {}.", self.name);
        Err(EksError::new(Exception::InvalidRequest, said))
    }
}

/// Refuses an invalid scope of a policy.
pub(super) fn scope(scope: &Value) -> Result<(), EksError> {
    let namespaces: Vec<&str> =
        scope["namespaces"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match scope["type"].as_str() {
        None => Err(EksError::invalid("accessScope.type must be given: cluster or namespace")),
        Some("cluster") if !namespaces.is_empty() => {
            Err(EksError::invalid("accessScope.namespaces cannot be given with accessScope.type cluster"))
        }
        Some("namespace") if namespaces.is_empty() || namespaces.contains(&"") => {
            Err(EksError::invalid("accessScope.namespaces must be given with accessScope.type namespace"))
        }
        Some(_) => Ok(()),
    }
}
