# The rules let Jobs run to their end.
seed: 1

clusters:
- addons: []
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: report
    namespace: batch
    kind: Job
    replicas: 2
    runs: 8m

update:
  pods: {jobs: wait}
