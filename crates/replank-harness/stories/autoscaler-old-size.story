# Pods find no room just when an update has raised the group: a Cluster Autoscaler adds what is missing to the size that
# it knows, which is up to a minute old, and so takes nodes away.
# Watch: sizes default
# Shows: desired 6
# Shows: desired 4
# Shows: desired 6
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true, scaleDown: false}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 9}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 1500m
    budget: {maxUnavailable: 1}

acts:
- when: update-started
  after: 3s
  do: scale
  object: shop/web
  replicas: 4

update:
  after: 20s
