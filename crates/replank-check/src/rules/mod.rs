//! The rules, one file for each matter. A rule looks at everything and adds what it saw.

mod addresses;
mod aggregated;
mod apis;
mod budgets;
mod corefile;
mod definitions;
mod exec;
mod gates;
mod images;
mod kubelets;
mod proxy;
mod releases;
mod replicas;
mod requests;
mod roll;
mod services;
mod statics;
mod values;
mod volumes;
mod webhooks;

use crate::finding::Check;
use crate::findings::Findings;
use crate::subject::Facts;

/// A rule.
pub(crate) type Rule = fn(&Facts<'_>, &mut Findings);

/// All rules.
pub(crate) const ALL: &[Rule] = &[
    addresses::rule,
    aggregated::rule,
    apis::rule,
    budgets::rule,
    corefile::rule,
    definitions::rule,
    exec::rule,
    gates::rule,
    images::rule,
    kubelets::rule,
    proxy::rule,
    releases::rule,
    replicas::rule,
    requests::rule,
    roll::rule,
    services::rule,
    statics::rule,
    values::rule,
    volumes::rule,
    webhooks::rule,
];

/// The checks of each rule.
pub(crate) const CHECKS: &[&[&Check]] = &[
    addresses::CHECKS,
    aggregated::CHECKS,
    apis::CHECKS,
    budgets::CHECKS,
    corefile::CHECKS,
    definitions::CHECKS,
    exec::CHECKS,
    gates::CHECKS,
    images::CHECKS,
    kubelets::CHECKS,
    proxy::CHECKS,
    releases::CHECKS,
    replicas::CHECKS,
    requests::CHECKS,
    roll::CHECKS,
    services::CHECKS,
    statics::CHECKS,
    values::CHECKS,
    volumes::CHECKS,
    webhooks::CHECKS,
];
