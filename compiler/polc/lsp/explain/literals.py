"""Literals and fixed words in their places: how long, how much, how many, and what they permit."""

from ipaddress import ip_network

from polc import syntax as s
from polc.ir.nodes import Program
from polc.lower.quantities import amount
from polc.lower.requests import ANY
from polc.lower.values import date_of, duration
from polc.lsp.explain import words
from polc.lsp.explain.names import program_of
from polc.lsp.explain.text import paragraphs
from polc.lsp.session import View
from polc.resolve.symbols import LEVELS

_UNITS = (("h", 3600), ("min", 60), ("s", 1))
_BINARY = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


def of_leaf(view: View, path: list[s.Node]) -> str:
    """Return what the last node of a path means; "" where its text says it all."""
    leaf, around = path[-1], path[-2] if len(path) > 1 else None
    match leaf:
        case s.Date():
            day = date_of(leaf, [])
            return words.of_date(day, view.session.today()) if day else ""
        case s.Number():
            return _of_number(leaf, path)
        case s.Cidr(text=text):
            return _of_cidr(text)
        case s.Word(text=text):
            return _of_word(text, around)
        case s.Resource():
            return words.of_resource(leaf.span.text)
        case s.BroadPeer(word=word):
            return of_broad(view, word)
        case s.Name(text=text):
            return _of_name(text, leaf, path)
        case s.String(value=value):
            return _of_string(value, around)
    return ""


def of_broad(view: View, word: str) -> str:
    """Return what `any`, `internet` and `self` mean in this program."""
    program = program_of(view)
    return paragraphs(f"**{word}**", words.WORDS[word], _here(program, word) if program else None)


def _here(program: Program, word: str) -> str | None:
    if word != "internet":
        return None
    inside = ", ".join(f"`{block}`" for block in program.cluster.internal)
    return f"On cluster `{program.cluster.name}` it leaves out {inside}."


def _of_name(text: str, leaf: s.Name, path: list[s.Node]) -> str:
    around = path[-2:][0]
    match around:
        case s.Can(verbs=verbs) | s.CanPath(verbs=verbs) if leaf in verbs:
            return paragraphs(f"**verb** `{text}`", words.of_verb(text), _of_grant(around))
        case s.Port(protocol=protocol) if leaf is protocol:
            return words.of_protocol(text)
        case s.Relax(field=name) if leaf is name:
            return words.of_field(text)
        case s.WorkloadKind(kind=kind) | s.Probe(kind=kind) if leaf is kind:
            return words.VALUES.get(text, "")
        case s.Mesh() | s.Cni() | s.Consent():
            return words.VALUES.get(text, "")
        case s.Ref() if text in LEVELS and isinstance(path[-3:][0], s.Harden | s.Profile):
            return paragraphs(f"**profile** `{text}`", words.WORDS[text])
    return ""


def _of_string(text: str, around: s.Node | None) -> str:
    match around:
        case s.HttpRequest():
            return words.of_pattern(text)
        case s.RpcRequest():
            return f"On the wire this is `POST /{text}`."
    return ""


def _of_grant(grant: s.Node) -> str:
    """Return what the resources of a grant are, and what makes it a privilege."""
    if not isinstance(grant, s.Can):
        return ""
    return "\n\n".join(words.of_resource(each.span.text) for each in grant.resources)


def _of_word(text: str, around: s.Node | None) -> str:
    match around:
        case s.Capability():
            return words.of_capability(text)
        case s.HttpRequest():
            return "Every method of HTTP." if text == ANY else f"The method of HTTP `{text}`."
        case s.Stop():
            return "What asks the containers to end, before they are killed."
    return ""


def _of_number(number: s.Number, path: list[s.Node]) -> str:
    kinds = {type(each): each for each in path}
    resource = kinds.get(s.ResourceRange)
    if isinstance(resource, s.ResourceRange):
        limits = resource.amount.high is not None and number is resource.amount.high
        both = resource.amount.high is None
        role = "Request and limit" if both else "Limit" if limits else "Request"
        return f"{role}: {_quantity(resource.kind, number.text)}."
    if s.Timeout in kinds or s.Stop in kinds:
        seconds = duration(number, [])
        return "" if seconds is None else f"{_seconds(seconds)}."
    port = kinds.get(s.Port)
    if isinstance(port, s.Port):
        if isinstance(path[0], s.Endpoint):
            return "The port there."
        is_outer = number is port.service_port
        return "The port of the Service." if is_outer else "The port of the pods."
    return ""


def _quantity(kind: str, text: str) -> str:
    value = amount(text)
    if value is None:
        return f"`{text}`"
    if kind == "cpu":
        return f"{float(value):g} of a core" if value < 1 else f"{float(value):g} cores"
    number, unit = float(value), 0
    while number >= 1024 and unit + 1 < len(_BINARY):
        number, unit = number / 1024, unit + 1
    return f"{number:.4g} {_BINARY[unit]}"


def _seconds(seconds: int) -> str:
    parts = []
    rest = seconds
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def _of_cidr(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return ""
    number = network.num_addresses
    shown = f"{number:,}" if number < 10**9 else f"2^{number.bit_length() - 1}"
    addresses = "1 address" if number == 1 else f"{shown} addresses"
    return f"{addresses}: `{network[0]}` to `{network[-1]}`." if number > 1 else f"{addresses}."
