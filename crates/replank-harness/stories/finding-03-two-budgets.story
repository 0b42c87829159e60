# Two budgets on one pod: the eviction API refuses whatever the numbers say.
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

acts:
- at: 0s
  do: add-budget
  object: shop/web-too
  selector: {app.kubernetes.io/name: web}
  budget: {minAvailable: 1}
- at: 25m
  do: delete-budget
  object: shop/web-too
