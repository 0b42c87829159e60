"""The same commands and requests to `replank up` and to a real control plane: what a client reads is the same."""

import base64
import difflib
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

sys.path.insert(0, os.path.dirname(__file__))
from side_cases import ACCEPTED, CASES, MEANT, SETUP  # noqa: E402

PATIENCE = 300
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
LONG_TIME = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w\w\w \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
AGE = re.compile(r"(?<![\w.-])(\d+[smhdy]){1,2}(?![\w.-])|<invalid>")
ADDRESS = re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b")
MADE = re.compile(r"\b(web|cache|agent|job|tick|loose|bare)-([a-z0-9]{6,10})(-[a-z0-9]{5})?\b")
SHORT_MADE = re.compile(r"\b(agent|bare|job|loose)-([bcdfghjklmnpqrstvwxz2456789]{5})\b")
HASH = re.compile(r"pod-template-hash([=:\"' ]+)[a-z0-9]{6,10}")
QUOTED = re.compile(r'(patch: )?Invalid value: \\?"\{.*\}\\?": json:')
VERSION = re.compile(r"(resourceVersion[=:\"' ]+|ResourceVersion in (?:record|the precondition) .|current: )\d+")


class Side:
    """One of the two."""

    def __init__(self, name, kubeconfig):
        self.name = name
        self.environment = {**os.environ, "KUBECONFIG": kubeconfig, "KUBECTL_EXTERNAL_DIFF": "diff -u -N"}
        view = json.loads(self.kubectl(["config", "view", "--raw", "-o", "json"])[1])
        self.server = urlsplit(view["clusters"][0]["cluster"]["server"])
        self.context = self.contexts(view)
        found = self.kubectl(["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"])[1]
        self.nodes = sorted(found.split())

    @staticmethod
    def contexts(view):
        def lies(of, name):
            if of.get(name + "-data"):
                file = tempfile.NamedTemporaryFile("wb", delete=False)
                file.write(base64.b64decode(of[name + "-data"]))
                file.close()
                return file.name
            return of[name]

        user, cluster = view["users"][0]["user"], view["clusters"][0]["cluster"]
        context = ssl.create_default_context(cafile=lies(cluster, "certificate-authority"))
        context.load_cert_chain(lies(user, "client-certificate"), lies(user, "client-key"))
        return context

    def kubectl(self, arguments, text=None):
        command = ["kubectl", *arguments]
        ran = subprocess.run(
            command, input=text, env=self.environment, text=True, capture_output=True, timeout=PATIENCE
        )
        return ran.returncode, ran.stdout, ran.stderr

    def ask(self, verb, path, headers, body):
        connection = http.client.HTTPSConnection(
            self.server.hostname, self.server.port, context=self.context, timeout=60
        )
        connection.request(verb, path, body=body, headers=headers)
        answer = connection.getresponse()
        try:
            text = answer.read().decode(errors="replace")
        except TimeoutError:
            text = "goes on and on"
        kept = {"content-type", "retry-after", "warning"}
        headers = ((name.lower(), value) for name, value in answer.getheaders())
        said = sorted(f"{name}: {value}" for name, value in headers if name in kept)
        connection.close()
        return answer.status, "\n".join(said), text

    def filled(self, text):
        for number, node in enumerate(self.nodes[:2]):
            text = text.replace(f"NODE{number + 1}", node)
        if "WEBPOD" in text:
            chosen = ["-n", "side", "get", "pods", "-l", "app=web", "-o", "jsonpath={.items[0].metadata.name}"]
            text = text.replace("WEBPOD", self.kubectl(chosen)[1])
        return text

    def run(self, case):
        """What a client reads in one case."""
        if isinstance(case, str):
            code, out, err = self.kubectl(words(self.filled(case)))
            return f"exit {code}\n{self.plain(out)}\n{self.plain(err)}"
        if case[0] == "kubectl":
            code, out, err = self.kubectl(words(self.filled(case[1])), self.filled(case[2]))
            return f"exit {code}\n{self.plain(out)}\n{self.plain(err)}"
        verb, path, *rest = case
        headers, body = ({}, None)
        if rest:
            headers, body = dict(rest[0]), rest[1] if len(rest) > 1 else None
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        status, said, text = self.ask(verb, self.filled(path), headers, self.filled(body) if body else body)
        return f"{status}\n{said}\n{self.read(text)}"

    def read(self, text):
        """A body, each JSON value of it in one form."""
        out, decoder, at = [], json.JSONDecoder(), 0
        try:
            while at < len(text):
                value, at = decoder.raw_decode(text, at)
                out.append(json.dumps(normal(value), indent=1, sort_keys=True))
                while at < len(text) and text[at].isspace():
                    at += 1
        except ValueError:
            return self.plain(text)
        return self.plain("\n".join(out), keep=True)

    def plain(self, text, keep=False):
        if not keep and text.lstrip().startswith("{"):
            return self.read(text)
        for node in self.nodes:
            text = text.replace(node, "NODE")
        text = LONG_TIME.sub("TIME", TIME.sub("TIME", text))
        text = UID.sub("UID", text)
        text = HASH.sub(r"pod-template-hash\1HASH", text)
        text = MADE.sub(lambda it: it[1] + "-HASH" + ("-ID" if it[3] else ""), text)
        text = SHORT_MADE.sub(r"\1-ID", text)
        text = QUOTED.sub("Invalid value: OBJECT: json:", text)
        text = VERSION.sub(r"\1RV", text)
        text = text.replace(f"{self.server.hostname}:{self.server.port}", "SERVER")
        text = AGE.sub("AGE", ADDRESS.sub("IP", text))
        if not keep:
            text = "\n".join(re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip())
        return text


