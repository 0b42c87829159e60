# Pods of low priority make room for ordinary replacements while new nodes are few, in an update that ends well too.
# They are deleted, not evicted: their end is none of the evictions counted below.
# Watch: events Preempted, pods low/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: batch
    namespace: low
    replicas: 3
    cpu: 700m
    priority: -10
  - name: web
    namespace: shop
    replicas: 3
    cpu: 900m
    budget: {maxUnavailable: 1}
