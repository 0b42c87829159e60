//! The worlds that are measured.

/// One node group of so many nodes, with ten pods to each.
pub(crate) fn nodes(count: usize) -> String {
    let mut text = format!(
        "clusters:\n- name: bench\n  addons: []\n  nodeGroups:\n  - name: default\n    size: {{min: 1, desired: {count}, \
         max: {count}}}\n    release: newest-1\n    capacity: {{cpu: \"8\", memory: 32Gi, pods: 110}}\n  workloads:\n"
    );
    for number in 0..count / 2 {
        text += &format!(
            "  - name: web-{number}\n    namespace: shop-{}\n    replicas: 20\n    cpu: 100m\n    memory: 128Mi\n",
            number / 20
        );
    }
    text
}

/// So many node groups of one node.
pub(crate) fn groups(count: usize) -> String {
    let mut text = "clusters:\n- name: bench\n  addons: []\n  nodeGroups:\n".to_owned();
    for number in 0..count {
        text += &format!(
            "  - name: group-{number}\n    size: {{min: 1, desired: 1, max: 2}}\n    release: newest-1\n"
        );
    }
    text
}
