# Low priority may hold up the update: what made room for a replacement finds no place, so its budget stays spent and
# the pods beside it on the next node cannot go. They take 2 minutes to be Ready, so the budget is spent when others
# come; without preemption it would be waited for, and be Ready in time.
# Watch: events Preempted, budgets low/
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
    replicas: 6
    cpu: 450m
    priority: -10
    ready: 2m
    budget: {maxUnavailable: 2}
  - name: web
    namespace: shop
    replicas: 3
    cpu: 900m
    budget: {maxUnavailable: 1}
