"""Selectors of policies that no pod of the input has, where the input shows all pods."""

from collections.abc import Iterable, Iterator

from polc.codes.proof import LIKELY_MISTAKE, NO_SUCH
from polc.diagnostics import Diagnostic
from polc.semantics.network.networkpolicy import DIRECTIONS, Policy, peer_box
from polc.semantics.objects.values import items, mapping
from polc.semantics.sets.labels import NAME, POD, LabelBox
from polc.suggest import nearest
from polc.survey.mistakes import mistake
from polc.survey.shown import Shown
from polc.terms import Block


def peer_mistakes(policies: Iterable[Policy], shown: Shown) -> Iterator[Diagnostic]:
    """Report policies for no pod of the input, and peers that none is."""
    for policy in policies:
        if shown.lacks(policy.pods):
            message = "selects none of the pods that the input makes in its namespace"
            advice = _advice(policy.pods, shown, "compare its `podSelector` with their labels")
            yield mistake(policy.found, message, advice, "spec", "podSelector", code=LIKELY_MISTAKE)
        yield from _on_nodes(policy, shown)
        for direction in DIRECTIONS:
            side = "from" if direction == "ingress" else "to"
            for rule in policy.rules(direction) or ():
                written = items(mapping(items(policy.found.spec[direction])[rule.index]).get(side))
                for index, peer in enumerate(rule.peers if written else ()):
                    if isinstance(peer, Block) or not shown.lacks(peer_box(peer)):
                        continue
                    box = peer_box(peer)
                    verb = "admits" if direction == "ingress" else "lets its pods connect to"
                    message = f"{verb} {_words(box)}, which no pod of the input is"
                    advice = _advice(box, shown, "compare it with the labels of the pods")
                    place = ("spec", direction, rule.index, side, index)
                    yield mistake(policy.found, message, advice, *place, code=NO_SUCH)


def _on_nodes(policy: Policy, shown: Shown) -> Iterator[Diagnostic]:
    """Report a policy that holds no pod, for all are on the network of the nodes."""
    pods = list(shown.held(policy.pods))
    if pods and all(each.spec.get("hostNetwork") is True for each in pods):
        message = f"does nothing: {pods[0].title} makes pods on the network of their node, which no"
        advice = "leave `hostNetwork` out, or close the ports on the nodes by other means"
        yield mistake(policy.found, f"{message} policy holds", advice, "spec", "podSelector")


def _words(box: LabelBox) -> str:
    """Name the pods of a selector."""
    labels = []
    for (side, key), values in box.conditions:
        if side != POD:
            continue
        if values.negated or None in values.members:
            labels.append(f"a condition on `{key}`")
        else:
            labels += [f"`{key}: {value}`" for value in sorted(map(str, values.members))]
    spaces = sorted(map(str, box.by_axis[NAME].members))
    where = ", ".join(f"`{name}`" for name in spaces)
    return f"pods with {', '.join(labels)} in the namespace {where}"


def _advice(box: LabelBox, shown: Shown, otherwise: str) -> str:
    """Name the label that was probably meant."""
    for (side, key), values in box.conditions:
        if side != POD or values.negated:
            continue
        pods = [
            each for name in box.by_axis[NAME].members for each in shown.pods.get(str(name), ())
        ]
        known = {str(each.labels[key]) for each in pods if key in each.labels}
        for value in sorted(map(str, values.members)):
            near = nearest(value, known) if value not in known else None
            if near:
                return f"did you mean `{key}: {near}`?"
        if not known:
            other = nearest(key, {str(label) for each in pods for label in each.labels})
            if other:
                return f"no pod has a label `{key}`: did you mean `{other}`?"
    return otherwise
