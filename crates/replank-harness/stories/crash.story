# The process is killed at its third eviction, and again while it terminates a node, and goes on from the journal.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}

faults:
- call: evict
  nth: 3
  verdict: crash
- call: terminate
  nth: 2
  verdict: crash
