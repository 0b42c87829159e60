# REPLACE strategy: new nodes come first and stay, each old node leaves with its place, and every pod moves once.
# Shows: 3 extra nodes
# Shows: it is old and a new node already stands for it
# Shows: phase "Scale down" begins
# Shows: evictions accepted 7, refused 0
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {strategy: REPLACE}
  workloads:
  - name: web
    namespace: shop
    replicas: 4
    cpu: 250m
    budget: {maxUnavailable: 1}
  - name: db
    namespace: shop
    kind: StatefulSet
    replicas: 3
    cpu: 250m
    volume: {size: 10Gi}
    antiAffinity: {over: zone}
    budget: {maxUnavailable: 1}
