//! Modes of kube-proxy that are deprecated.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, list, text, texts};
use crate::subject::Facts;

static IPVS: Check = Check {
    id: "kube-proxy-ipvs",
    severity: Severity::Warns,
    meaning: "kube-proxy runs in the mode ipvs, which is deprecated since 1.35; it is announced to be off by default in 1.40 \
              and gone in 1.43.",
    advice: "Move to nftables, or iptables, node group by node group.",
    basis: "Changelogs of Kubernetes 1.35 and 1.37",
};
static UNSET: Check = Check {
    id: "kube-proxy-mode-unset",
    severity: Severity::Informs,
    meaning: "kube-proxy is told no mode. From 1.37 on it warns of that (event KubeProxyDefaultMode): the default becomes \
              nftables in 1.40.",
    advice: "Set the mode that you want.",
    basis: "Changelog of Kubernetes 1.37",
};

pub(super) const CHECKS: &[&Check] = &[&IPVS, &UNSET];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let daemons = facts.of("apps", "DaemonSet").filter(|item| item.own_name().starts_with("kube-proxy"));
    let by_flag: Vec<(&Item, &str)> = daemons.filter_map(|item| Some((item, flag(item)?))).collect();
    for (item, mode) in &by_flag {
        judge(facts, item, mode, findings);
    }
    if !by_flag.is_empty() {
        return;
    }
    for item in facts.of("kubeproxy.config.k8s.io", "KubeProxyConfiguration") {
        judge(facts, item, text(&item.object, &["mode"]), findings);
    }
}

fn judge(facts: &Facts<'_>, item: &Item, mode: &str, findings: &mut Findings) {
    if mode == "ipvs" && facts.reaches(35) {
        findings.add(Seen::of(&IPVS, item, "its mode is ipvs").breaks_in(Some(Minor(43))));
    }
    if mode.is_empty() && facts.reaches(37) {
        findings.add(Seen::of(&UNSET, item, "no mode is set").breaks_in(Some(Minor(40))));
    }
}

/// Mode given by a flag, which takes precedence over the configuration.
fn flag(item: &Item) -> Option<&str> {
    let containers = list(&item.object, &["spec", "template", "spec", "containers"]);
    let words: Vec<&str> =
        containers.flat_map(|it| texts(it, &["command"]).chain(texts(it, &["args"]))).collect();
    words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix("--proxy-mode")? {
        "" => words.get(index + 1).copied(),
        value => value.strip_prefix('='),
    })
}
