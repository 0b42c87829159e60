//! The minors of Kubernetes that the lab has.

use std::fmt;
use std::str::FromStr;

/// A minor whose control plane the lab builds; the patch is pinned in `go`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Minor {
    /// 1.34, with etcd, kwok and kubectl, which the others use too.
    #[default]
    V1_34,
    /// 1.35, the neighbour to which a running 1.34 goes: API server, controller manager and scheduler alone.
    V1_35,
    /// 1.37: API server, controller manager and scheduler alone.
    V1_37,
}

impl Minor {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_34, Self::V1_35, Self::V1_37];

    /// The minor to which a control plane of this one may go, which is the next one and no other; `None` when the lab
    /// does not have it.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::V1_34 => Some(Self::V1_35),
            Self::V1_35 | Self::V1_37 => None,
        }
    }

    /// An error when a control plane of this minor does not go to `target` in one step.
    pub fn allows(self, target: Self) -> anyhow::Result<()> {
        let Some(next) = self.next() else {
            anyhow::bail!("a control plane goes to the next minor, and the lab has none after {self}");
        };
        anyhow::ensure!(
            next == target,
            "a control plane of {self} goes to the next minor, which is {next}, and not to {target}"
        );
        Ok(())
    }

    /// Their names as a sentence has them.
    pub(crate) fn names() -> String {
        let names = Self::ALL.map(|it| it.to_string());
        names
            .split_last()
            .map_or_else(String::new, |(last, first)| format!("{} and {last}", first.join(", ")))
    }
}

impl fmt::Display for Minor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V1_34 => "1.34",
            Self::V1_35 => "1.35",
            Self::V1_37 => "1.37",
        })
    }
}

impl FromStr for Minor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|minor| minor.to_string() == text);
        found.ok_or_else(|| format!("the lab has no Kubernetes {text}: it has {}", Self::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::Minor;

    #[test]
    fn a_control_plane_goes_to_the_next_minor_alone() {
        for minor in Minor::ALL {
            let number = |it: Minor| it.to_string().trim_start_matches("1.").parse::<u32>();
            if let Some(next) = minor.next() {
                assert_eq!(number(next), number(minor).map(|it| it + 1));
            }
        }
        let refusal = "1.36".parse::<Minor>();
        assert_eq!(refusal, Err("the lab has no Kubernetes 1.36: it has 1.34, 1.35 and 1.37".to_owned()));
    }
}
