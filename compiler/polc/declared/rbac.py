"""What a program declares of privileges: its grants as sets of requests on the API server."""

from polc.ir.nodes import Grant, UrlGrant
from polc.semantics.rbac.privileges import Access, resource_access
from polc.semantics.sets.words import ALL, urls, words


def grant_access(grant: Grant | UrlGrant) -> Access:
    """Return what a declared grant means."""
    if isinstance(grant, UrlGrant):
        return Access(paths=((words(*grant.verbs), urls(*grant.paths)),))
    return resource_access((
        words(*grant.verbs),
        words(grant.group),
        words(grant.resource),
        words(grant.subresource),
        words(*grant.names) if grant.names else ALL,
        ALL if grant.namespace is None else words(grant.namespace),
    ))  # fmt: skip
