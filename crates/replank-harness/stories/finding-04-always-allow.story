# The same with unhealthyPodEvictionPolicy AlwaysAllow: they may go at any time.
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
    budget: {minAvailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow}
