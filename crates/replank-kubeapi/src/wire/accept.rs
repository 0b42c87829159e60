//! The form of a response that a client asks for.

use crate::failure::StatusError;

/// The media type of YAML.
pub(super) const YAML: &str = "application/yaml";

/// Form of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Complete objects.
    Plain,
    /// `as=Table`, of this version of `meta.k8s.io`.
    Table(&'static str),
    /// `as=PartialObjectMetadata`, or its list.
    Metadata(&'static str),
    /// `as=APIGroupDiscoveryList`, of this version of `apidiscovery.k8s.io`.
    Discovery(&'static str),
}

/// The first supported form in an `Accept` header, in the header's order; quality values are ignored, since clients
/// list forms by preference.
pub(crate) fn form(accept: Option<&str>) -> Result<Form, StatusError> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Ok(Form::Plain) };
    accept.split(',').find_map(one).ok_or_else(|| not_acceptable("application/json, application/yaml"))
}

/// Whether that form is YAML.
pub(crate) fn is_yaml(accept: Option<&str>) -> bool {
    let first = accept.and_then(|accept| accept.split(',').find(|range| one(range).is_some()));
    first.is_some_and(|range| range.split(';').next().map(str::trim) == Some(YAML))
}

/// The 406 for a watch in another form than JSON.
pub(crate) fn no_stream() -> StatusError {
    not_acceptable("application/json, application/json;stream=watch")
}

fn not_acceptable(accepted: &str) -> StatusError {
    StatusError::new(406, "NotAcceptable", format!("only the following media types are accepted: {accepted}"))
}

fn one(range: &str) -> Option<Form> {
    let mut parts = range.split(';').map(str::trim);
    match parts.next()? {
        "application/json" | "application/*" | "*/*" | YAML => {}
        _ => return None,
    }
    let (mut group, mut version, mut form) = ("", "", "");
    for part in parts {
        match part.split_once('=')? {
            ("g", value) => group = value,
            ("v", value) => version = value,
            ("as", value) => form = value,
            _ => {}
        }
    }
    let known = |versions: &[&'static str]| versions.iter().copied().find(|known| *known == version);
    match (form, group) {
        ("", _) => Some(Form::Plain),
        ("Table", "meta.k8s.io") => known(&["v1", "v1beta1"]).map(Form::Table),
        ("PartialObjectMetadata" | "PartialObjectMetadataList", "meta.k8s.io") => {
            known(&["v1", "v1beta1"]).map(Form::Metadata)
        }
        ("APIGroupDiscoveryList", "apidiscovery.k8s.io") => known(&["v2", "v2beta1"]).map(Form::Discovery),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, form, is_yaml};

    #[test]
    fn the_first_form_that_can_be_given_is() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,\
                       application/json";
        let discovery =
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        for (accept, wanted) in [
            (None, Form::Plain),
            (Some(""), Form::Plain),
            (Some("*/*"), Form::Plain),
            (Some("application/vnd.kubernetes.protobuf, */*"), Form::Plain),
            (Some("application/vnd.kubernetes.protobuf,application/json"), Form::Plain),
            (Some(kubectl), Form::Table("v1")),
            (Some("application/json;as=Table;v=v9;g=meta.k8s.io,application/json"), Form::Plain),
            (Some("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"), Form::Metadata("v1")),
            (Some(discovery), Form::Discovery("v2")),
        ] {
            assert_eq!(form(accept).unwrap(), wanted, "{accept:?}");
        }
        assert_eq!(form(Some("text/html")).unwrap_err().code, 406);
        for (accept, wanted) in [
            (None, false),
            (Some("application/yaml"), true),
            (Some("application/vnd.kubernetes.protobuf, application/yaml;as=Table;v=v1;g=meta.k8s.io"), true),
            (Some("application/json, application/yaml"), false),
            (Some("text/html, application/yaml"), true),
        ] {
            assert_eq!(is_yaml(accept), wanted, "{accept:?}");
        }
    }
}
