#!/usr/bin/env bash
# aws-cli (1.46.3) sends the calls of SQS to AWS although an endpoint is configured.
#
# AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS, and endpoint_url in the configuration are honoured by the other services that were
# tried (SNS, EC2, Auto Scaling, CloudFormation, RDS, IAM, S3 ...), and for SQS too by boto3 of the same day. The program's
# `aws sqs` goes to REGION.queue.amazonaws.com all the same, with the credentials that were meant for the endpoint; only the
# flag --endpoint-url is heard. Whoever tests against an endpoint of their own speaks to AWS unawares.
#
# Seen: "sns: asked here; sqs: asks a proxy for us-west-2.queue.amazonaws.com:443; sqs with the flag: asked here". Nothing
# leaves the machine: a listener stands for the endpoint, and for the proxy that would lead to AWS.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check awscli==1.46.3
cat > listener.py <<'PYTHON'
import socket

server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    client, _ = server.accept()
    print(client.recv(4096).decode(errors="replace").splitlines()[0], flush=True)
    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    client.close()
PYTHON
python3 listener.py > asked & until [ -s asked ]; do sleep 0.1; done
here=127.0.0.1:$(head -1 asked)
export HOME="$folder" AWS_ENDPOINT_URL="http://$here" AWS_ENDPOINT_URL_SQS="http://$here" HTTPS_PROXY="http://$here"
export NO_PROXY=127.0.0.1 AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_REGION=us-west-2 AWS_DEFAULT_REGION=us-west-2
export AWS_MAX_ATTEMPTS=1
asks() {
    before=$(wc -l < asked)
    env/bin/aws "$@" > /dev/null 2>&1 || true
    line=$(sed -n "$((before + 1))p" asked)
    case $line in
        "CONNECT "*) set -- $line; echo "asks a proxy for $2" ;;
        "POST / "*) echo "asked here" ;;
        *) echo "$line" ;;
    esac
}
told="sns: $(asks sns list-topics); sqs: $(asks sqs list-queues); \
sqs with the flag: $(asks sqs list-queues --endpoint-url "http://$here")"
echo "$told"
test "$told" = "sns: asked here; sqs: asks a proxy for us-west-2.queue.amazonaws.com:443; sqs with the flag: asked here"
