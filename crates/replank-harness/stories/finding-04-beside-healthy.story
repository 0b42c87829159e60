# A pod that never becomes Ready, beside healthy ones under a budget that has none to spare: it is free to go at
# once and costs the budget nothing, while its healthy neighbours never may.
# Watch: budgets shop/, pods shop/importer
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    labels: {part: shop}
  - name: importer
    namespace: shop
    replicas: 1
    labels: {part: shop}
    ready: never

acts:
- at: 0s
  do: add-budget
  object: shop/all
  selector: {part: shop}
  budget: {minAvailable: 3}
