# With budgets in the cluster their writes conflict, and 32 connections make 151 evictions a second.
# Watch: pods shop/web
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
    replicas: 12
    cpu: 50m
    budget: {maxUnavailable: 100%}
