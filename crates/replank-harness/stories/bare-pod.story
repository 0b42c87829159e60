# A bare pod goes, and does not come back.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: shell
    namespace: legacy
    kind: Pod
