"""Judge custom resources by the real CRDs in `../shared/crds/`, strictly.

A CRD's structural schema prunes fields that it does not know; a build that emits one has a bug
that no API server reports. So unknown fields are errors here, wherever the schema does not say
`x-kubernetes-preserve-unknown-fields`. The rules of `x-kubernetes-validations` (CEL) are not run.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml

from support import SHARED

CRDS = SHARED / "crds"
_Schemas = dict[tuple[str, str], dict[str, Any]]

_METADATA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "maxLength": 253,
            "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        },
        "namespace": {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def check(body: Mapping[str, Any]) -> None:
    """Fail when an object does not fit its CRD; skip, loudly, where there are no CRDs."""
    problems = errors(body)
    assert not problems, f"{body['kind']}/{body['metadata']['name']}: " + "; ".join(problems)


def errors(body: Mapping[str, Any]) -> list[str]:
    """Return what a strict reading of the CRD says against an object, in a fixed order."""
    validator = _validator(str(body["apiVersion"]), str(body["kind"]))
    return sorted(f"{error.json_path}: {error.message}" for error in validator.iter_errors(body))


def knows(api_version: str, kind: str) -> bool:
    """Tell whether one of the CRDs serves this kind in this version."""
    return (api_version, kind) in _schemas()


@cache
def _validator(api_version: str, kind: str) -> jsonschema.Draft7Validator:
    schemas = _schemas()
    assert (api_version, kind) in schemas, f"no CRD serves {api_version} {kind}"
    return jsonschema.Draft7Validator(schemas[api_version, kind])


@cache
def _schemas() -> _Schemas:
    if not CRDS.is_dir():
        pytest.skip(f"NOT CHECKED against CRDs: there is no {CRDS.parent.name}/{CRDS.name}/")
    found: _Schemas = {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(CRDS.glob("*.yaml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=loader):
            if document and document.get("kind") == "CustomResourceDefinition":
                found.update(_versions(document["spec"]))
    return found


def _versions(spec: Mapping[str, Any]) -> _Schemas:
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): _root(
            version["schema"]["openAPIV3Schema"]
        )
        for version in spec["versions"]
        if version["served"]
    }


def _root(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a whole object: closed, with what the API server knows by itself."""
    closed = _close(schema)
    properties = {
        **closed.get("properties", {}),
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": _METADATA,
    }
    properties.pop("status", None)
    required = ["apiVersion", "kind", "metadata", *closed.get("required", ())]
    return {
        **closed,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _close(schema: Any) -> Any:
    """Forbid fields that a schema does not list; translate the words of Kubernetes."""
    if isinstance(schema, list):
        return [_close(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _close_under(key, value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
        closed.setdefault("anyOf", [{"type": "integer"}, {"type": "string"}])
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or (
        "additionalProperties" in schema
    )
    if schema.get("type") == "object" and "properties" in schema and not open_ended:
        closed["additionalProperties"] = False
    return closed


def _close_under(key: str, value: Any) -> Any:
    """Close the schemas under a keyword; a conjunct only narrows, so it lists no fields."""
    match key:
        case "properties":
            return {name: _close(each) for name, each in value.items()}
        case "items" | "additionalProperties":
            return _close(value)
        case _:
            return value
