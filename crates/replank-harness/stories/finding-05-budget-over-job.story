# A budget over the pods of a Job cannot be worked out: nothing of it may go.
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: report
    namespace: batch
    kind: Job
    replicas: 2
    runs: 2h
    budget: {maxUnavailable: 1}
