//! Custom resource definitions whose stored versions are not served.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{list, text, texts};
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

pub(super) const CHECKS: &[&Check] = &[&STORED, &PRUNED];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
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
