//! Names that callers choose (EKS API reference: `CreateNodegroup`, `CreateFargateProfile`).

use super::Failure;

/// Refuses a name that is longer than `most` or has characters that names do not have; `what` says whose name.
pub(super) fn check(what: &str, name: &str, most: usize) -> Result<(), Failure> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins && name.len() <= most && name.chars().all(good) {
        return Ok(());
    }
    let said = format!(
        "The {what} name must be up to {most} letters, digits, hyphens and underscores, and begin with a letter or a \
         digit"
    );
    Err(Failure::invalid(said))
}
