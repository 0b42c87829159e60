# A Cluster Autoscaler dies right after it marked a surge node: taint and cordon stay, and nobody takes them away.
# Watch: nodes ip-10-32-147-83, events ScaleDown ip-10
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true, unneededTime: 4m}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  - name: web
    namespace: shop
    replicas: 6
    cpu: 600m
    antiAffinity: {required: false}
    budget: {maxUnavailable: 1}
    ready: 2m

acts:
- when: node-picked 1
  after: 4m12s
  do: autoscaler-stops
