//! `replank check` on files and snapshots: what it finds, what it refuses, and the shapes it prints.

use std::path::Path;

use serde_json::Value;

use crate::tool::{Ran, Scratch, run_in, run_with};

const MANIFESTS: &str = "\
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1}
---
# A list as kubectl prints it.
apiVersion: v1
kind: List
items:
- apiVersion: batch/v1beta1
  kind: CronJob
  metadata: {name: report}
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: kept}
---
replicas: 2
";

/// A release of Helm as its Secret holds it: `web` of `shop`, revision 1, deployed, with a `CronJob` in batch/v1beta1 and
/// a hook with a budget in policy/v1beta1; and one that is broken.
const RELEASE: &str = include_str!("check_release.yaml");

fn yard(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.write("app/web.yaml", MANIFESTS);
    scratch
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).expect("one object")
}

/// Ids and objects of the findings.
fn found(report: &Value, list: &str) -> Vec<String> {
    let one = |finding: &Value| {
        let object = &finding["object"];
        format!("{} {}/{}", finding["id"], object["namespace"], object["name"]).replace('"', "")
    };
    report[list].as_array().expect("a list").iter().map(one).collect()
}

fn check(at: &Path, arguments: &str) -> Ran {
    run_in(at, &format!("check {arguments}"))
}

#[test]
fn manifests_are_checked_without_a_cluster() {
    let scratch = yard("check-files");
    let ran = check(scratch.path(), "-f app --target 1.25 -o json");
    assert_eq!(ran.code, Some(7), "{}{}", ran.out, ran.err);
    let report = json(&ran);
    assert_eq!(found(&report, "findings"), ["api-removed default/report", "api-removed shop/web"]);
    let report = &report;
    assert_eq!(report["findings"][0]["sources"][0]["place"], "app/web.yaml:10");
    assert_eq!(report["findings"][0]["replacement"], "batch/v1 CronJob");
    assert_eq!(report["findings"][1]["breaksIn"], "1.25");
    let unseen = "1 document has no apiVersion and kind, at app/web.yaml:17:1";
    assert_eq!(report["notLookedAt"][0], unseen);

    let earlier = check(scratch.path(), "-f app --target 1.24 -o json");
    assert_eq!(earlier.code, Some(0), "{}", earlier.out);
    assert_eq!(json(&earlier)["counts"]["warns"], 2);
    assert_eq!(check(scratch.path(), "-f app --target 1.24 --fail-on warns").code, Some(7));
    assert_eq!(check(scratch.path(), "-f app --target 1.25 --fail-on never").code, Some(0));
}

#[test]
fn releases_of_helm_are_read_with_their_hooks_and_a_broken_one_is_named() {
    let scratch = Scratch::new("check-helm");
    scratch.write("secret.yaml", RELEASE);
    let ran = check(scratch.path(), "-f secret.yaml --target 1.25 -o json");
    assert_eq!(ran.code, Some(7), "{}{}", ran.out, ran.err);
    let report = json(&ran);
    let wanted = [
        "api-removed shop/report",
        "api-removed shop/web",
        "helm-release-unreadable shop/sh.helm.release.v1.broken.v1",
    ];
    assert_eq!(found(&report, "findings"), wanted);
    let of = |index: usize| &report["findings"][index]["sources"][0];
    assert_eq!(of(0)["text"], "Helm release shop/web revision 1 (deployed)");
    assert_eq!(of(1)["text"], "Helm release shop/web revision 1 (deployed), hook guard");
    assert!(
        report["findings"][0]["advice"].as_str().is_some_and(|it| it.contains("before the cluster")),
        "{report}"
    );
}

#[test]
fn a_snapshot_is_checked_and_says_what_it_does_not_hold() {
    let scratch = Scratch::new("check-snapshot");
    let node = r#"{"kind":"Node","apiVersion":"v1","metadata":{"name":"n","uid":"u"},
        "status":{"nodeInfo":{"kubeletVersion":"v1.31.2"}}}"#;
    let pod =
        r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"p","namespace":"shop","uid":"v"},"spec":{}}"#;
    scratch.write("all.json", format!("{{\"serverVersion\":{{\"gitVersion\":\"v1.34.4\"}}}}{node}{pod}"));
    let taken = run_in(scratch.path(), "snapshot --from all.json --taken-at 2026-11-20T10:00:00Z -o it.snap");
    assert_eq!(taken.code, Some(0), "{}", taken.err);
    let ran = check(scratch.path(), "--snapshot it.snap -o json");
    let report = json(&ran);
    assert_eq!((&report["cluster"], &report["target"]), (&"1.34.4".into(), &"1.35".into()));
    assert_eq!(found(&report, "findings"), ["kubelet-too-old /n"]);
    assert!(
        report["notLookedAt"][0].as_str().is_some_and(|it| it.contains("has no managed fields")),
        "{report}"
    );
    for (target, said) in [
        (
            "1.36",
            "--target 1.36: the cluster runs 1.34.4, and a control plane goes up one minor at a time; check 1.35 first",
        ),
        ("1.33", "--target 1.33: the cluster runs 1.34.4 already"),
        ("1.99", "--target 1.99: there is no such version that is known here"),
    ] {
        let ran = check(scratch.path(), &format!("--snapshot it.snap --target {target}"));
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(ran.err.contains(said), "{}", ran.err);
    }
}

