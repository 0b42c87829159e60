# A bare pod under a share: no controller says how many are expected, so none may go.
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: shell
    namespace: legacy
    kind: Pod
    budget: {maxUnavailable: 1}