DROPPED = {"managedFields", "uid", "resourceVersion", "selfLink", "continue", "podIP", "podIPs", "hostIP"}
DROPPED |= {"generation", "observedGeneration", "storageVersionHash", "controller-revision-hash", "nodeName"}
DROPPED |= {"hostIPs", "clusterIP", "clusterIPs", "remainingItemCount", "containerID", "imageID"}


def normal(value):
    """Without what two clusters cannot have in common."""
    if isinstance(value, dict):
        kept = {key: normal(one) for key, one in value.items() if key not in DROPPED}
        # What is not set, and what columns are described as, is shown to nobody.
        is_column = {"priority", "format", "type"} <= kept.keys()
        return {
            key: one
            for key, one in kept.items()
            if one not in (None, [], {}) and not (is_column and key == "description")
        }
    if isinstance(value, list):
        return [normal(one) for one in value if not is_token(one)]
    return value


def is_token(value):
    """The token of a service account, which no pod of the embedded cluster is given."""
    return isinstance(value, dict) and str(value.get("name", "")).startswith("kube-api-access-")


def words(line):
    """The words of a command; `'…'` is one word."""
    found = re.findall(r"((?:[^\s']|'[^']*')+)", line)
    return [word.replace("'", "") for word in found]


def named(case):
    """What a case is called: everything that is asked."""
    if isinstance(case, str):
        return case
    rest = [one if isinstance(one, str) else json.dumps(one) for one in case[2:]]
    return " ".join([case[0], case[1], *(one for one in rest if one != "{}")])


def until(side, arguments):
    begun = time.time()
    while True:
        code, out, err = side.kubectl(words(side.filled(arguments)))
        if code == 0:
            return
        assert time.time() - begun < PATIENCE, f"{side.name}: {arguments}: {out}{err}"
        time.sleep(0.2)


def main():
    sides = [Side("real", os.environ["REAL_KUBECONFIG"]), Side("ours", os.environ["KUBECONFIG"])]
    for step in SETUP:
        for side in sides:
            if isinstance(step, str):
                until(side, step)
            else:
                code, out, err = side.kubectl(["apply", "-f", "-"], step[0])
                assert code == 0, f"{side.name}: {out}{err}"
    differ, only = [], sys.argv[1:]
    for number, case in enumerate(CASES):
        name = named(case)
        if only and not any(word == str(number) or word in name for word in only):
            continue
        if isinstance(case, str) and case.startswith("until "):
            for side in sides:
                until(side, case.removeprefix("until "))
            continue
        real, ours = (side.run(case) for side in sides)
        if real == ours or any(re.search(pattern, name) for pattern, _ in MEANT):
            continue
        if any(re.search(pattern, name) for pattern, _ in ACCEPTED):
            real, ours = real.splitlines()[0], ours.splitlines()[0]
        if real != ours:
            lines = difflib.unified_diff(real.splitlines(), ours.splitlines(), "real", "ours", lineterm="", n=2)
            differ.append(f"--- case {number}: {name}\n" + "\n".join(list(lines)[2:]))
    for text in differ:
        print(text)
    print(f"{len(CASES)} cases, {len(differ)} differ")
    sys.exit(bool(differ))


main()
