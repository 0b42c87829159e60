# Replacements find no room, their budget stops the next node.
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
    cpu: 1200m
    budget: {maxUnavailable: 1}
