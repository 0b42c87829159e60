//! The namespace that whoever gives manifests names beside them, as `kubectl --namespace` does.

use serde_json::Value;

use super::{apis, names};
use crate::yaml::{BadInput, Doc};

/// Why a text is no name of a namespace; `None` when it is one.
pub fn no_namespace(text: &str) -> Option<&'static str> {
    names::dns_label(text)
}

/// Puts an object that names no namespace into this one, if one is named. Objects of the cluster have none. The error is
/// kubectl's: the object names another namespace.
pub fn in_namespace(mut doc: Doc, namespace: Option<&str>) -> Result<Doc, BadInput> {
    let Some(namespace) = namespace else { return Ok(doc) };
    let root = doc.root();
    if root.get("kind").text().is_none_or(apis::is_of_cluster) {
        return Ok(doc);
    }
    let named = root.get("metadata").get("namespace");
    if let Some(named_is) = named.text().filter(|text| !text.is_empty()) {
        if named_is == namespace {
            return Ok(doc);
        }
        return Err(named.error(format!(
            "the namespace from the provided object \"{named_is}\" does not match the namespace \"{namespace}\". You \
             must pass '--namespace={named_is}' to perform this operation."
        )));
    }
    doc.set_in("metadata", "namespace", Value::from(namespace));
    Ok(doc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn an_object_without_a_namespace_gets_the_one_that_is_named() {
        let rows = [
            ("kind: ConfigMap\nmetadata: {name: a}\n", Ok("shop")),
            ("kind: ConfigMap\nmetadata: {name: a, namespace: ''}\n", Ok("shop")),
            ("kind: ConfigMap\nmetadata: {name: a, namespace: shop}\n", Ok("shop")),
            ("kind: Boat\nmetadata: {name: a}\n", Ok("shop")),
            ("kind: Namespace\nmetadata: {name: a}\n", Ok("")),
            (
                "kind: ConfigMap\nmetadata: {name: a, namespace: sea}\n",
                Err("m.yaml:2:32: metadata.namespace: the namespace from"),
            ),
        ];
        for (text, wanted) in rows {
            let doc = yaml::read_manifest("m.yaml", text.as_bytes()).unwrap().remove(0);
            match (in_namespace(doc, Some("shop")), wanted) {
                (Ok(doc), Ok(namespace)) => {
                    let root = doc.root();
                    assert_eq!(root.get("metadata").get("namespace").text().unwrap_or_default(), namespace);
                }
                (Err(wrong), Err(begin)) => assert!(wrong.to_string().starts_with(begin), "{wrong}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }
}
