//! Misbehaviour that a manifest asks for by annotations of its pods, as the same quirks that rules give.

use replank_formats::manifest::annotations::{self, BROKEN, READY, TERMINATE};
use replank_world::object::Pod;
use replank_world::rng::Delay;
use replank_world::time::Span;

use super::rules::PodQuirk;

/// Time from the start of a container that crashes to its end.
const CRASHES_AFTER: Delay = Delay::Fixed(Span::secs(3));

/// All quirks in the annotations of a pod, for every stage of its life.
pub(super) fn quirks(pod: &Pod) -> Vec<PodQuirk> {
    let given = &pod.template.annotations;
    let never = |key: &str| given.get(key).is_some_and(|text| text.as_ref() == "never");
    let mut quirks = Vec::new();
    match given.get(BROKEN).map(AsRef::as_ref) {
        Some("image") => quirks.push(PodQuirk::PullFails),
        Some("readiness") => quirks.push(PodQuirk::NeverReady),
        Some("crash") => quirks.push(PodQuirk::Crashes(CRASHES_AFTER)),
        Some(_) | None => {}
    }
    if never(READY) {
        quirks.push(PodQuirk::NeverReady);
    } else {
        quirks.extend(annotations::delay(given, READY).map(PodQuirk::Ready));
    }
    if never(TERMINATE) {
        quirks.push(PodQuirk::NeverStops);
    } else {
        quirks.extend(annotations::delay(given, TERMINATE).map(PodQuirk::Stop));
    }
    // A controller copies the finalizers of its template (Kubernetes: `getPodsFinalizers`).
    if pod.template.raw.may_have("finalizers") {
        let finalizers = pod.template.raw["metadata"]["finalizers"].as_array();
        let finalizers = finalizers.into_iter().flatten().filter_map(|finalizer| finalizer.as_str());
        quirks.extend(finalizers.map(|finalizer| PodQuirk::Held(finalizer.into())));
    }
    quirks
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::{PodQuirk, quirks};
    use replank_formats::manifest::{Object, admit};
    use replank_world::known::Known;
    use replank_world::rng::Delay;
    use replank_world::time::Span;

    #[test]
    fn annotations_are_quirks() {
        let of = |annotations: serde_json::Value| {
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": { "name": "p", "annotations": annotations, "finalizers": ["example.com/hold"] },
                "spec": { "containers": [{ "name": "c", "image": "i" }] },
            });
            let Object::Pod(pod) = admit(&pod, &Known::default()).expect("accepted").object else {
                panic!("a Pod")
            };
            quirks(&pod)
        };
        let held = PodQuirk::Held(Arc::from("example.com/hold"));
        let ready = PodQuirk::Ready(Delay::Between(Span::secs(2), Span::secs(8)));
        assert_eq!(of(json!({ "sim.replank/ready": "2s..8s" })), [ready, held.clone()]);
        let never = json!({ "sim.replank/ready": "never", "sim.replank/terminate": "never" });
        assert_eq!(of(never), [PodQuirk::NeverReady, PodQuirk::NeverStops, held.clone()]);
        assert_eq!(of(json!({ "sim.replank/broken": "image" })), [PodQuirk::PullFails, held]);
    }

    #[test]
    fn an_annotation_of_another_form_is_refused() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": { "name": "p", "annotations": { "sim.replank/ready": "soon" } },
            "spec": { "containers": [{ "name": "c", "image": "i" }] },
        });
        let refusal = admit(&pod, &Known::default()).expect_err("refused");
        assert_eq!(
            (refusal.code, refusal.message.as_str()),
            (
                422,
                "The Pod \"p\" is invalid: metadata.annotations[sim.replank/ready]: Invalid value: \"soon\": must be a \
                 delay such as 5s, 2s..8s, `median 10s, 95% 40s` or never"
            )
        );
    }
}
