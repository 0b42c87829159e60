//! Types of access entries, what may stand in each, and scopes of policies (EKS user guide: `creating-access-entries`).

use serde_json::Value;

use super::iam::Principal;
use super::{Exception, Failure, Input};

/// What names of Kubernetes may not begin with: they are those of the service.
const RESERVED: [&str; 5] = ["system:", "eks:", "aws:", "amazon:", "iam:"];
/// Groups of nodes.
const NODES: &[&str] = &["system:nodes"];

/// A type of access entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Type {
    /// Its name.
    pub(super) name: &'static str,
    /// The groups of an entry that names none.
    pub(super) groups: &'static [&'static str],
    /// The user name, where that is not the caller's choice.
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
    /// The type of a name.
    pub(super) fn of(name: &str) -> Result<Self, Failure> {
        TYPES.into_iter().find(|known| known.name == name).ok_or_else(|| {
            let names: Vec<&str> = TYPES.iter().map(|known| known.name).collect();
            Failure::invalid(format!("The type {name} is invalid; there are {}", names.join(", ")))
        })
    }

    /// Whether an entry of this type may be made so.
    pub(super) fn check(self, input: &Input, who: Principal<'_>) -> Result<(), Failure> {
        if self.fixed.is_some() && who.kind != "role" {
            let said =
                format!("The principalArn of an access entry of type {} must be that of a role", self.name);
            return Err(Failure::invalid(said));
        }
        self.names(input)
    }

    /// Whether the names that are given may stand in an entry of this type.
    pub(super) fn names(self, input: &Input) -> Result<(), Failure> {
        for member in ["username", "kubernetesGroups"] {
            if self.fixed.is_some() && input.value(member).is_some() {
                let said = format!("{member} cannot be given for an access entry of type {}", self.name);
                return Err(Failure::invalid(said));
            }
        }
        let reserved = |name: &str| RESERVED.into_iter().find(|prefix| name.starts_with(prefix));
        for group in input.texts("kubernetesGroups") {
            if group.is_empty() {
                return Err(Failure::invalid("The kubernetes group name must not be empty"));
            }
            if let Some(prefix) = reserved(group) {
                let said =
                    format!("The kubernetes group name {group} is invalid, it cannot start with {prefix}");
                return Err(Failure::invalid(said));
            }
        }
        let username = input.given("username");
        if username.is_some_and(str::is_empty) {
            return Err(Failure::invalid("The username must not be empty"));
        }
        match username.and_then(|name| Some((name, reserved(name)?))) {
            Some((name, prefix)) => {
                let said = format!("The username {name} is invalid, it cannot start with {prefix}");
                Err(Failure::invalid(said))
            }
            None => Ok(()),
        }
    }

    /// The user name of an entry that names none: of a role, that of its sessions.
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

    /// Refuses where no policy can be associated.
    pub(super) fn takes_policies(self) -> Result<(), Failure> {
        if matches!(self.name, "STANDARD" | "EC2") {
            return Ok(());
        }
        let said =
            format!("Access policies cannot be associated with an access entry of type {}.", self.name);
        Err(Failure::new(Exception::InvalidRequest, said))
    }
}

/// Whether a policy may have this scope.
pub(super) fn scope(scope: &Value) -> Result<(), Failure> {
    let namespaces: Vec<&str> =
        scope["namespaces"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    match scope["type"].as_str() {
        None => Err(Failure::invalid("accessScope.type must be given: cluster or namespace")),
        Some("cluster") if !namespaces.is_empty() => {
            Err(Failure::invalid("accessScope.namespaces cannot be given with accessScope.type cluster"))
        }
        Some("namespace") if namespaces.is_empty() || namespaces.contains(&"") => {
            Err(Failure::invalid("accessScope.namespaces must be given with accessScope.type namespace"))
        }
        Some(_) => Ok(()),
    }
}
