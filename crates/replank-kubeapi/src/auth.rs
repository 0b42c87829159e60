//! Authentication: a client certificate of our authority, or a bearer token that a function of the caller checks.

use std::fmt;
use std::sync::Arc;

/// An authenticated user; may do everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Name (`username`).
    pub name: String,
    /// Names of the groups that the user belongs to (`UserInfo.groups`).
    pub groups: Vec<String>,
}

impl User {
    /// The user of the administrator's client certificate.
    pub(crate) fn admin() -> Self {
        let groups = ["system:masters", "system:authenticated"];
        Self { name: "kubernetes-admin".to_owned(), groups: groups.map(str::to_owned).to_vec() }
    }
}

/// Checks bearer tokens: returns the user, or `None` for unknown ones. Must not block.
#[derive(Clone)]
pub struct Bearers(pub Arc<dyn Fn(&str) -> Option<User> + Send + Sync>);

impl Bearers {
    /// Accepts no token.
    pub fn none() -> Self {
        Self(Arc::new(|_| None))
    }
}

impl fmt::Debug for Bearers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearers")
    }
}

/// The user of a request; `certified` says whether the connection has a client certificate, which takes precedence.
/// `None` for anonymous requests.
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
