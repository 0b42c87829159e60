# Someone adds a budget that allows nothing while the update runs, and takes it away again.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m

acts:
- when: phase upgrade
  do: add-budget
  object: shop/web
  selector: {app.kubernetes.io/name: web}
  budget: {maxUnavailable: 0}
- when: phase upgrade
  after: 10m
  do: delete-budget
  object: shop/web
