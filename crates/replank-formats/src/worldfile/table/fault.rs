//! The fields of rules for failing calls.

use crate::worldfile::forms::{DELAY, LENGTH, TEXT};
use crate::worldfile::schema::{Choice, Kind, Object, Variant, field, optional};

const COUNT: Kind = Kind::Whole { min: 1, max: 1_000_000_000 };

/// A rule.
pub(super) static FAULT: Object = Object {
    name: "fault",
    about: "A rule about calls that the update makes. Without `nth`, `every` or `chance` it holds for every call.",
    fields: &[
        field("call", Kind::OneOf(CALLS), "any", "Which calls."),
        optional(
            "object",
            Kind::Word(&TEXT),
            "Only calls about this object; `*` at the end stands for any ending.",
        ),
        optional("nth", COUNT, "Only this call, counted from 1."),
        optional("every", COUNT, "Every so many calls."),
        optional("chance", Kind::Share, "With this probability."),
        field("from", Kind::Word(&LENGTH), "0s", "Not before, counted from the beginning of the update."),
        optional("until", Kind::Word(&LENGTH), "No longer than this."),
        optional("times", COUNT, "At most so often."),
    ],
    choice: Some(Choice { field: "verdict", meaning: "What happens to the call.", variants: VERDICTS }),
};

const CALLS: &[(&str, &str)] = &[
    ("any", "every call"),
    ("observe-cluster", "reading nodes, pods and budgets"),
    ("observe-cloud", "reading the scaling group"),
    ("list-pods", "the last look at a node's pods"),
    ("mark", "cordons, taints and labels"),
    ("evict", "evictions"),
    ("delete", "deletions of pods"),
    ("create-version", "making a launch template version"),
    ("point-group", "pointing the group at a version"),
    ("set-sizes", "changing sizes"),
    ("terminate", "terminating instances"),
];

const VERDICTS: &[Variant] = &[
    Variant {
        name: "fail",
        meaning: "It fails and nothing is done.",
        fields: &[
            field(
                "error",
                Kind::OneOf(&[
                    ("server-error", "500"),
                    ("unavailable", "503"),
                    ("conflict", "409"),
                    ("forbidden", "403"),
                    ("not-found", "404"),
                    ("webhook", "500, an admission webhook refused or did not answer"),
                ]),
                "server-error",
                "With what.",
            ),
            optional("message", Kind::Word(&TEXT), "What it says."),
        ],
    },
    Variant {
        name: "delay",
        meaning: "It is done late.",
        fields: &[field("by", Kind::Word(&DELAY), "2s..10s", "By how much.")],
    },
    Variant { name: "lose-answer", meaning: "It is done, and the answer is lost.", fields: &[] },
    Variant {
        name: "stale",
        meaning: "A reading shows the world as it was.",
        fields: &[field("behind", Kind::Word(&LENGTH), "10s", "How long ago.")],
    },
    Variant {
        name: "throttle",
        meaning: "It is refused because there were too many.",
        fields: &[field("retryAfter", Kind::Word(&LENGTH), "1s", "When to try again.")],
    },
    Variant { name: "crash", meaning: "The process dies right after it is done.", fields: &[] },
];
