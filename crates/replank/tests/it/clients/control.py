"""The control API as any program can speak to it: signed by botocore, sent by the standard library."""

import json
import os
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]
KEYS = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])


def ask(method, path, body="", service="replank"):
    """Status and answer of a request."""
    request = AWSRequest(method, f"{ENDPOINT}/replank/v1/{path}", data=body.encode())
    SigV4Auth(KEYS, service, REGION).add_auth(request)
    sent = urllib.request.Request(request.url, request.data or None, dict(request.headers), method=method)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


GROUP = {"cluster": os.environ["EKS_CLUSTER_NAME"], "nodegroup": os.environ["EKS_DEFAULT_MNG_NAME"]}
MANY = json.dumps({**GROUP, "maxUnavailable": 101})
BOTH = json.dumps({**GROUP, "maxUnavailable": 1, "maxUnavailablePercentage": 1})
ODD = json.dumps({**GROUP, "strategy": "FAST"})
ROWS = [
    ("GET", "updates", "", 200),
    ("GET", "updates?running=true&cluster=x", "", 200),
    ("GET", "clusters", "", 200),
    ("GET", "world", "", 200),
    ("GET", "openapi.json", "", 200),
    ("GET", "nodes?cluster=x", "", 404),
    ("GET", "updates/x", "", 404),
    ("GET", "updates/x/history", "", 404),
    ("GET", "updates/x/lines?wait=30", "", 404),
    ("GET", "updates/%2e%2e/lines", "", 404),
    ("POST", "updates/x/pause", "", 404),
    ("POST", "updates/x/fly", "", 404),
    ("POST", "updates/x/pause", "{", 400),
    ("POST", "updates/x/pause", '{"other":1}', 400),
    ("POST", "plan", "", 400),
    ("POST", "plan", "[]", 400),
    ("POST", "plan", MANY, 400),
    ("POST", "plan", BOTH, 400),
    ("POST", "plan", ODD, 400),
    ("POST", "plan", '{"cluster":"x","nodegroup":"y"}', 404),
    ("POST", "updates", '{"cluster":"x","nodegroup":"y"}', 404),
    ("POST", "world", '{"speed":0}', 400),
    ("POST", "world", '{"advanceSeconds":-1}', 400),
    ("POST", "world/acts", "{}", 409),
    ("DELETE", "updates", "", 404),
    ("GET", "other", "", 404),
]
for method, path, body, wanted in ROWS:
    status, answer = ask(method, path, body)
    assert status == wanted, (method, path, body, status, answer)
    assert status == 200 or set(answer) == {"code", "message"}, (method, path, answer)

assert ask("GET", "updates", service="eks")[0] == 403

# The same request with the same token is done once; another one of the group has to wait.
# The world stands still, so that it is not over before they are asked.
assert ask("POST", "world", '{"paused":true}')[0] == 200
asked = json.dumps({**GROUP, "clientRequestToken": "once"})
status, first = ask("POST", "updates", asked)
assert status == 200, first
assert ask("POST", "updates", asked) == (200, first)
assert ask("POST", "updates", json.dumps(GROUP))[0] == 409
assert ask("POST", "updates", json.dumps({**GROUP, "clientRequestToken": "once", "force": True}))[0] == 400
assert ask("POST", "world", '{"paused":false}')[0] == 200

# Lines have numbers without gaps, and go on where the answer before ended.
update, run, number, over = first["update"], "", 0, False
while not over:
    status, told = ask("GET", f"updates/{update}/lines?from={number}&run={run}&wait=20")
    assert status == 200 and told["lost"] == 0, told
    assert [line["number"] for line in told["lines"]] == list(range(number, told["next"])), told
    run, number, over = told["run"], told["next"], told["over"]
status, again = ask("GET", f"updates/{update}/lines?from={number}&run=other")
assert again["lines"][0]["number"] == 0, "another run is told from its beginning"
facts = [line for line in again["lines"] if "factNumber" in line]
events = ask("GET", f"updates/{update}/history")[1]["events"]
for line in facts:
    assert events[line["factNumber"]]["fact"] == line["fact"], line
assert ask("POST", f"updates/{update}/pause")[0] == 409
print(f"{len(ROWS)} requests, {number} lines")
