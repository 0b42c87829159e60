# The commands of lab.sh before a real cluster, unchanged and in their order. Its Kubernetes version has no Amazon
# Linux 2 image: that one look-up says so, in absent.txt.
set -eu

EKS_VERSION=$(aws eks describe-cluster --name $EKS_CLUSTER_NAME --query "cluster.version" --output text)
aws ssm get-parameter --name /aws/service/eks/optimized-ami/1.23/amazon-linux-2/recommended/image_id --region $AWS_DEFAULT_REGION --query "Parameter.Value" --output text
! aws ssm get-parameter --name /aws/service/eks/optimized-ami/$EKS_VERSION/amazon-linux-2/recommended/image_id --region $AWS_REGION --query "Parameter.Value" --output text 2> absent.txt
aws ssm get-parameter --name /aws/service/eks/optimized-ami/$EKS_VERSION/amazon-linux-2023/x86_64/standard/recommended/image_id --region $AWS_REGION --query "Parameter.Value" --output text
kubectl scale deployments/cluster-autoscaler --replicas=0 -n kube-system
kubectl get nodes --watch > watch.txt &
WATCH=$!
trap 'kill $WATCH' EXIT
while [ ! -s watch.txt ] && kill -0 $WATCH; do sleep 0.1; done
aws eks update-nodegroup-version --cluster-name $EKS_CLUSTER_NAME --nodegroup-name $EKS_DEFAULT_MNG_NAME > update.json
aws eks wait nodegroup-active --cluster-name $EKS_CLUSTER_NAME --nodegroup-name $EKS_DEFAULT_MNG_NAME
