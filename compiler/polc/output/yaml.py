"""Plain data as block-style YAML that YAML 1.1 and YAML 1.2 readers read alike.

Kubernetes' tools read YAML 1.1 with exceptions (sigs.k8s.io/yaml), others YAML 1.2. A string is
left plain only where no reader of either takes it for a boolean (`on`), a number (`1e3`, `0x10`,
`012`, `12:30:00`), null (`~`) or a date; every rule below errs towards quotes. Sources:
https://yaml.org/type/ (YAML 1.1), https://yaml.org/spec/1.2.2/ sections 7.3, 8.1 and 10.3.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_FIRST = re.compile(r"[A-Za-z0-9_/$^(]|\.(?=[/A-Za-z])|--?(?=[A-Za-z])")
# What YAML 1.1 or 1.2 may read as something else: words, and all that looks like a number, a
# sexagesimal (`12:30:00`) or a timestamp (`2026-12-31T10:00:00Z`).
_AMBIGUOUS = re.compile(
    r"(?:y|n|yes|no|on|off|true|false|null|\.inf|\.nan)\Z"
    r"|[-+._]*[0-9][-+._:,0-9a-fox\sTZ]*\Z",
    re.IGNORECASE,
)
_UNSAFE_INSIDE = re.compile(r":(?:\s|\Z)|\s#|\s\Z|[^\x00-\uffff]")
_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
}
_MEMO_LIMIT = 200_000
_memo: dict[str, str] = {}


def dump(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Return one document as text that ends with a line feed; keys keep their order."""
    out: list[str] = []
    if isinstance(value, Mapping):
        if not value:
            return "{}\n"
        _mapping(value, "", "", out)
    else:
        if not value:
            return "[]\n"
        _sequence(value, "", "", out)
    return "".join(out)


def dump_all(documents: Iterable[Mapping[str, Any]]) -> str:
    """Return several documents with `---` between them."""
    return join(map(dump, documents))


def join(texts: Iterable[str]) -> str:
    """Return the texts of several documents as one text."""
    return "---\n".join(texts)


def scalar(text: str) -> str:
    """Return a string on one line: plain where every reader takes it for a string, else quoted."""
    written = _memo.get(text)
    if written is None:
        written = text if is_plain(text) else _quoted(text)
        # INVARIANT: no text with a line feed is remembered: as a value it may be a block instead.
        if "\n" not in text:
            if len(_memo) >= _MEMO_LIMIT:
                _memo.clear()
            _memo[text] = written
    return written


def is_plain(text: str) -> bool:
    """Tell whether a string needs no quotes, in block context and as a key."""
    return (
        _FIRST.match(text) is not None
        and text.isprintable()
        and _UNSAFE_INSIDE.search(text) is None
        and _AMBIGUOUS.match(text) is None
    )


def _quoted(text: str) -> str:
    """Write a double-quoted scalar; what can't be seen is escaped, also bidi controls."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable() and char <= "\uffff":
        return char
    number = ord(char)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


# Two of the functions below repeat a few lines: this is the inner loop of every build, and a call
# per scalar costs more than all the rest.


def _mapping(value: Mapping[str, Any], lead: str, pad: str, out: list[str]) -> None:
    """Write a mapping that isn't empty; `lead` starts its first line, `pad` the others."""
    memo = _memo
    inner = pad + "  "
    for key, item in value.items():
        start = lead + (memo.get(key) or scalar(key))
        lead = pad
        kind = type(item)
        if kind is str and (text := memo.get(item)) is not None:
            out.append(f"{start}: {text}\n")
        elif kind is int or not item:
            out.append(f"{start}: {_leaf(item, pad)}\n")
        elif isinstance(item, (list, tuple)):
            # As kubectl writes it: the dash stands under the key.
            out.append(start + ":\n")
            _sequence(item, pad, pad, out)
        elif kind is dict or isinstance(item, Mapping):
            out.append(start + ":\n")
            _mapping(item, inner, inner, out)
        else:
            out.append(f"{start}: {_leaf(item, pad)}\n")


def _sequence(value: Sequence[Any], lead: str, pad: str, out: list[str]) -> None:
    """Write a sequence that isn't empty; `lead` starts its first line, `pad` the others."""
    memo = _memo
    inner = pad + "  "
    for item in value:
        start = lead + "- "
        lead = pad
        kind = type(item)
        if kind is str and (text := memo.get(item)) is not None:
            out.append(f"{start}{text}\n")
        elif kind is dict and item:
            _mapping(item, start, inner, out)
        elif item and isinstance(item, (list, tuple)):
            _sequence(item, start, inner, out)
        elif item and isinstance(item, Mapping):
            _mapping(item, start, inner, out)
        else:
            out.append(f"{start}{_leaf(item, pad)}\n")


def _leaf(value: Any, pad: str) -> str:
    """Write a scalar, or an empty collection."""
    if isinstance(value, str):
        text = str(value)
        return _block(text, pad) if _is_block(text) else scalar(text)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, (list, tuple)):
        return "[]"
    raise TypeError(f"{type(value).__name__} is not plain data")


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 wants a dot: `1e+16` would be a string there.
    return text.replace("e", ".0e") if "." not in text else text


def _is_block(text: str) -> bool:
    """Tell whether a text can be a `|` block: lines that a person can see, none of them special."""
    lines = text.split("\n")
    return (
        len(lines) > 1
        and lines[0][:1] not in ("", " ", "\t")
        and not text.endswith("\n\n")  # it would need `|+`
        and all(line.isprintable() and not line.endswith(" ") for line in lines)
        and max(text) <= "\uffff"
    )


def _block(text: str, pad: str) -> str:
    indent = "\n" + pad + "  "
    sign = "|" if text.endswith("\n") else "|-"
    lines = text.removesuffix("\n").split("\n")
    return sign + "".join(indent + line if line else "\n" for line in lines)
