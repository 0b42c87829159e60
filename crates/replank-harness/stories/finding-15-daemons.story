# DaemonSet pods are not evicted. They stay on their node to the end, and 40 to 60 s longer than it, until the pod
# garbage collector comes by; only the silence of the kubelet makes them not Ready.
# Watch: nodes ip-10-0-18-52, pods kube-system/kube-proxy
seed: 1

clusters:
- addons: [aws-node, kube-proxy]
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 3
    cpu: 250m
    budget: {maxUnavailable: 1}
