//! The Corefile against the CoreDNS of the target.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text, texts};
use crate::subject::Facts;

static REMOVED: Check = Check {
    id: "corefile-plugin-removed",
    severity: Severity::Breaks,
    meaning: "The Corefile uses a plugin or an option that the CoreDNS of the target does not know: CoreDNS does not start, \
              and names are not resolved any more. A leftover stays when the migration was not done version by version.",
    advice: "Replace it in the ConfigMap coredns of kube-system (in the add-on's configuration values where EKS manages it).",
    basis: "CoreDNS release notes; corefile-migration 1.0.36; CoreDNS that kubeadm and EKS install",
};
static BROKEN: Check = Check {
    id: "corefile-broken",
    severity: Severity::Breaks,
    meaning: "The braces of the Corefile do not match: the next start of CoreDNS fails, and an add-on update starts it.",
    advice: "Mend the ConfigMap coredns of kube-system.",
    basis: "CoreDNS: Caddyfile syntax",
};

static ROLE: Check = Check {
    id: "coredns-role-too-narrow",
    severity: Severity::Breaks,
    meaning: "The ClusterRole of CoreDNS does not let it list and watch EndpointSlices, which the CoreDNS of the target reads \
              in place of Endpoints: it starts and does not become Ready.",
    advice: "Add list and watch on endpointslices of discovery.k8s.io to the ClusterRole system:coredns.",
    basis: "CoreDNS 1.11 and later; EKS: managing CoreDNS",
};

pub(super) const CHECKS: &[&Check] = &[&REMOVED, &BROKEN, &ROLE];

/// CoreDNS of each minor (kubeadm: `CoreDNSVersion`); minors left out have that of the one before.
const COREDNS: &[(u32, (u32, u32, u32))] = &[
    (16, (1, 6, 2)),
    (17, (1, 6, 5)),
    (18, (1, 6, 7)),
    (19, (1, 7, 0)),
    (21, (1, 8, 0)),
    (22, (1, 8, 4)),
    (23, (1, 8, 6)),
    (25, (1, 9, 3)),
    (27, (1, 10, 1)),
    (29, (1, 11, 1)),
    (31, (1, 11, 3)),
    (33, (1, 12, 0)),
    (34, (1, 12, 1)),
    (35, (1, 13, 1)),
    (36, (1, 14, 2)),
    (37, (1, 14, 6)),
    (38, (1, 15, 0)),
];

/// Removed plugins: name, first version without it, what to do.
const PLUGINS: &[(&str, (u32, u32, u32), &str)] = &[
    ("proxy", (1, 5, 0), "write `forward`"),
    ("federation", (1, 7, 0), "take it out; it did nothing without federations"),
    ("startup", (1, 5, 0), "take it out"),
    ("shutdown", (1, 5, 0), "take it out"),
];
/// Removed options: plugin, option, first version without it, what to do.
const OPTIONS: &[(&str, &str, (u32, u32, u32), &str)] = &[
    ("kubernetes", "upstream", (1, 7, 0), "take it out; names are looked up without it"),
    ("kubernetes", "resyncperiod", (1, 7, 0), "take it out"),
    ("kubernetes", "transfer", (1, 8, 0), "use the plugin `transfer`"),
];

/// First minor whose CoreDNS reads EndpointSlices only.
const SLICES_FROM: u32 = 29;

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    role(facts, findings);
    corefile(facts, findings);
}

fn role(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.reaches(SLICES_FROM) {
        return;
    }
    let roles = facts.of("rbac.authorization.k8s.io", "ClusterRole");
    for item in roles.filter(|item| item.own_name() == "system:coredns" && item.object["rules"].is_array()) {
        let grants = |verb: &str| {
            list(&item.object, &["rules"]).any(|rule| {
                let has =
                    |field: &str, wanted: &str| texts(rule, &[field]).any(|it| it == wanted || it == "*");
                has("apiGroups", "discovery.k8s.io")
                    && has("resources", "endpointslices")
                    && has("verbs", verb)
            })
        };
        if !grants("list") || !grants("watch") {
            let seen = Seen::of(&ROLE, item, "it grants no list and watch on endpointslices");
            findings.add(seen.breaks_in(Some(Minor(SLICES_FROM))));
        }
    }
}

fn corefile(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.of("", "ConfigMap") {
        if !item.own_name().starts_with("coredns") {
            continue;
        }
        let corefile = text(&item.object, &["data", "Corefile"]);
        let coming = coredns(facts.target.minor);
        let (used, is_balanced) = uses(corefile);
        if !is_balanced {
            findings.add(Seen::of(
                &BROKEN,
                item,
                "an opening brace has no closing one, or the other way round",
            ));
        }
        for used in used {
            let gone = match used.within {
                None => PLUGINS
                    .iter()
                    .find(|(plugin, ..)| *plugin == used.word)
                    .map(|(_, gone, way)| (*gone, *way)),
                Some(within) => OPTIONS
                    .iter()
                    .find(|(plugin, option, ..)| *plugin == within && *option == used.word)
                    .map(|(_, _, gone, way)| (*gone, *way)),
            };
            let Some((gone, way)) = gone.filter(|(gone, _)| *gone <= coming) else { continue };
            let what = used
                .within
                .map_or(format!("plugin {}", used.word), |it| format!("option {} of {it}", used.word));
            let evidence = format!(
                "line {}: {what} is gone since CoreDNS {}.{}.{}: {way}",
                used.line, gone.0, gone.1, gone.2
            );
            findings.add(Seen::of(&REMOVED, item, evidence));
        }
    }
}

/// CoreDNS version of a minor.
fn coredns(target: Minor) -> (u32, u32, u32) {
    COREDNS.iter().rev().find(|(minor, _)| *minor <= target.0).map_or((1, 3, 1), |(_, version)| *version)
}

/// First word of a line in a server block.
struct Used<'c> {
    line: usize,
    /// Plugin of an option; `None` for plugins.
    within: Option<&'c str>,
    word: &'c str,
}

/// Plugins and options of a Corefile, and whether its braces match.
fn uses(corefile: &str) -> (Vec<Used<'_>>, bool) {
    let (mut open, mut found): (Vec<&str>, _) = (Vec::new(), Vec::new());
    for (index, line) in corefile.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(word) = words.next() else { continue };
        if word == "}" {
            if open.pop().is_none() {
                return (found, false);
            }
            continue;
        }
        match open[..] {
            [] => {}
            [_] => found.push(Used { line: index + 1, within: None, word }),
            [_, plugin, ..] => found.push(Used { line: index + 1, within: Some(plugin), word }),
        }
        if line.trim_end().ends_with('{') {
            open.push(word);
        } else if line.trim_end().ends_with('}') && !line.contains('{') && open.pop().is_none() {
            return (found, false);
        }
    }
    (found, open.is_empty())
}
