# A zone without capacity that holds a volume: the update fails, and the old node there stays with its pod.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: db
    namespace: shop
    kind: StatefulSet
    replicas: 3
    cpu: 250m
    spread: {over: zone, unsatisfiable: DoNotSchedule}
    volume: {size: 10Gi}
    budget: {maxUnavailable: 1}

acts:
- at: 0s
  do: zone-capacity
  zone: us-west-2b
  instances: 0
