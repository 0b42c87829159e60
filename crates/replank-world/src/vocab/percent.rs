//! `IntOrString`: an absolute count or a percentage, as budgets and rollouts take them.

use std::fmt;

/// An absolute count, or a percentage of a total that is known later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IntOrPercent {
    /// An absolute count.
    Int(i64),
    /// A percentage, such as 25.
    Percent(i64),
}

impl IntOrPercent {
    /// The count out of `total`; a percentage is rounded up.
    pub fn up(self, total: i64) -> i64 {
        match self {
            Self::Int(count) => count,
            Self::Percent(share) => {
                (share * total).div_euclid(100) + i64::from((share * total).rem_euclid(100) > 0)
            }
        }
    }

    /// The count out of `total`; a percentage is rounded down.
    pub fn down(self, total: i64) -> i64 {
        match self {
            Self::Int(count) => count,
            Self::Percent(share) => (i128::from(share) * i128::from(total)).div_euclid(100) as i64,
        }
    }

    /// Parses digits and a percent sign, such as `25%`; `None` for anything else.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let digits = text.strip_suffix('%')?;
        (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok().map(Self::Percent))?
    }
}

impl fmt::Display for IntOrPercent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(count) => write!(f, "{count}"),
            Self::Percent(share) => write!(f, "{share}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_up_for_budgets_and_down_for_deployments() {
        assert_eq!((IntOrPercent::Percent(50).up(3), IntOrPercent::Percent(50).down(3)), (2, 1));
        assert_eq!((IntOrPercent::Percent(1).up(3), IntOrPercent::Percent(25).up(10)), (1, 3));
        assert_eq!(IntOrPercent::Int(2).up(9), 2);
        assert_eq!(IntOrPercent::parse_percent("34%"), Some(IntOrPercent::Percent(34)));
        assert_eq!(IntOrPercent::parse_percent("-1%"), None);
    }
}
