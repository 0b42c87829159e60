//! Names that users choose (EKS API reference: `CreateNodegroup`, `CreateFargateProfile`).

use super::EksError;

/// Refuses a name longer than `most` or with other characters than letters, digits, `-` and `_`. `what` is for the
/// message.
pub(super) fn check(what: &str, name: &str, most: usize) -> Result<(), EksError> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let begins = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins && name.len() <= most && name.chars().all(good) {
        return Ok(());
    }
    let said = format!(
        "The {what} name must be up to {most} letters, digits, hyphens and underscores, and begin with a letter or a \
         digit"
    );
    Err(EksError::invalid(said))
}