#[test]
fn bad_input_is_named_with_its_place_and_its_way_out() {
    let scratch = yard("check-bad");
    scratch.write("chart.yaml", "kind: A\nname: {{ .Values.name }}\n");
    scratch.write("base.yaml", "suppressions:\n- check: api-gone\n  reason: x\n- {check: api-removed}\n- {check: api-removed, reason: x, until: soon}\n- {chek: a}\n");
    for (arguments, wanted) in [
        ("-f app", vec!["--target is missing"]),
        ("-f nowhere --target 1.34", vec!["nowhere: cannot be read"]),
        ("-f chart.yaml --target 1.34", vec!["chart.yaml:2:", "give what `helm template` prints"]),
        ("-f app --target soon", vec!["--target soon: no version of Kubernetes"]),
        (
            "--snapshot app/web.yaml",
            vec!["--snapshot app/web.yaml: holds Kubernetes objects but is no snapshot"],
        ),
        (
            "-f app --target 1.34 --baseline base.yaml",
            vec![
                "--baseline base.yaml:2:10: suppressions[0].check: there is no such check; there are address-not-strict",
                "suppressions[1]: has no `reason`",
                "suppressions[2].until: is to be a day such as 2027-01-31",
                "suppressions[3].chek: is not known here; known are check",
            ],
        ),
    ] {
        let ran = check(scratch.path(), arguments);
        assert_eq!(ran.code, Some(2), "{arguments}: {}", ran.out);
        for said in wanted {
            assert!(ran.err.contains(said), "{arguments}: {}", ran.err);
        }
        assert_eq!(ran.out, "", "{arguments}");
    }
}

#[test]
fn a_broken_document_among_others_is_named_and_the_rest_is_checked() {
    let scratch = yard("check-broken");
    scratch.write("app/template.yaml", "kind: A\nname: {{ .Values.name }}\n");
    scratch.write(
        "app/two.yaml",
        "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: late}\n---\na: [\n",
    );
    let ran = check(scratch.path(), "-f app --target 1.25 -o json");
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    let report = json(&ran);
    let wanted = ["api-removed default/late", "api-removed default/report", "api-removed shop/web"];
    assert_eq!(found(&report, "findings"), wanted);
    let broken: Vec<&str> =
        report["unreadable"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(broken.len(), 2, "{broken:#?}");
    assert!(broken[0].starts_with("app/template.yaml:2:"), "{broken:#?}");
    assert!(broken[1].starts_with("app/two.yaml:"), "{broken:#?}");
    let verdict = report["verdict"].as_str().expect("a text");
    assert!(verdict.ends_with("2 documents could not be read."), "{verdict}");
    // It says so in every shape, and whatever --fail-on says.
    let printed =
        |shape: &str| check(scratch.path(), &format!("-f app --target 1.25 --fail-on never -o {shape}"));
    for (shape, said) in [
        ("table", "Could not be read:\n  app/template.yaml:2:"),
        ("junit", "errors=\"2\""),
        ("html", "app/template.yaml:2:"),
    ] {
        let ran = printed(shape);
        assert_eq!(ran.code, Some(2), "{shape}: {}", ran.err);
        assert!(ran.out.contains(said), "{shape}: {}", ran.out);
    }
    let sarif: Value = serde_json::from_str(&printed("sarif").out).expect("JSON");
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_somebody_lives_with_is_kept_apart_until_its_day() {
    let scratch = yard("check-baseline");
    let written = check(scratch.path(), "-f app --target 1.25 --write-baseline all.yaml --reason known");
    assert_eq!(written.code, Some(7), "{}", written.err);
    let ran = check(scratch.path(), "-f app --target 1.25 --baseline all.yaml -o json");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(found(&json(&ran), "suppressed").len(), 2);

    let mixed = "suppressions:\n\
        - {check: api-removed, kind: CronJob, name: rep*, reason: goes in May, until: 2020-05-31}\n\
        - {check: api-removed, kind: PodDisruptionBudget.policy, namespace: shop, reason: ours}\n\
        - {check: single-replica, reason: none is left}\n";
    scratch.write("mixed.yaml", mixed);
    let ran = check(scratch.path(), "-f app --target 1.25 --baseline mixed.yaml -o json");
    assert_eq!(ran.code, Some(7), "an expired one takes nothing: {}", ran.out);
    let report = json(&ran);
    assert_eq!(found(&report, "findings"), ["api-removed default/report"]);
    assert_eq!(found(&report, "suppressed"), ["api-removed shop/web"]);
    assert_eq!(report["expired"][0]["until"], "2020-05-31");
    assert_eq!(report["idle"][0]["check"], "single-replica");
    let table = check(scratch.path(), "-f app --target 1.25 --baseline mixed.yaml").out;
    assert!(
        table.contains("Suppressions that have expired:\n  mixed.yaml:2:3: api-removed until 2020-05-31"),
        "{table}"
    );
}

#[test]
fn the_other_shapes_say_the_same() {
    let scratch = yard("check-shapes");
    let printed = |shape: &str| check(scratch.path(), &format!("-f app --target 1.25 -o {shape}")).out;
    let sarif: Value = serde_json::from_str(&printed("sarif")).expect("JSON");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!((sarif["version"].as_str(), results.len()), (Some("2.1.0"), 2));
    let rule = &run["tool"]["driver"]["rules"][results[0]["ruleIndex"].as_u64().expect("an index") as usize];
    assert_eq!(rule["id"], results[0]["ruleId"]);
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 10);
    let junit = printed("junit");
    assert!(junit.contains("<testsuites name=\"replank check\" tests=\"2\" failures=\"2\""), "{junit}");
    let html = printed("html");
    assert!(html.contains("<td>CronJob default/report</td>") && html.ends_with("</html>\n"), "{html}");

    let piped = run_with(MANIFESTS, "check -f - --target 1.25 -o json");
    assert_eq!(json(&piped)["findings"][1]["sources"][0]["place"], "stdin:1");
}
