# A Job's pod leaves: the next one comes after the Job's back-off, and the old one holds its node until then.
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
    replicas: 3
    runs: 2h
