# REPLACE strategy beside a workload that grows: its new pods fit on new nodes only. While one finds no room no further
# node is picked, and when a pod of the last old node would find no place the surge covers it: one more node is launched
# before that one goes, and stays, as with DEFAULT.
# Shows: phase "Upgrade" begins
# Shows: no further node is picked: pod shop/big-
# Shows: the group is asked for min 2, desired 5, max 5
# Shows: it is old and a new node already stands for it
# Shows: the larger size is kept
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    zones: [us-west-2a]
    size: {min: 2, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 2, strategy: REPLACE}
  workloads:
  - {name: big, namespace: shop, replicas: 3, cpu: 1200m}
update:
  limits: {drain: 3m}
acts:
- when: node-picked 1
  do: scale
  object: shop/big
  replicas: 4
