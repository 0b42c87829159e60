#!/usr/bin/env bash
# kube-scheduler from 1.34 on ends FailedScheduling with "not found" when a pod is refused before any node is looked at.
#
# A pod whose claim does not exist, or is to be bound at once and is not, is refused by a PreFilter plugin. DynamicResources
# comes after it and is never asked, so its PostFilter finds no state of its own and fails with "not found"; the framework
# takes that error for the whole answer, and the sentence about preemption is lost. Whoever reads these messages meets
# "persistentvolumeclaim "nope" not found. not found", which says nothing twice.
#
# Seen with the scheduler of 1.34.4 and 1.37.2, also as programs beside a real API server; in 1.33.5 the plugin is off by
# default. The scheduler runs here as a package, on client-go's fake API; compiling it takes some minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
go mod init finding 2> /dev/null
go mod edit -require k8s.io/kubernetes@v1.34.4
for module in api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap \
    code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib \
    dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy \
    kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver sample-cli-plugin \
    sample-controller; do
    go mod edit -replace "k8s.io/$module=k8s.io/$module@v0.34.4"
done
cat > main.go <<'GO'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/events"
	"k8s.io/kubernetes/pkg/scheduler"
	"k8s.io/kubernetes/pkg/scheduler/profile"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	room := core.ResourceList{"cpu": resource.MustParse("2"), "memory": resource.MustParse("4Gi"), "pods": resource.MustParse("9")}
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: "node"}, Status: core.NodeStatus{Allocatable: room, Capacity: room}}
	claim := core.PersistentVolumeClaimVolumeSource{ClaimName: "nope"}
	pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "waits", Namespace: "default", UID: "waits"}, Spec: core.PodSpec{
		SchedulerName: "default-scheduler",
		Containers:    []core.Container{{Name: "main", Image: "x"}},
		Volumes:       []core.Volume{{Name: "data", VolumeSource: core.VolumeSource{PersistentVolumeClaim: &claim}}},
	}}
	client := fake.NewClientset(node, pod)
	informers := scheduler.NewInformerFactory(client, 0)
	recorders := profile.NewRecorderFactory(events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()}))
	scheduling, err := scheduler.New(ctx, client, informers, nil, recorders)
	must(err)
	informers.Start(ctx.Done())
	informers.WaitForCacheSync(ctx.Done())
	must(scheduling.WaitForHandlersSync(ctx))
	go scheduling.Run(ctx)
	for ctx.Err() == nil {
		now, err := client.CoreV1().Pods("default").Get(ctx, "waits", meta.GetOptions{})
		must(err)
		for _, condition := range now.Status.Conditions {
			if condition.Type == core.PodScheduled && condition.Message != "" {
				fmt.Println(condition.Message)
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	must(fmt.Errorf("the scheduler said nothing"))
}
GO
GOFLAGS=-mod=mod go mod tidy > /dev/null 2>&1
said=$(GOFLAGS=-mod=mod go run . 2> /dev/null)
echo "$said"
[ "$said" = '0/1 nodes are available: persistentvolumeclaim "nope" not found. not found' ] || {
    echo "it behaves otherwise now" >&2
    exit 1
}
