# Why no node fits, in the scheduler's words: counts and reasons sorted as text; then what preemption says, which may
# repeat a reason of the first half (taking batch away would not make enough room for web) beside its own two; without
# that half when preemption found a node. The words change whenever a node changes.
# Watch: events FailedScheduling, events Preempted
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
    cpu: 350m
    priority: -10
  - name: api
    namespace: shop
    replicas: 3
    cpu: 300m
    budget: {maxUnavailable: 1}
  - name: web
    namespace: shop
    replicas: 3
    cpu: 1100m
    budget: {maxUnavailable: 1}
