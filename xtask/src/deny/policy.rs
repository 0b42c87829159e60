//! The dependency policy, with reasons. The page `docs/reference/dependencies.md` is generated from this table.

/// The whole policy.
pub(super) struct Policy {
    /// Crates that may not come in by any way, with the reason.
    pub(super) banned: &'static [(&'static str, &'static str)],
    /// Crates that our own manifests may not name, though others may bring them in, with the reason.
    pub(super) unnamed: &'static [(&'static str, &'static str)],
    /// SPDX identifiers that a dependency may be under.
    pub(super) licenses: &'static [&'static str],
    /// Crates that may come in more than one version, with the reason.
    pub(super) several_versions: &'static [(&'static str, &'static str)],
    /// Our own crates that the others may use in tests and nowhere else, with the reason.
    pub(super) for_tests: &'static [(&'static str, &'static str)],
    /// What one of our crates may use of ours in its tests alone: the crate, what it uses, the reason.
    pub(super) in_tests: &'static [(&'static str, &'static str, &'static str)],
    /// What keeps real clusters and the simulator apart.
    pub(super) apart: Apart,
    /// What each of our crates may use.
    pub(super) layers: &'static [Layer],
}

/// What keeps real clusters and the simulator apart. A `*` at the end of a crate's name stands for any ending.
pub(super) struct Apart {
    /// Clients of real clusters and clouds.
    pub(super) real: &'static [&'static str],
    /// The simulator.
    pub(super) simulator: &'static [&'static str],
    /// Crates of ours that reach both, with the reason.
    pub(super) bridges: &'static [(&'static str, &'static str)],
    /// Where the sources lie that wire real clusters.
    pub(super) wiring_crate: &'static str,
    /// The folder in there that does.
    pub(super) wiring: &'static str,
    /// Folders and files in there that may be asked though they know the simulator, with the reason.
    pub(super) doors: &'static [(&'static str, &'static str)],
    pub(super) why: &'static str,
}

/// What one of our crates may use.
pub(super) struct Layer {
    pub(super) name: &'static str,
    /// Our own crates that it may use, in tests too.
    pub(super) below: &'static [&'static str],
    /// If given, the only foreign crates that its manifest may name outside of tests.
    pub(super) only: Option<&'static [&'static str]>,
    /// Crates that may not reach it by any way, tests included. A `*` at the end stands for any ending.
    pub(super) never: &'static [&'static str],
    pub(super) why: &'static str,
}

/// Clients of a real cluster and a real cloud.
const CLIENTS: [&str; 6] = ["kube", "kube-*", "k8s-openapi", "aws-*", "reqwest", "hyper"];

/// Why the hashes of one generation ago come in beside those of today.
const AWS_LOGIN: &str =
    "`aws login` and single sign-on of the AWS configuration sign with curves of the generation before";

