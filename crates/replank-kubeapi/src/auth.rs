//! Who asks: a client certificate of our authority, or a bearer token that somebody else checks.

use std::fmt;
use std::sync::Arc;

/// A user who may do everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `username`.
    pub name: String,
    /// `groups`.
    pub groups: Vec<String>,
}

impl User {
    /// The holder of the administrator's certificate.
    pub(crate) fn admin() -> Self {
        let groups = ["system:masters", "system:authenticated"];
        Self { name: "kubernetes-admin".to_owned(), groups: groups.map(str::to_owned).to_vec() }
    }
}

/// Says whose bearer token this is, if anybody's. It answers at once.
#[derive(Clone)]
pub struct Bearers(pub Arc<dyn Fn(&str) -> Option<User> + Send + Sync>);

impl Bearers {
    /// No token is anybody's.
    pub fn none() -> Self {
        Self(Arc::new(|_| None))
    }
}

impl fmt::Debug for Bearers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearers")
    }
}

/// Who asks: `certified` says whether the connection showed a certificate of ours. The certificate goes first.
pub(crate) fn who(certified: bool, authorization: Option<&str>, bearers: &Bearers) -> Option<User> {
    if certified {
        return Some(User::admin());
    }
    let (scheme, token) = authorization?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| (bearers.0)(token))?
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Bearers, User, who};

    #[test]
    fn certificate_or_token() {
        let bearers = Bearers(Arc::new(|token| {
            (token == "k8s-aws-v1.good").then(|| User { name: "arn".to_owned(), groups: Vec::new() })
        }));
        for (certified, header, wanted) in [
            (true, None, Some("kubernetes-admin")),
            (true, Some("Bearer wrong"), Some("kubernetes-admin")),
            (false, Some("Bearer k8s-aws-v1.good"), Some("arn")),
            (false, Some("bearer k8s-aws-v1.good"), Some("arn")),
            (false, Some("Bearer wrong"), None),
            (false, Some("Basic k8s-aws-v1.good"), None),
            (false, Some("Bearer "), None),
            (false, None, None),
        ] {
            let user = who(certified, header, &bearers);
            assert_eq!(user.as_ref().map(|user| user.name.as_str()), wanted, "{header:?}");
        }
        assert_eq!(who(false, Some("Bearer x"), &Bearers::none()), None);
    }
}
