# Four caches that may not share a node, and three nodes before: a fourth node stays rather than a cache without one.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 6}
  workloads:
  - name: cache
    namespace: shop
    replicas: 4
    antiAffinity: {over: host}
