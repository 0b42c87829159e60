# Pods of low priority make room for others while nodes are few.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: batch
    namespace: low
    replicas: 6
    cpu: 500m
    priority: -10
  - name: web
    namespace: shop
    replicas: 5
    cpu: 400m
    budget: {maxUnavailable: 1}
