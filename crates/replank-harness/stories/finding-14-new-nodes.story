# New nodes: each registers not Ready and tainted, its NoSchedule taint goes within milliseconds of Ready, and a
# NoExecute taint, where the 5 s check came in between, stays longer. Pods bound meanwhile hear that their deletion
# is cancelled, though nothing doomed them.
# Watch: nodes, events TaintManagerEviction
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 9
    cpu: 500m
    budget: {maxUnavailable: 3}
  - name: agent
    namespace: ops
    kind: DaemonSet
    cpu: 50m
