# The update fails, and is started again with force: it goes on where the first one stopped.
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

---
force: true
