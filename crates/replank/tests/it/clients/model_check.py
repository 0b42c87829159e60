"""Clients of boto3 whose every response is held to the service's own model, as botocore carries it: no unknown member,
no missing required one, right types; of a refusal, an error that the operation declares. What is wrong is collected in WRONG, what was called in CALLED."""

import json
import re
from xml.etree import ElementTree

import botocore.session
from botocore.exceptions import ClientError

WRONG = []
# Values of the service that models before botocore 1.44 do not know yet.
NEWER = {"VersionRollback"}
# Elements of answers that they do not know yet.
NEWER_ELEMENTS = {"publicSsmParameterName"}
# EC2 says it small, whatever its model says.
SMALL = {"windows"}
CALLED = set()


def check(shape, value, at):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            WRONG.append(f"{at}: {value!r} is no structure")
            return
        for name, inner in value.items():
            if name not in shape.members:
                WRONG.append(f"{at}.{name}: no such member")
            elif inner is None:
                WRONG.append(f"{at}.{name}: null")
            else:
                check(shape.members[name], inner, f"{at}.{name}")
        for name in shape.required_members:
            if name not in value:
                WRONG.append(f"{at}.{name}: missing")
    elif kind == "list":
        for number, inner in enumerate(value):
            check(shape.member, inner, f"{at}[{number}]")
    elif kind == "map":
        for key, inner in value.items():
            check(shape.value, inner, f"{at}.{key}")
    else:
        types = {"string": str, "boolean": bool, "integer": int, "long": int, "timestamp": (int, float)}
        good = isinstance(value, types[kind]) and (kind == "boolean") == isinstance(value, bool)
        if not good:
            WRONG.append(f"{at}: {value!r} is no {kind}")
        elif kind == "string" and shape.enum and value not in shape.enum and value not in NEWER:
            WRONG.append(f"{at}: {value!r} is not one of {shape.enum}")


def bare(element):
    return element.tag.split("}")[-1]


def check_xml(shape, element, at, also=frozenset()):
    """An answer of the query protocols: no element that the model does not name, no missing required one, right types."""
    kind = shape.type_name
    if kind == "structure":
        names = {it.serialization.get("name", name): (name, it) for name, it in shape.members.items()}
        seen = set()
        for inner in element:
            name = bare(inner)
            if name in also or (name in NEWER_ELEMENTS and name not in names):
                continue
            if name not in names:
                WRONG.append(f"{at}.{name}: no such element")
                continue
            seen.add(names[name][0])
            check_xml(names[name][1], inner, f"{at}.{name}")
        for name in shape.required_members:
            if name not in seen:
                WRONG.append(f"{at}.{name}: missing")
    elif kind == "list":
        wanted = shape.member.serialization.get("name", "member")
        for number, inner in enumerate(element):
            if bare(inner) != wanted:
                WRONG.append(f"{at}: {bare(inner)} is not {wanted}")
            check_xml(shape.member, inner, f"{at}[{number}]")
    else:
        text = element.text or ""
        forms = {"boolean": r"true|false", "integer": r"-?\d+", "long": r"-?\d+",
                 "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"}
        if kind in forms and not re.fullmatch(forms[kind], text):
            WRONG.append(f"{at}: {text!r} is no {kind}")
        elif kind == "string" and shape.enum and text not in shape.enum and text not in NEWER | SMALL:
            WRONG.append(f"{at}: {text!r} is not one of {shape.enum}")


# What every operation of AWS may answer (EKS: common errors).
COMMON = {"IncompleteSignatureException", "InvalidSignatureException", "MissingAuthenticationTokenException",
          "UnrecognizedClientException", "SerializationException"}


def before_parse(operation_model, response_dict, **_):
    CALLED.add(operation_model.name)
    protocol, status = operation_model.metadata["protocol"], response_dict["status_code"]
    if protocol in ("query", "ec2"):
        if status < 300 and operation_model.output_shape:
            root = ElementTree.fromstring(response_dict["body"])
            wrapper = operation_model.output_shape.serialization.get("resultWrapper")
            at = operation_model.name
            found = root if wrapper is None else next((it for it in root if bare(it) == wrapper), None)
            if found is None:
                WRONG.append(f"{at}: no {wrapper}")
            else:
                check_xml(operation_model.output_shape, found, at, {"requestId"} if protocol == "ec2" else set())
        return
    if protocol not in ("json", "rest-json"):
        return
    body = json.loads(response_dict["body"])
    if status < 300:
        check(operation_model.output_shape, body, operation_model.name)
    elif protocol == "rest-json":
        code = response_dict["headers"]["x-amzn-errortype"]
        declared = {it.name: it for it in operation_model.error_shapes}
        if code in declared:
            check(declared[code], body, f"{operation_model.name}: {code}")
            wanted = declared[code].metadata["error"]["httpStatusCode"]
            if status != wanted:
                WRONG.append(f"{operation_model.name}: {code} with {status}, not {wanted}")
        elif code not in COMMON:
            WRONG.append(f"{operation_model.name}: {code} is not declared")


SESSION = botocore.session.get_session()


def client(service):
    made = SESSION.create_client(service)
    made.meta.events.register(f"before-parse.{service}", before_parse)
    return made


def refused(code, text, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, (found, code)
        assert text in found["Message"], (found, text)
        return error.response
    raise AssertionError(f"not refused: {code} {text}")
