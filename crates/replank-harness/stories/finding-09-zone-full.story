# More pods come while the update runs, and fill the new nodes. A member on a zone-bound volume then finds no place:
# too little room in its own zone, the volume in the others. Its budget stops the nodes that come next.
# Watch: pods bank/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 2}
  workloads:
  - name: store
    namespace: bank
    kind: StatefulSet
    replicas: 3
    cpu: 800m
    budget: {maxUnavailable: 1}
    volume: {size: 10Gi}
    antiAffinity: {over: host}
  - name: web
    namespace: shop
    replicas: 3
    cpu: 700m

acts:
- at: 20s
  do: scale
  kind: Deployment
  object: shop/web
  replicas: 9
