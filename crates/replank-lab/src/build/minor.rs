//! The minors of Kubernetes that the lab has.

use std::fmt;
use std::str::FromStr;

/// A minor whose control plane the lab builds; the patch is pinned in `go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minor {
    /// 1.34, with etcd, kwok and kubectl, which the others use too.
    #[default]
    V1_34,
    /// 1.37: API server, controller manager and scheduler alone.
    V1_37,
}

impl Minor {
    /// All of them, oldest first.
    pub const ALL: [Self; 2] = [Self::V1_34, Self::V1_37];
}

impl fmt::Display for Minor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V1_34 => "1.34",
            Self::V1_37 => "1.37",
        })
    }
}

impl FromStr for Minor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|minor| minor.to_string() == text);
        found.ok_or_else(|| {
            format!(
                "the lab has no Kubernetes {text}: it has {}",
                Self::ALL.map(|it| it.to_string()).join(" and ")
            )
        })
    }
}
