"""What people call requests and resources of the Kubernetes API, as the API has them."""

from polc.lower.resources_table import bare, builtins
from polc.semantics.rbac.privileges import Request
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


def request_of(home: str, verb: str, words: list[str], forms: str) -> Request:
    """Return what `VERB RESOURCE [NAME] [in NAMESPACE]` asks; without a namespace that is `home`.

    Raises:
        Unanswerable: the words are none of the `forms` of a question.

    """
    namespace = home
    match words:
        case ["path", path]:
            return Request(verb, path=path)
        case [*words, "in", space]:
            namespace = space
        case [*words, "cluster-wide"]:
            namespace = ""
    if len(words) not in (1, 2):
        raise Unanswerable(f"that is no question; {forms}")
    head, _, subresource = words[0].partition("/")
    group, name, namespaced = resource(head)
    named = words[1] if len(words) == 2 else ""
    return Request(verb, group, name, subresource, named, namespace if namespaced else "")
