# An autoscaler grows the group for pods that find no room: the larger size is kept.
# Shows: 6 nodes that the group is asked for are not Ready
# Shows: the larger size is kept: someone else is growing it
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true, scaleDown: false}
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 12}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}

acts:
- when: phase upgrade
  do: scale
  object: shop/web
  replicas: 60
