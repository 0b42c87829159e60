//! ARNs of IAM roles and users in requests.

use super::EksError;

/// A role or user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Principal<'a> {
    /// Partition, such as `aws`.
    pub(super) partition: &'a str,
    /// `role` or `user`.
    pub(super) kind: &'a str,
    /// Account id.
    pub(super) account: &'a str,
    /// Name without its path.
    pub(super) name: &'a str,
}

/// Parses `arn:aws:iam::ACCOUNT:role/PATH/NAME`, or the same for a user; `None` for anything else.
pub(super) fn principal(arn: &str) -> Option<Principal<'_>> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, resource] = parts[..] else { return None };
    let (kind, path) = resource.split_once('/')?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    let is_good = partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(kind, "role" | "user")
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c));
    is_good.then_some(Principal { partition, kind, account, name })
}

/// Refuses a text that is not the ARN of a role.
pub(super) fn role(member: &str, arn: &str) -> Result<(), EksError> {
    if principal(arn).is_some_and(|principal| principal.kind == "role") {
        return Ok(());
    }
    let said = format!(
        "{member}: '{arn}' is no ARN of a role; give one such as arn:aws:iam::111122223333:role/name"
    );
    Err(EksError::invalid(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_users_are_told_from_the_rest() {
        for (arn, wanted) in [
            ("arn:aws:iam::111122223333:role/r", Some(("role", "r"))),
            ("arn:aws-cn:iam::111122223333:role/a/path/of/r", Some(("role", "r"))),
            ("arn:aws:iam::111122223333:user/u", Some(("user", "u"))),
            ("arn:aws:iam::1:role/r", None),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::111122223333:role", None),
            ("arn:aws:iam::111122223333:root", None),
            ("arn:aws:iam::111122223333:role/a b", None),
            ("arn:aws:sts::111122223333:assumed-role/r/s", None),
            ("arn:other:iam::111122223333:role/r", None),
            ("r", None),
            ("", None),
        ] {
            assert_eq!(principal(arn).map(|it| (it.kind, it.name)), wanted, "{arn}");
            assert_eq!(role("roleArn", arn).is_ok(), wanted.is_some_and(|it| it.0 == "role"), "{arn}");
        }
    }
}
