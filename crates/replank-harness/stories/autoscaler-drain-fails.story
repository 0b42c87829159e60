# A Cluster Autoscaler drains the very node that an update drains, gives up at the budget after two minutes, and opens
# the node, whoever had closed it.
# Watch: nodes ip-10-85-189-158, events ScaleDown ip-10-85-189-158, events ScaleDownFailed ip-10-85-189-158
# Shows: ip-10-85-189-158  instance i-0d2f4e84d82fecabe (node ip-10-85-189-158, us-west-2c) is picked
# Shows: event ScaleDownFailed: failed to drain
# Shows: ip-10-85-189-158  Ready, tainted
seed: 1

clusters:
- addons: [cluster-autoscaler]
  autoscaler: {enabled: true}
  nodeGroups:
  - name: default
    size: {min: 1, desired: 3, max: 6}
  workloads:
  # Its pods are said to be safe to evict, so the autoscaler asks their budget only when it drains.
  - name: web
    namespace: shop
    replicas: 6
    cpu: 300m
    antiAffinity: {required: false}
    annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: "true"}
    budget: {maxUnavailable: 1}
    ready: 4m..5m
