"""Small programs and files for the tests of this folder."""

from typing import Any

from polc.ir.nodes import Build, Program, Relaxation, Stop, Workload
from unit.backends.knative.programs import program, security, workload

__all__ = ["BUSYBOX", "DIGEST", "PYTHON", "STRIP", "api", "build", "built", "program", "security"]

DIGEST = "sha256:" + "3" * 64
PYTHON = f"python:3.13-slim@{DIGEST}"
BUSYBOX = f"busybox:1.37@{DIGEST}"
STRIP = (
    'RUN ["find", "/", "-xdev", "-type", "f", "-perm", "/6000", "-exec", "chmod", "a-s", "{}", "+"]'
)
ROOT = Relaxation("run-as-non-root", "the vendor's agent\nUSER 0 \\")


def build(**changes: Any) -> Build:
    values: dict[str, Any] = {
        "base": PYTHON,
        "app": "/app",
        "command": ("python", "-m", "myapp"),
    }
    return Build(**{**values, **changes})


def api(**changes: Any) -> Workload:
    values: dict[str, Any] = {"key": "backend/api", "name": "api", "kind": "deployment"}
    return workload(**{**values, "security": security(user=1000, group=3000), **changes})


def built(**changes: Any) -> Program:
    values: dict[str, Any] = {"build": build(), "stop": Stop(30, "SIGTERM")}
    return program(api(**{**values, **changes}))
