# The answers to the size change, to evictions and to a termination are lost: nothing is done twice that hurts.
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
- call: set-sizes
  nth: 1
  verdict: lose-answer
- call: evict
  every: 2
  verdict: lose-answer
- call: terminate
  nth: 1
  verdict: lose-answer
