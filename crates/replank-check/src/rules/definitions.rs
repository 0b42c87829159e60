//! Custom resource definitions with stored versions that are not served, and objects in versions that are not served.

use std::collections::BTreeMap;

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, group_version, list, text, texts};
use crate::subject::Facts;

static STORED: Check = Check {
    id: "crd-stored-version-not-served",
    severity: Severity::Blocks,
    meaning: "The definition's status.storedVersions names a version that it does not serve, or does not have: objects \
              stored so cannot be read, and an update of the definition that drops the version is refused.",
    advice: "Migrate the stored objects to the storage version, then take the old one out of status.storedVersions.",
    basis: "Kubernetes: CustomResourceDefinition; aws/karpenter-provider-aws#7734",
};
static PRUNED: Check = Check {
    id: "crd-several-stored-versions",
    severity: Severity::Informs,
    meaning: "The definition has objects stored in more than one version. From 1.36 on the storage version migrator \
              takes old ones out of status.storedVersions, up to 1.37 also after a migration that failed.",
    advice: "Migrate the stored objects before the upgrade, and look at the StorageVersionMigration of it afterwards.",
    basis: "kubernetes/kubernetes#143103",
};

static NOT_SERVED: Check = Check {
    id: "crd-version-not-served",
    severity: Severity::Breaks,
    meaning: "A manifest or a Helm release holds a custom object in a version that its definition does not serve: applying \
              it fails, and so does the next upgrade of the release.",
    advice: "Write a version that the definition serves.",
    basis: "Kubernetes: CustomResourceDefinition",
};
static OUTGOING: Check = Check {
    id: "crd-version-deprecated",
    severity: Severity::Warns,
    meaning: "A manifest or a Helm release holds a custom object in a version that its definition calls deprecated.",
    advice: "Write the version that the definition names, or its storage version.",
    basis: "Kubernetes: CustomResourceDefinition",
};

pub(super) const CHECKS: &[&Check] = &[&STORED, &PRUNED, &NOT_SERVED, &OUTGOING];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    stored(facts, findings);
    applied(facts, findings);
}

/// Objects of kinds with a known definition.
fn applied(facts: &Facts<'_>, findings: &mut Findings) {
    let mut known: BTreeMap<(&str, &str), Vec<&Item>> = BTreeMap::new();
    for item in facts.of("apiextensions.k8s.io", "CustomResourceDefinition") {
        let (group, kind) =
            (text(&item.object, &["spec", "group"]), text(&item.object, &["spec", "names", "kind"]));
        known.entry((group, kind)).or_default().push(item);
    }
    let objects = known.iter().flat_map(|((group, kind), definitions)| {
        facts.of(group, kind).map(move |item| (*group, item, definitions))
    });
    for (group, item, definitions) in objects.filter(|(_, item, _)| !item.is_printed_by_server()) {
        let (_, version) = group_version(item.api_version());
        let versions = || definitions.iter().flat_map(|it| list(&it.object, &["spec", "versions"]));
        let own: Vec<_> = versions().filter(|it| text(it, &["name"]) == version).collect();
        let served: Vec<&str> =
            versions().filter(|it| it["served"] == true).map(|it| text(it, &["name"])).collect();
        if !own.iter().any(|it| it["served"] == true) {
            let evidence = format!("{group}/{version} is not served; served are {}", served.join(", "));
            findings.add(Seen::of(&NOT_SERVED, item, evidence));
        } else if let Some(deprecated) = own.iter().find(|it| it["deprecated"] == true) {
            let said = text(deprecated, &["deprecationWarning"]);
            let said = if said.is_empty() { String::new() } else { format!(": {said}") };
            findings.add(Seen::of(&OUTGOING, item, format!("{group}/{version} is deprecated{said}")));
        }
    }
}

fn stored(facts: &Facts<'_>, findings: &mut Findings) {
    for item in facts.of("apiextensions.k8s.io", "CustomResourceDefinition") {
        let stored: Vec<&str> = texts(&item.object, &["status", "storedVersions"]).collect();
        let has = |version: &str| {
            list(&item.object, &["spec", "versions"]).find(|it| text(it, &["name"]) == version)
        };
        for version in &stored {
            match has(version) {
                None => findings.add(Seen::of(
                    &STORED,
                    item,
                    format!("{version} is stored and the definition has it no more"),
                )),
                Some(one) if one["served"] == false => {
                    findings.add(Seen::of(&STORED, item, format!("{version} is stored and not served")));
                }
                Some(_) => {}
            }
        }
        if stored.len() > 1 && (36..=37).contains(&facts.target.minor.0) {
            let evidence = format!("stored are {}", stored.join(", "));
            findings.add(Seen::of(&PRUNED, item, evidence).breaks_in(Some(Minor(36))));
        }
    }
}
