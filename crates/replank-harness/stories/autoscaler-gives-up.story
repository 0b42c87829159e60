# The account has no room for all surge nodes: a Cluster Autoscaler sees that a launch failed, and sets the size that the
# update asked for back to the nodes there are, as often as the update asks again.
# Watch: sizes default
# Shows: desired 6
# Shows: desired 5
# Shows: desired 6
# Shows: the update succeeded
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 600m
    budget: {maxUnavailable: 1}

acts:
- when: update-started
  do: quota
  instances: 5
- at: 75s
  do: quota
