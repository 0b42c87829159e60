# A person allows force while the update already waits.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: license
    namespace: legacy
    replicas: 1
    budget: {minAvailable: 1}

acts:
- at: 10m
  do: force
