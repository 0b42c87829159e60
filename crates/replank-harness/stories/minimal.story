# MINIMAL strategy: old nodes go first, the group replaces each, and it never has more nodes than before.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
