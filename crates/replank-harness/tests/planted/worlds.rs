//! The worlds in which the faults are planted.

/// Two groups, one of them updated.
pub(crate) const WORLD: &str = "\
# The world in which the faults are planted: two groups, one of them updated.
seed: 3

clusters:
- addons: [kube-proxy]
  nodeGroups:
  - name: default
    size: {min: 0, desired: 3, max: 3}
  - name: other
    size: {min: 1, desired: 1, max: 1}
  workloads:
  - name: web
    namespace: shop
    replicas: 4
    ready: 60s
    budget: {maxUnavailable: 1}
  - name: store
    namespace: shop
    kind: StatefulSet
    replicas: 3
    budget: {maxUnavailable: 1}
  - name: shell
    namespace: legacy
    kind: Pod

update:
  groups: [default]
";

/// The same, with a budget that never allows a disruption, so that the update fails and cleans up.
pub(crate) fn fails() -> String {
    WORLD.replace(
        "    budget: {maxUnavailable: 1}\n  - name: store",
        "    budget: {maxUnavailable: 0}\n  - name: store",
    )
}

/// The same by force.
pub(crate) fn by_force() -> String {
    format!("{}  force: true\n", fails())
}

/// The same, cancelled while the larger sizes are asked for and nobody answers.
pub(crate) fn cancelled() -> String {
    let late = "faults:\n- call: set-sizes\n  nth: 1\n  verdict: delay\n  by: 30s\n";
    format!("{WORLD}\nacts:\n- when: phase scale-up\n  do: cancel\n\n{late}")
}

/// The same as [`fails`], all nodes at once, given back on the way and gone on with: their pods are there still.
pub(crate) fn given_back() -> String {
    let pause = "- when: node-picked 1\n  after: 15s\n  do: pause\n  uncordon: true\n";
    let all =
        fails().replace("    size: {min: 0,", "    updateConfig: {maxUnavailable: 3}\n    size: {min: 0,");
    format!("{all}\nacts:\n{pause}- when: node-picked 1\n  after: 60s\n  do: resume\n")
}

/// The same, all nodes at once.
pub(crate) fn at_once() -> String {
    WORLD.replace("    size: {min: 0,", "    updateConfig: {maxUnavailable: 3}\n    size: {min: 0,")
}

/// The same, old nodes first.
pub(crate) fn minimal() -> String {
    format!("{WORLD}  strategy: MINIMAL\n")
}

/// The same with more old nodes than the surge, and the new ones stay.
pub(crate) fn replace() -> String {
    let larger = WORLD.replace("desired: 3, max: 3", "desired: 5, max: 5");
    format!("{larger}  strategy: REPLACE\n")
}

/// The same, with a bare pod whose files are to be kept, under force.
pub(crate) fn keeps_files() -> String {
    let shell = "    kind: Pod\n    emptyDir: true\n";
    let update = "  force: true\n  pods: {emptyDir: refuse}\n  limits: {drain: 2m}\n";
    format!("{}{update}", WORLD.replace("    kind: Pod\n", shell))
}
