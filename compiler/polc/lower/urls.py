"""Grants on URLs of the API server that are no resources: `/metrics`, `/healthz`."""

import re

from polc import syntax
from polc.codes import privileges as codes
from polc.diagnostics import Diagnostic
from polc.ir.nodes import UrlGrant
from polc.lower.qualifiers import Active
from polc.lower.resources_names import wildcard
from polc.lower.words import unknown

URL_VERBS = ("delete", "get", "head", "options", "patch", "post", "put")
"""Verbs for URLs are HTTP methods in lower case (kubernetes.io, "Authorization Overview")."""

_RESOURCE = re.compile(r"/api/[^/]+/.+|/apis/[^/]+/[^/]+/.+")


def lower_urls(c: syntax.CanPath, active: Active, found: list[Diagnostic]) -> UrlGrant | None:
    """Read one `can VERBS path …`."""
    before = len(found)
    for verb in c.verbs:
        _check_verb(verb, found)
    for path in c.paths:
        _check_path(path, found)
    if len(found) > before:
        return None
    return UrlGrant(
        tuple(sorted({verb.text for verb in c.verbs})),
        tuple(sorted({path.value for path in c.paths})),
        active.because,
        active.until,
        c.span,
    )


def _check_verb(verb: syntax.Name, found: list[Diagnostic]) -> None:
    if verb.text == "*":
        found.append(wildcard(verb.span, "verbs", "name each method: `get`, `post`"))
    elif verb.text not in URL_VERBS:
        message = f"`{verb.text}` is not a verb for URLs"
        found.append(unknown(codes.UNKNOWN_VERB, message, verb.span, verb.text, URL_VERBS))


def _check_path(path: syntax.String, found: list[Diagnostic]) -> None:
    text = path.value
    if "*" in text:
        found.append(wildcard(path.span, "URLs", "name each URL that is needed"))
    elif _RESOURCE.fullmatch(text):
        found.append(
            Diagnostic(
                codes.BAD_URL_PATH,
                f"`{text}` is a resource, which no grant on a URL opens",
                path.span,
                help="name the resource instead: `can get pods`",
            )
        )
    elif not re.fullmatch(r"/[!-~]*", text):
        found.append(
            Diagnostic(
                codes.BAD_URL_PATH,
                f"`{text}` is not a URL of the API server",
                path.span,
                help="write its path from the `/` on: `/metrics`",
            )
        )
