# One eviction is three writes of the budget: the API server takes one away and makes an entry, the controller
# lowers the healthy ones, then drops the entry; a fourth when the replacement is Ready.
# Watch: budgets shop/web
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
