# Without a budget in the cluster an eviction takes a flat 100 ms of its connection, and 32 connections make 290 a second.
# Watch: pods shop/web
seed: 1

clusters:
- addons: []
  version: "1.34"
  nodeGroups:
  - name: default
    size: {min: 3, desired: 3, max: 3}
    updateConfig: {maxUnavailable: 3}
  workloads:
  - name: web
    namespace: shop
    replicas: 12
    cpu: 50m
