//! The table of fields: one file for each part of a world file.

mod act;
mod cluster;
mod fault;
mod timing;
mod update;
mod workload;

pub(super) use act::ACT;

use super::forms::TIME;
use super::schema::{Kind, Object, field};

/// The whole file.
pub(super) static WORLD: Object = Object {
    name: "world",
    about: "The whole file.",
    fields: &[
        field(
            "seed",
            Kind::Whole { min: 0, max: i64::MAX },
            "1",
            "Decides everything that is drawn: names, delays, the order of nodes. The same file with the same seed \
             gives the same run. `--seed` overrides it.",
        ),
        field("start", Kind::Word(&TIME), "2026-11-02T09:00:00Z", "The time in the world when it begins."),
        super::schema::required(
            "clusters",
            Kind::List(&Kind::Object(&cluster::CLUSTER)),
            "The clusters; the first one is updated unless `update` names another.",
        ),
        field("timings", Kind::Object(&timing::TIMINGS), "{}", "How long things take."),
        field("update", Kind::Object(&update::UPDATE), "{}", "The update that is run."),
        field(
            "acts",
            Kind::List(&Kind::Object(&act::ACT)),
            "[]",
            "What people and machines do to the world while the update runs.",
        ),
        field(
            "faults",
            Kind::List(&Kind::Object(&fault::FAULT)),
            "[]",
            "Which calls of the update go wrong. The first rule that fits a call decides.",
        ),
    ],
    choice: None,
};
