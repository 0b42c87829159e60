# A hard spread over hosts counts emptied nodes as empty domains and locks up.
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
    replicas: 6
    cpu: 200m
    budget: {maxUnavailable: 1}
    spread: {over: host, unsatisfiable: DoNotSchedule, maxSkew: 1}
