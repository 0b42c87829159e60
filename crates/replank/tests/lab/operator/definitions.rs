//! What `kubectl apply` refuses, with field and reason.

use super::fleet::Fleet;

const UPDATE: &str = "apiVersion: replank.dev/v1alpha1\nkind: NodeGroupUpdate\nmetadata: {name: u}\nspec: ";
const POLICY: &str = "apiVersion: replank.dev/v1alpha1\nkind: UpdatePolicy\nmetadata: {name: p}\nspec: ";

#[test]
fn bad_input_is_refused_with_field_and_reason() {
    let fleet = Fleet::bare();
    let window = |text: &str| format!("{POLICY}{{nodeGroups: [g], windows: [{text}]}}");
    for (text, words) in [
        (format!("{UPDATE}{{}}"), "spec.nodeGroup: Required value"),
        (format!("{UPDATE}{{nodeGroup: \"\"}}"), "spec.nodeGroup"),
        (format!("{UPDATE}{{nodeGroup: g, kubernetesVersion: v1.33}}"), "spec.kubernetesVersion"),
        (
            format!("{UPDATE}{{nodeGroup: g, maxUnavailable: 0}}"),
            "maxUnavailable is a number from 1 to 100, or a share",
        ),
        (format!("{UPDATE}{{nodeGroup: g, maxUnavailable: \"0%\"}}"), "spec.maxUnavailable"),
        (format!("{UPDATE}{{nodeGroup: g, strategy: Fast}}"), "spec.strategy: Unsupported value: \"Fast\""),
        (
            format!(
                "{UPDATE}{{nodeGroup: g, releaseVersion: r, launchTemplate: {{name: t, version: \"1\"}}}}"
            ),
            "launchTemplate names the image itself",
        ),
        (format!("{POLICY}{{nodeGroups: []}}"), "spec.nodeGroups"),
        (format!("{POLICY}{{nodeGroups: [\"a b\"]}}"), "nodeGroups holds names of node groups"),
        (window("{cron: \"* * * * *\", duration: 1h}"), "spec.windows[0].cron"),
        (window("{cron: \"0 2 * * *\", duration: an hour}"), "spec.windows[0].duration"),
        (window("{cron: \"0 2 * * *\", duration: 200h}"), "from 1m to 168h"),
        (
            format!(
                "{POLICY}{{nodeGroups: [g], freezes: [{{from: \"2026-12-27\", through: \"2026-12-24\"}}]}}"
            ),
            "through is not before from",
        ),
    ] {
        let (taken, said) = fleet.apply(&text);
        assert!(!taken && said.contains(words), "{text}:\n{said}");
    }
    let (taken, said) =
        fleet.apply(&window("{cron: \"0 2 * * TUE\", timeZone: Europe/Berlin, duration: 4h30m}"));
    assert!(taken && !said.contains("Warning"), "{said}");
    // Applied again, nothing changes.
    let (taken, said) =
        fleet.apply(&window("{cron: \"0 2 * * TUE\", timeZone: Europe/Berlin, duration: 4h30m}"));
    assert!(taken && said.contains("unchanged"), "{said}");
}

#[test]
fn what_an_update_leads_to_cannot_be_changed() {
    let fleet = Fleet::bare();
    let taken =
        fleet.apply(&format!("{UPDATE}{{nodeGroup: g, kubernetesVersion: \"1.33\", approved: true}}"));
    assert!(taken.0, "{}", taken.1);
    for (spec, words) in [
        ("{nodeGroup: h, kubernetesVersion: \"1.33\", approved: true}", "nodeGroup cannot be changed"),
        (
            "{nodeGroup: g, kubernetesVersion: \"1.34\", approved: true}",
            "kubernetesVersion cannot be changed",
        ),
        ("{nodeGroup: g, approved: true}", "kubernetesVersion cannot be taken out"),
        ("{nodeGroup: g, kubernetesVersion: \"1.33\"}", "approved cannot be taken back"),
    ] {
        let (taken, said) = fleet.apply(&format!("{UPDATE}{spec}"));
        assert!(!taken && said.contains(words), "{spec}:\n{said}");
    }
    let (taken, said) = fleet.apply(&format!(
        "{UPDATE}{{nodeGroup: g, kubernetesVersion: \"1.33\", approved: true, paused: true}}"
    ));
    assert!(taken, "{said}");
}
