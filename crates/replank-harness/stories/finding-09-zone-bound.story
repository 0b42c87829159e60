# Members on zone-bound volumes wait for a node in their own zone.
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: store
    namespace: bank
    kind: StatefulSet
    replicas: 3
    budget: {maxUnavailable: 1}
    volume: {size: 10Gi}
    antiAffinity: {over: host}
