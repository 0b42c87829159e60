# With force a node goes in spite of the finalizer, and the pod stays after it, out of reach of the garbage collector.
# The replacements carry the same finalizer and block the nodes they came to: the larger size is kept.
# Watch: pods legacy/
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
  workloads:
  - name: audit
    namespace: legacy
    replicas: 3
    antiAffinity: {over: host}
    finalizer: example.com/archive-first

update: {force: true}