pub(super) const POLICY: Policy = Policy {
    banned: &[
        ("openssl", "TLS is rustls with aws-lc-rs: one implementation, built from source"),
        ("openssl-sys", "TLS is rustls with aws-lc-rs"),
        ("native-tls", "TLS is rustls with aws-lc-rs"),
        ("ring", "aws-lc-rs is the one cryptography provider"),
        ("chrono", "jiff is the one time library"),
        ("serde_yaml", "archived; YAML is read by the saphyr family"),
        ("serde_yml", "has a soundness advisory and is archived"),
        ("serde_norway", "rests on a C library translated to unsafe Rust"),
        ("failure", "abandoned; thiserror in libraries, anyhow in the binary"),
        ("async-std", "abandoned; tokio is the one runtime"),
    ],
    unnamed: &[
        ("time", "jiff is the one time library; X.509 writers and AWS clients have this one inside"),
        ("lazy_static", "the standard library has LazyLock; the subscriber of tracing has this one inside"),
        ("once_cell", "the standard library has OnceLock and LazyLock; rustls and tracing have it inside"),
    ],
    licenses: &[
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CDLA-Permissive-2.0",
        "ISC",
        "MIT",
        "MIT-0",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    ],
    several_versions: &[
        ("block-buffer", AWS_LOGIN),
        ("const-oid", AWS_LOGIN),
        ("cpufeatures", AWS_LOGIN),
        ("crypto-common", AWS_LOGIN),
        ("digest", AWS_LOGIN),
        ("hmac", AWS_LOGIN),
        ("sha2", AWS_LOGIN),
        ("syn", "procedural macros move from 2 to 3 at their own pace; nothing of it is shipped"),
        ("base64", "the generated Kubernetes types are one version behind the client that reads them"),
        ("hashbrown", "the watcher of kube is one version behind the maps of everyone else"),
        ("getrandom", "the watcher of kube hashes with a crate that is one version behind"),
        ("r-efi", "comes with getrandom, for firmware that nobody runs this on"),
    ],
    for_tests: &[("replank-lab", "real programs to judge ours by; nothing of it is shipped")],
    in_tests: &[
        ("replank-kubeapi", "replank-components", "a world in which something acts"),
        ("replank-kubeapi", "replank-rehearsal", "whole sessions, so that real clients look at them"),
    ],
    apart: Apart {
        real: &["kube", "replank-kube", "replank-aws", "replank-operator", "aws-sdk-*"],
        simulator: &["replank-world", "replank-components", "replank-rehearsal", "replank-kubeapi"],
        bridges: &[
            (
                "replank-kwok",
                "shows the instances of the embedded cloud as nodes, asks the embedded scheduler",
            ),
            ("replank", "the command offers both"),
        ],
        wiring_crate: "crates/replank/src/",
        wiring: "real",
        doors: &[("rehearse", "words for what a rehearsal met")],
        why: "what runs on a real cluster asks the simulator through replank-kwok alone",
    },
    layers: &[
        Layer {
            name: "replank-core",
            below: &[],
            only: Some(&["jiff", "thiserror"]),
            never: &["tokio", "serde", "serde_json", "rusqlite", "libc", "rand", "kube", "kube-*", "aws-*"],
            why: "decisions are a function of their arguments; a crate that can do I/O or serialise would let \
                  something else in",
        },
        Layer {
            name: "replank-check",
            below: &["replank-core"],
            only: Some(&["base64", "flate2", "jiff", "serde", "serde_json", "thiserror"]),
            never: &["tokio", "rusqlite", "clap", "kube", "kube-*", "k8s-openapi", "aws-*", "hyper"],
            why: "a finding is a function of what was read; a crate that can read or act would do it on the side",
        },
        Layer {
            name: "replank-addons",
            below: &["replank-check", "replank-core"],
            only: Some(&["serde_json", "thiserror"]),
            never: &["tokio", "rusqlite", "clap", "kube", "kube-*", "k8s-openapi", "aws-*", "hyper"],
            why: "what an update changes is a function of what is there; who reads and writes it is the command's",
        },
        Layer {
            name: "replank-engine",
            below: &["replank-core"],
            only: None,
            never: &["kube", "kube-*", "k8s-openapi", "aws-*", "axum", "clap", "reqwest", "hyper"],
            why: "a turn talks to ports; which client stands behind a port is not its business",
        },
        Layer {
            name: "replank-service",
            below: &["replank-core", "replank-engine"],
            only: None,
            never: &["kube", "kube-*", "k8s-openapi", "aws-sdk-*", "aws-config", "clap", "reqwest", "hyper"],
            why: "what is wanted and carrying it out knows no wire, no flag and no world: edges ask it, worlds stand behind \
                  its ports",
        },
        Layer {
            name: "replank-listener",
            below: &[],
            only: Some(&[
                "bytes",
                "futures-util",
                "http-body-util",
                "hyper",
                "hyper-util",
                "rustls",
                "socket2",
                "tokio",
                "tokio-rustls",
                "tokio-util",
            ]),
            never: &["serde", "serde_json", "rusqlite", "clap", "kube", "kube-*", "k8s-openapi", "aws-sdk-*"],
            why: "sockets, TLS and limits are the same for every server; who can read a body begins to route",
        },
        Layer {
            name: "replank-world",
            below: &["replank-core", "replank-service"],
            only: None,
            never: &CLIENTS,
            why: "the world is judged against real clients from outside; if it used them it would judge itself",
        },
        Layer {
            name: "replank-formats",
            below: &["replank-core", "replank-engine", "replank-world"],
            only: None,
            never: &[
                "kube",
                "kube-*",
                "k8s-openapi",
                "aws-*",
                "reqwest",
                "hyper",
                "replank-components",
                "replank-rehearsal",
            ],
            why: "texts become objects of the world; who acts on them is not in a file, so a change there must not come \
                  back here",
        },
        Layer {
            name: "replank-components",
            below: &["replank-core", "replank-formats", "replank-world"],
            only: None,
            never: &["kube", "kube-*", "k8s-openapi", "aws-*", "reqwest", "hyper", "replank-rehearsal"],
            why: "controllers, scheduler and kubelets act in any world; they know no session and no update",
        },
        Layer {
            name: "replank-rehearsal",
            below: &[
                "replank-core",
                "replank-engine",
                "replank-service",
                "replank-world",
                "replank-formats",
                "replank-components",
            ],
            only: None,
            never: &CLIENTS,
            why: "the ports over a world and updates in a copy of it; real clients have ports of their own",
        },
        Layer {
            name: "replank-harness",
            below: &[
                "replank-core",
                "replank-engine",
                "replank-service",
                "replank-world",
                "replank-formats",
                "replank-components",
                "replank-rehearsal",
            ],
            only: None,
            never: &CLIENTS,
            why: "it judges the policy in worlds, with arithmetic of its own",
        },
        Layer {
            name: "replank-kubeapi",
            below: &[
                "replank-core",
                "replank-engine",
                "replank-world",
                "replank-formats",
                "replank-listener",
            ],
            only: None,
            never: &["aws-sdk-*", "aws-config", "clap"],
            why: "the Kubernetes API of an embedded cluster serves what the world has; clouds have other doors",
        },
        Layer {
            name: "replank-server",
            below: &["replank-core", "replank-engine", "replank-listener", "replank-service"],
            only: None,
            never: &[
                "replank-world",
                "replank-formats",
                "replank-components",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-kwok",
                "aws-sdk-*",
                "aws-config",
                "clap",
            ],
            why: "the routes speak to the engine and its ports, so that they stand unchanged in front of real clusters",
        },
        Layer {
            name: "replank-kube",
            below: &["replank-core", "replank-engine", "replank-service"],
            only: None,
            never: &[
                "replank-world",
                "replank-formats",
                "replank-components",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-kwok",
                "replank-server",
                "aws-sdk-*",
                "aws-config",
            ],
            why: "a real cluster is read and acted on as it is; nothing of the embedded world may stand in for it",
        },
        Layer {
            name: "replank-operator",
            below: &["replank-core", "replank-engine", "replank-service", "replank-listener", "replank-kube"],
            only: None,
            never: &[
                "replank-world",
                "replank-formats",
                "replank-components",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-kwok",
                "replank-server",
                "aws-sdk-*",
                "aws-config",
            ],
            why: "custom resources ask the service as every other edge does; which cloud is behind it is not their business",
        },
        Layer {
            name: "replank-aws",
            below: &["replank-core", "replank-engine", "replank-service"],
            only: None,
            never: &[
                "replank-world",
                "replank-formats",
                "replank-components",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-kube",
                "replank-kwok",
                "replank-server",
                "kube",
                "kube-*",
                "k8s-openapi",
                "aws-sdk-ec2",
                "clap",
                "reqwest",
            ],
            why: "a real cloud knows no Kubernetes and no embedded world; EC2 is asked by a client of its own, since the SDK \
                  for it takes 12 minutes of a release build and drops what is newer than it",
        },
        Layer {
            name: "replank-kwok",
            below: &[
                "replank-core",
                "replank-engine",
                "replank-service",
                "replank-world",
                "replank-formats",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-kube",
            ],
            only: None,
            never: &["replank-server", "aws-sdk-*", "aws-config", "clap", "reqwest"],
            why: "the embedded cloud shown as kwok nodes, and the embedded scheduler asked about a real cluster: the one \
                  place where the two meet, which knows neither wire nor flag",
        },
        Layer {
            name: "replank",
            below: &[
                "replank-addons",
                "replank-core",
                "replank-check",
                "replank-engine",
                "replank-service",
                "replank-world",
                "replank-formats",
                "replank-rehearsal",
                "replank-kubeapi",
                "replank-server",
                "replank-aws",
                "replank-kube",
                "replank-kwok",
                "replank-operator",
            ],
            only: None,
            never: &[],
            why: "the command wires everything together",
        },
        Layer {
            name: "replank-lab",
            below: &[],
            only: None,
            never: &[
                "replank-core",
                "replank-engine",
                "replank-service",
                "kube",
                "kube-*",
                "k8s-openapi",
                "aws-sdk-*",
                "tokio",
                "hyper",
            ],
            why: "the lab is what ours is judged on: it runs what others released, and knows nothing of ours",
        },
        Layer {
            name: "replank-clients",
            below: &[],
            only: Some(&[]),
            never: &[],
            why: "tests of the program from outside, with clients that take long to compile; it shares no code with it",
        },
        Layer {
            name: "xtask",
            below: &[],
            only: Some(&["anyhow", "clap", "serde_json", "spdx"]),
            never: &[],
            why: "the checks have to start when the crates do not compile",
        },
    ],
};
