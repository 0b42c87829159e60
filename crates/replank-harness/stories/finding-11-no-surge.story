# One more pod than nodes, one for each, and no new node before an old one goes: the budget is spent before the
# update begins and nothing opens it.
# Watch: budgets shop/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: MINIMAL}
  workloads:
  - name: cache
    namespace: shop
    replicas: 4
    antiAffinity: {over: host}
    budget: {maxUnavailable: 1}
