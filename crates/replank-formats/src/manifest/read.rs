//! Parses one object: kind, validation, typed form.

use std::sync::Arc;

use serde_json::Value;

use super::apis::{self, Api, Found};
use super::convert::{Reader, meta, object, other};
use super::object::{Given, Object};
use super::wrong::Wrong;
use crate::yaml::{Doc, Field};
use replank_world::known::Known;
use replank_world::object::AsGiven;
use replank_world::refusal::Refusal;

/// Why an object is refused.
#[derive(Clone, Debug)]
pub(super) struct Rejected {
    /// Start of the message, such as `The Deployment "web" is invalid`; `None` when a reason stands alone.
    pub(super) head: Option<String>,
    /// HTTP status code and `reason`.
    pub(super) code: (u16, &'static str),
    /// The reasons, at least one.
    pub(super) wrong: Vec<Wrong>,
}

/// Parses one object that comes from a request. The error is the API server's.
pub fn admit(value: &Value, known: &Known) -> Result<Given, Refusal> {
    let doc = Doc::without_places("", value.clone());
    read(&doc.root(), known, false).map_err(|rejected| {
        let (code, reason) = rejected.code;
        let texts: Vec<_> = rejected.wrong.iter().map(|wrong| wrong.text.as_str()).collect();
        let all = match texts.as_slice() {
            [one] => (*one).to_owned(),
            many => format!("[{}]", many.join(", ")),
        };
        let head = rejected.head.map_or(String::new(), |head| format!("{head}: "));
        let mut refusal = Refusal::new(code, reason, format!("{head}{all}"));
        let causes = rejected.wrong.into_iter().filter_map(|wrong| Some((wrong.cause?, wrong.text)));
        refusal.causes = causes.collect();
        refusal
    })
}

/// Parses the object at `root`. With `checks_pods` a template is refused when its pods would be, as it has to be where
/// nobody sees them refused.
pub(super) fn read(root: &Field<'_>, known: &Known, checks_pods: bool) -> Result<Given, Rejected> {
    let (version, kind) = (root.get("apiVersion"), root.get("kind"));
    let unset = |field: &Field<'_>| field.text().is_none_or(str::is_empty);
    let missing = match (unset(&version), unset(&kind)) {
        (true, true) if !root.get("clusters").is_absent() => {
            Some((&version, "[apiVersion not set, kind not set]: this is a world file, give it with --world"))
        }
        (true, true) => Some((&version, "[apiVersion not set, kind not set]")),
        (true, false) => Some((&version, "apiVersion not set")),
        (false, true) => Some((&kind, "kind not set")),
        (false, false) => None,
    };
    if let Some((field, what)) = missing {
        return Err(undecodable(field, format!("error validating data: {what}")));
    }
    let (version, kind_text) = (version.text().unwrap_or_default(), kind.text().unwrap_or_default());
    let api = match apis::find(version, kind_text, known.version.minor.0) {
        Found::BuiltIn(api) => Some(api),
        Found::Foreign => None,
        Found::NoMatch(advice) => {
            let name = root.get("metadata").get("name").text().unwrap_or_default();
            let advice = advice.map_or(String::new(), |advice| format!(": {advice}"));
            let text = format!(
                "resource mapping not found for name: \"{name}\" namespace: \"{}\": no matches for kind \
                 \"{kind_text}\" in version \"{version}\"{advice}",
                root.get("metadata").get("namespace").text().unwrap_or_default(),
            );
            return Err(undecodable(&kind, text));
        }
    };
    if kind_text == "Kustomization" && version.starts_with("kustomize.config.k8s.io/") {
        let text = "a Kustomization is no object of a cluster: give what `kubectl kustomize` prints, for instance \
                    with `-f -`";
        return Err(undecodable(&kind, text.to_owned()));
    }
    if kind_text == "Node" && version == "v1" {
        let text = "a Node cannot be given as a manifest: nodes come from node groups, see `nodeGroups` of a world \
                    file";
        return Err(undecodable(&kind, text.to_owned()));
    }
    let reader = Reader { known, checks_pods, wrong: Vec::new() };
    typed(root, kind_text, version, api, reader)
}

fn typed(
    root: &Field<'_>,
    kind: &str,
    version: &str,
    api: Option<&Api>,
    mut reader: Reader<'_>,
) -> Result<Given, Rejected> {
    let (meta, labels) = meta(root, api, &mut reader);
    let (namespace, name) = (meta.namespace.clone(), meta.name.clone());
    let object = match api {
        Some(api) => object(api.kind, root, meta, &mut reader),
        // A kind of somebody else's may have the name of one of ours.
        None => Object::Other(other(kind, root, meta)),
    };
    let mut wrong = reader.wrong;
    if wrong.is_empty() {
        let raw = object.raw().cloned().or_else(|| root.value().map(AsGiven::of)).unwrap_or_default();
        return Ok(Given {
            api_version: Arc::from(version),
            kind: Arc::from(kind),
            namespace,
            name,
            labels,
            object,
            raw,
        });
    }
    wrong.dedup();
    // What cannot be decoded is never validated.
    if wrong.iter().any(|wrong| wrong.cause.is_none()) {
        wrong.retain(|wrong| wrong.cause.is_none());
        let short = version.rsplit('/').next().unwrap_or_default();
        let head = format!("{kind} in version \"{short}\" cannot be handled as a {kind}");
        return Err(Rejected { head: Some(head), code: (400, "BadRequest"), wrong });
    }
    let forbidden = wrong.iter().all(|wrong| wrong.cause == Some("Forbidden"));
    let code = if forbidden { (403, "Forbidden") } else { (422, "Invalid") };
    if forbidden && kind == "Pod" {
        return Err(Rejected { head: Some(format!("pods \"{name}\" is forbidden")), code, wrong });
    }
    Err(Rejected { head: Some(format!("The {kind} \"{name}\" is invalid")), code, wrong })
}

fn undecodable(field: &Field<'_>, text: String) -> Rejected {
    let wrong = vec![Wrong { place: field.place(), cause: None, text }];
    Rejected { head: None, code: (400, "BadRequest"), wrong }
}
