# Members of an ordered StatefulSet come back one by one.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: ledger
    namespace: bank
    kind: StatefulSet
    replicas: 3
    budget: {maxUnavailable: 1}
    ready: 20s
