//! Which pod of a quorum leads it, as far as its labels or annotations tell.
//!
//! A node with a leader is replaced after its equals: each move of a leader is an election, and one that moves first may be
//! elected to a node that goes next.

/// Label or annotation by which users say it themselves; `true` is yes.
pub const LEADER: &str = "replank.io/leader";

/// Labels that operators and charts keep on their pods, each with the values of the one that leads.
///
/// Sources: the operators' own documentation and manifests; in order `CloudNativePG`, the Postgres operators of Zalando and of
/// Crunchy, the `MySQL` operator of Oracle, `KubeBlocks`, the Redis operator of Spotahome, and the service registration of Vault
/// and `OpenBao`.
const LABELS: [(&str, &[&str]); 8] = [
    ("cnpg.io/instanceRole", &["primary"]),
    ("spilo-role", &["master", "primary"]),
    ("postgres-operator.crunchydata.com/role", &["master", "primary"]),
    ("mysql.oracle.com/cluster-role", &["PRIMARY"]),
    ("kubeblocks.io/role", &["leader", "primary"]),
    ("redisfailovers-role", &["master"]),
    ("vault-active", &["true"]),
    ("openbao-active", &["true"]),
];

/// Whether a pod with these labels says that it leads.
pub fn by_labels<'a>(label: impl Fn(&str) -> Option<&'a str>) -> bool {
    label(LEADER) == Some("true")
        || LABELS.iter().any(|(key, values)| label(key).is_some_and(|value| values.contains(&value)))
}

/// Whether a pod with these annotations says that it leads.
pub fn by_annotations<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> bool {
    annotation(LEADER) == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leader_of_a_quorum_is_known_by_the_words_of_its_operator() {
        for (key, value, expected) in [
            ("cnpg.io/instanceRole", "primary", true),
            ("cnpg.io/instanceRole", "replica", false),
            ("spilo-role", "master", true),
            ("kubeblocks.io/role", "follower", false),
            ("vault-active", "false", false),
            ("vault-active", "true", true),
            ("role", "master", false),
            (LEADER, "true", true),
            (LEADER, "false", false),
        ] {
            assert_eq!(by_labels(|asked| (asked == key).then_some(value)), expected, "{key}: {value}");
        }
        assert!(by_annotations(|key| (key == LEADER).then_some("true")));
    }
}
