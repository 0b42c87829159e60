//! kube-proxy against the target's control plane.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, list, text};
use crate::subject::Facts;
use crate::version::Version;

static SKEW: Check = Check {
    id: "kube-proxy-too-old",
    severity: Severity::Blocks,
    meaning: "kube-proxy would be more than three minors behind the target (two before 1.25), or is newer than it: the \
              control plane does not support it.",
    advice: "Update kube-proxy to the control plane's version first.",
    basis: "Version skew policy of Kubernetes",
};
static BEHIND: Check = Check {
    id: "kube-proxy-behind",
    severity: Severity::Warns,
    meaning: "kube-proxy is behind the control plane already. It goes with its minor: one that lags breaks when somebody \
              lets it jump, weeks later.",
    advice: "Update kube-proxy to the control plane's version before the next minor.",
    basis: "kubernetes/kubernetes#132516",
};

pub(super) const CHECKS: &[&Check] = &[&SKEW, &BEHIND];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.of("apps", "DaemonSet").filter(|item| item.own_name().starts_with("kube-proxy")) {
        let Some((image, proxy)) = image(item) else { continue };
        let target = facts.target.minor;
        if proxy > target || !proxy.may_serve_under(target) {
            findings.add(Seen::of(&SKEW, item, format!("its image is {image}, the target {target}")));
        } else if let Some(cluster) = facts.cluster.filter(|cluster| proxy < cluster.minor) {
            let evidence = format!("its image is {image}, the control plane {}", cluster.minor);
            findings.add(Seen::of(&BEHIND, item, evidence));
        }
    }
}

/// Image of kube-proxy, and the minor in its tag.
fn image(item: &Item) -> Option<(&str, Minor)> {
    let containers = list(&item.object, &["spec", "template", "spec", "containers"]);
    let mut images = containers.map(|container| text(container, &["image"]));
    let image = images.find(|image| image.contains("kube-proxy"))?;
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    Some((image, Version::parse(tag)?.minor))
}
