"""What people call a resource of the Kubernetes API, as the API has it."""

from polc.lower.resources_table import bare, builtins
from polc.why.ends import Unanswerable


def resource(word: str) -> tuple[str, str, bool]:
    """Return API group, name, and whether its objects are in namespaces.

    Raises:
        Unanswerable: there is none of that name, and no group is named.

    """
    name, _, group = word.partition(".")
    builtin = builtins().get((group, name)) if group else bare(name)
    if builtin is not None:
        return builtin.group, builtin.name, builtin.namespaced
    if not group:
        raise Unanswerable(f"Kubernetes has no resource `{word}`; name its group: `{word}.GROUP`")
    return group, name, True
