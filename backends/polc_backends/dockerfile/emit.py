"""One hardened Dockerfile for a workload with a `build`.

Rules: docs.docker.com/reference/dockerfile, CIS Docker benchmark section 4, hadolint. There is no
`# syntax=` line: nothing here needs a newer frontend than any BuildKit or Buildah has, and the
line would make every build fetch an image that nobody pinned.
"""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from polc.backend import TextFile
from polc.ir.nodes import Build, Port, Transport, Workload
from polc_backends.dockerfile.bases import has_tools, parse_reference
from polc_backends.dockerfile.text import STRIP_SETUID, exec_form, user_of


def dockerfile(workload: Workload, build: Build) -> TextFile:
    """Render the Dockerfile of a build that `check_build` found nothing wrong with."""
    path = f"{workload.namespace}/{workload.name}.Dockerfile"
    text = _template().render(path=path, **_values(workload, build))
    return TextFile(path, text, (build.span, workload.security.span))


@cache
def _template() -> Template:
    # Autoescape is for HTML. What makes values safe here is `check_build` and `exec_form`.
    environment = Environment(
        loader=PackageLoader("polc_backends.dockerfile", "."),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("Dockerfile.j2")


def _values(workload: Workload, build: Build) -> dict[str, Any]:
    base, builder = parse_reference(build.base), parse_reference(build.builder or build.base)
    assert base is not None
    assert builder is not None
    # A stage of its own needs something that can work in it: the builder, or the base itself.
    staged = build.builder is not None or has_tools(base)
    return {
        "key": workload.key,
        "name": workload.name,
        "base": build.base,
        "base_digest": base.digest,
        "builder": (build.builder or build.base) if staged else None,
        "tools": has_tools(builder),
        "app": build.app,
        "app_string": exec_form((build.app,))[1:-1],
        "install": exec_form(build.install) if build.install else None,
        "strip": exec_form(STRIP_SETUID) if has_tools(base) else None,
        "writes": ", ".join(map(_one_line, sorted(workload.security.writes))),
        "root_reason": _root_reason(workload),
        "user": user_of(workload.security),
        "expose": " ".join(_exposed(port) for port in workload.ports),
        "signal": workload.stop.signal if workload.stop else None,
        "command": exec_form(build.command),
    }


def _exposed(port: Port) -> str:
    number = str(port.container) if port.end == port.container else f"{port.container}-{port.end}"
    return number if port.transport is Transport.TCP else f"{number}/{port.transport.value.lower()}"


def _root_reason(workload: Workload) -> str | None:
    """Return why the image runs as root, or None where it does not."""
    if workload.security.user != 0:
        return None
    reasons = [r.because for r in workload.security.relaxed if r.name == "run-as-non-root"]
    return _one_line(reasons[0] if reasons else f"user 0 under {workload.security.profile}")


def _one_line(text: str) -> str:
    """Make a text fit into one comment: without line ends, and without what could join lines."""
    return re.sub(r"[\s\\`]+", " ", text).strip()
