# Someone cordons a new node: it does not serve, so no further node is picked, and nobody but who closed it opens it.
# When it is open the update goes on. One that is closed at the end is the first of the surplus to go.
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
    budget: {maxUnavailable: 1}

acts:
- when: node-picked 1
  after: 5s
  do: cordon
  node: ip-10-11-105-8.us-west-2.compute.internal
- when: node-gone 1
  after: 20m
  do: uncordon
  node: ip-10-11-105-8.us-west-2.compute.internal
- when: node-picked 3
  after: 5s
  do: cordon
  node: ip-10-32-147-83.us-west-2.compute.internal
