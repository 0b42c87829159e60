# Pods that never become Ready: with the default policy they go only while the budget is satisfied.
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: importer
    namespace: legacy
    replicas: 2
    ready: never
    budget: {minAvailable: 1}
