//! The rules, one file per subject. A rule looks at all facts and adds findings.

mod addresses;
mod aggregated;
mod answers;
mod apis;
mod budgets;
mod corefile;
mod definitions;
mod docker;
mod exec;
mod gates;
mod health;
mod images;
mod keepers;
mod kubelets;
mod proxy;
mod registry;
mod releases;
mod replicas;
mod requests;
mod roll;
mod selinux;
mod services;
mod statics;
mod support;
mod values;
mod volumes;
mod webhooks;

use crate::finding::Check;
use crate::findings::Findings;
use crate::subject::Facts;

/// Looks at everything that was read and adds what it finds.
pub(crate) type Rule = fn(&Facts<'_>, &mut Findings);

/// All rules.
pub(crate) const ALL: &[Rule] = &[
    addresses::rule,
    aggregated::rule,
    answers::rule,
    apis::rule,
    budgets::rule,
    corefile::rule,
    definitions::rule,
    docker::rule,
    exec::rule,
    gates::rule,
    health::rule,
    images::rule,
    keepers::rule,
    kubelets::rule,
    proxy::rule,
    registry::rule,
    releases::rule,
    replicas::rule,
    requests::rule,
    roll::rule,
    selinux::rule,
    services::rule,
    statics::rule,
    support::rule,
    values::rule,
    volumes::rule,
    webhooks::rule,
];

/// The checks of each rule.
pub(crate) const CHECKS: &[&[&Check]] = &[
    addresses::CHECKS,
    aggregated::CHECKS,
    answers::CHECKS,
    apis::CHECKS,
    budgets::CHECKS,
    corefile::CHECKS,
    definitions::CHECKS,
    docker::CHECKS,
    exec::CHECKS,
    gates::CHECKS,
    health::CHECKS,
    images::CHECKS,
    keepers::CHECKS,
    kubelets::CHECKS,
    proxy::CHECKS,
    registry::CHECKS,
    releases::CHECKS,
    replicas::CHECKS,
    requests::CHECKS,
    roll::CHECKS,
    selinux::CHECKS,
    services::CHECKS,
    statics::CHECKS,
    support::CHECKS,
    values::CHECKS,
    volumes::CHECKS,
    webhooks::CHECKS,
];
