//! Quotas of the account, which a user may set.

/// Quotas of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Most clusters of the account.
    pub clusters: usize,
    /// Most node groups of a cluster.
    pub nodegroups: usize,
    /// Most Fargate profiles of a cluster.
    pub fargate_profiles: usize,
}

/// A quota set by a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quota {
    /// Most clusters of the account.
    Clusters(usize),
    /// Most node groups of a cluster.
    Nodegroups(usize),
    /// Most Fargate profiles of a cluster.
    FargateProfiles(usize),
}

impl Default for Quotas {
    /// The defaults of EKS (user guide: service quotas).
    fn default() -> Self {
        Self { clusters: 100, nodegroups: 30, fargate_profiles: 10 }
    }
}

impl Quotas {
    /// The defaults with these quotas changed; of repeated ones the last counts.
    pub fn with(given: &[Quota]) -> Self {
        let mut quotas = Self::default();
        for quota in given {
            match *quota {
                Quota::Clusters(number) => quotas.clusters = number,
                Quota::Nodegroups(number) => quotas.nodegroups = number,
                Quota::FargateProfiles(number) => quotas.fargate_profiles = number,
            }
        }
        quotas
    }
}

impl Quota {
    /// Parses `name=number`; the error says what is accepted.
    pub fn read(given: &str) -> Result<Self, String> {
        let (name, number) = given.split_once('=').unwrap_or((given, ""));
        let quota = match name {
            "clusters" => Self::Clusters,
            "nodegroups" => Self::Nodegroups,
            "fargate-profiles" => Self::FargateProfiles,
            _ => return Err("there are clusters, nodegroups and fargate-profiles".into()),
        };
        number.parse().map(quota).map_err(|_| format!("give a number, as in {name}=200"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_set_by_name() {
        let given = ["clusters=7", "nodegroups=8", "fargate-profiles=9", "clusters=0"];
        let given = given.map(|given| Quota::read(given).unwrap());
        assert_eq!(Quotas::with(&given), Quotas { clusters: 0, nodegroups: 8, fargate_profiles: 9 });
        assert_eq!(Quotas::with(&[]), Quotas { clusters: 100, nodegroups: 30, fargate_profiles: 10 });
        for (given, said) in [
            ("clusters", "give a number, as in clusters=200"),
            ("clusters=-1", "give a number, as in clusters=200"),
            ("nodes=5", "there are clusters, nodegroups and fargate-profiles"),
        ] {
            assert_eq!(Quota::read(given), Err(said.to_owned()), "{given}");
        }
    }
}
