# A node that has to stay, emptied of the pods that are spread hard over hosts, locks them up for good: it counts as a
# domain without any, so no node that holds one takes a second, and the Pending pod uses up the budget of the others.
# Watch: budgets shop/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 2}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 200m
    budget: {maxUnavailable: 1}
    spread: {over: host, unsatisfiable: DoNotSchedule, maxSkew: 1}
  - name: licence
    namespace: legacy
    cpu: 100m
    budget: {maxUnavailable: 0}
