//! Warnings about API versions that the server serves and that are deprecated (apiserver:
//! `pkg/endpoints/deprecation`).

use replank_core::api_versions::find;
use replank_core::version::Minor;

/// What a server of 1.`minor` warns whoever asks for a version of a kind; `None` when it is not deprecated there.
pub(crate) fn warning(group: &str, version: &str, kind: &str, minor: u32) -> Option<String> {
    let known = find(group, version, kind)?;
    let since = known.deprecated_in.filter(|since| *since <= Minor(minor))?;
    let named = |group: &str, version: &str, kind: &str| {
        let slash = if group.is_empty() { "" } else { "/" };
        format!("{group}{slash}{version} {kind}")
    };
    let mut text = format!("{} is deprecated in v{since}+", named(group, version, kind));
    if let Some(removed) = known.removed_in {
        text.push_str(&format!(", unavailable in v{removed}+"));
    }
    if let Some((group, version, kind)) = known.replacement {
        text.push_str(&format!("; use {}", named(group, version, kind)));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::warning;

    #[test]
    fn a_server_warns_from_the_minor_on_that_deprecates() {
        let endpoints = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
        assert_eq!(warning("", "v1", "Endpoints", 33).as_deref(), Some(endpoints));
        assert_eq!(warning("", "v1", "Endpoints", 32), None);
        assert_eq!(warning("", "v1", "Pod", 36), None);
        assert_eq!(
            warning("policy", "v1beta1", "PodDisruptionBudget", 24).as_deref(),
            Some(
                "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 \
                 PodDisruptionBudget"
            )
        );
    }
}
