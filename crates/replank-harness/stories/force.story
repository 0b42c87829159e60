# The same budget with force: after the polite 15 minutes what is left is deleted.
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

update:
  force: true
