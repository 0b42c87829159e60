//! kube-proxy: its tag, and 64-bit ARM among the architectures that it may run on.

use replank_core::version::Minor;
use serde_json::{Value, json};

use crate::image::{CONTAINERS, set_tag, tag};
use crate::version::BuildVersion;
use crate::{AddOn, AddOnObject, Found, Update, UpdateError, object};

const NAME: &str = "kube-proxy";
/// Where the terms are that name architectures.
const TERMS: &str = "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";

pub(crate) fn update(found: &[Found], version: &str, minor: Minor) -> Result<Update, UpdateError> {
    let live = object(found, AddOnObject::KubeProxy).ok_or(UpdateError::Absent(AddOn::KubeProxy.name()))?;
    let wanted = BuildVersion::parse(version).ok_or_else(|| UpdateError::Version(version.to_owned()))?;
    let from = tag(live, CONTAINERS, NAME, NAME)?.ok_or(UpdateError::Absent(NAME))?;
    // kube-proxy goes with its minor, also back with it: a newer one than the API server is not supported.
    let is_there = BuildVersion::parse(from).is_some_and(|is| is.release.1 == minor.0 && is >= wanted);
    let to = if is_there { from.to_owned() } else { wanted.kube_proxy_tag(minor) };
    let mut object = live.clone();
    set_tag(&mut object, CONTAINERS, NAME, &to);
    let mut changes = Vec::new();
    if takes_arm(&mut object) {
        changes.push("it may run on arm64 nodes too".to_owned());
    }
    let objects =
        if object == *live { Vec::new() } else { vec![Found { place: AddOnObject::KubeProxy, object }] };
    Ok(Update { from: from.to_owned(), to, objects, changes, keeps: Vec::new() })
}

/// Adds `arm64` where terms name architectures; answers whether one lacked it.
fn takes_arm(object: &mut Value) -> bool {
    let mut changed = false;
    for term in object.pointer_mut(TERMS).and_then(Value::as_array_mut).into_iter().flatten() {
        let expressions =
            term.get_mut("matchExpressions").and_then(Value::as_array_mut).into_iter().flatten();
        for one in expressions.filter(|one| one["key"] == "kubernetes.io/arch" && one["operator"] == "In") {
            if let Some(values) = one["values"].as_array_mut().filter(|all| !all.contains(&json!("arm64"))) {
                values.push(json!("arm64"));
                changed = true;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(image: &str, arches: &Value) -> Vec<Found> {
        let term =
            json!({"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": arches}]});
        let affinity = json!({"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}
        }});
        let container = json!({"name": NAME, "image": image, "resources": {"requests": {"cpu": "7m"}}});
        let object =
            json!({"spec": {"template": {"spec": {"affinity": affinity, "containers": [container]}}}});
        vec![Found { place: AddOnObject::KubeProxy, object }]
    }

    #[test]
    fn the_tag_alone_follows_the_version() {
        let found =
            live("r.example:5000/eks/kube-proxy:v1.32.0-minimal-eksbuild.2", &json!(["amd64", "arm64"]));
        let done = update(&found, "v1.33.10-eksbuild.25", Minor(33)).unwrap();
        assert_eq!((&*done.from, &*done.to), ("v1.32.0-minimal-eksbuild.2", "v1.33.10-minimal-eksbuild.25"));
        let mut wanted = found[0].object.clone();
        wanted["spec"]["template"]["spec"]["containers"][0]["image"] =
            json!("r.example:5000/eks/kube-proxy:v1.33.10-minimal-eksbuild.25");
        assert_eq!(done.objects, [Found { place: AddOnObject::KubeProxy, object: wanted }]);
        // A later build of the same minor stays, one of a later minor does not.
        for (tag, stays) in [("v1.33.11-eksbuild.1", true), ("v1.34.1-eksbuild.2", false)] {
            let found = live(&format!("kube-proxy:{tag}"), &json!(["amd64", "arm64"]));
            let done = update(&found, "v1.33.10-eksbuild.25", Minor(33)).unwrap();
            assert_eq!(done.is_up_to_date(), stays, "{tag}");
        }
    }

    #[test]
    fn arm_is_added_and_a_pinned_image_is_named() {
        let found = live("kube-proxy:v1.33.10-eksbuild.25", &json!(["amd64"]));
        let done = update(&found, "v1.33.10-eksbuild.25", Minor(33)).unwrap();
        assert_eq!(done.changes, ["it may run on arm64 nodes too"]);
        assert!(!done.is_up_to_date() && done.from == done.to);
        let pinned = live("kube-proxy@sha256:0f", &json!([]));
        let refused = update(&pinned, "v1.33.10-eksbuild.25", Minor(33)).unwrap_err().to_string();
        assert!(refused.contains("\"kube-proxy@sha256:0f\" of container \"kube-proxy\""), "{refused}");
        let none = update(&[], "v1.33.10-eksbuild.25", Minor(33)).unwrap_err().to_string();
        assert_eq!(none, "\"kube-proxy\" was not found");
    }
}
