"""What a word in YAML means: text, truth, number or nothing, as go-yaml 2 has it (resolve.go).

It is neither YAML 1.1 nor 1.2: `yes`, `on` and `y` are true, `017` and `0o17` are fifteen, `08` is
eight, and there are no numbers to the base 60; dates stay text. Numbers come out as JSON has them:
`80.0` is 80, and what does not fit into 64 bits is no integer.
"""

import base64
import math
import re
import struct
from collections.abc import Mapping
from datetime import date

from polc.semantics.objects.yaml.errors import shown

Scalar = str | int | float | bool | None

_STANDARD = "tag:yaml.org,2002:"
_TRUE = "y Y yes Yes YES on On ON true True TRUE"
_FALSE = "n N no No NO off Off OFF false False FALSE"
_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(_TRUE.split(), True),
    **dict.fromkeys(_FALSE.split(), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER = re.compile(
    r"(?P<sign>[+-]?)(?:0[bB](?P<two>[01]+)|0[oO]?(?P<eight>[0-7]+)|0[xX](?P<sixteen>[0-9a-fA-F]+)"
    r"|(?P<ten>0|[1-9][0-9]*))"
)
_SIGN_INSIDE = re.compile(r"0b[+-][01]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_AFTER_DOT = re.compile(r"\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?")
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt](?P<clock>CLOCK)(?:Z|[+-](?:[01][0-9]|2[0-4]):(?:[0-5][0-9]|60))| CLOCK)?".replace(
        "CLOCK", r"(?:[01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](?:[.,][0-9]{1,9})?"
    )
)
HALF = re.compile("[\ud800-\udfff]")
_LEAST, _MOST, _MOST_UNSIGNED = -(1 << 63), (1 << 63) - 1, (1 << 64) - 1
_BASES = {"two": 2, "eight": 8, "sixteen": 16, "ten": 10}
_LONGEST = 40
"""No integer of that many decimal digits fits into 64 bits."""


def resolve(text: str) -> Scalar:
    """Return what a bare word means; integers as they are, also such as JSON has no room for."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _finite(text.replace("_", ""), text) if _AFTER_DOT.fullmatch(text) else text
    if first not in "+-0123456789":
        return text
    digits = text.replace("_", "")
    whole = _integer(digits)
    if whole is not None:
        return whole
    return _finite(digits, text) if _FLOAT.fullmatch(digits) else text


def _integer(digits: str) -> int | None:
    if _SIGN_INSIDE.fullmatch(digits):
        found = int(digits[2:], 2)
        return found if _LEAST <= found <= _MOST else None
    match = _INTEGER.fullmatch(digits)
    if match is None or match.lastgroup is None:
        return None
    sign, number = match["sign"], match[match.lastgroup]
    if match.lastgroup == "ten" and len(number) > _LONGEST:
        return None
    found = int(number, _BASES[match.lastgroup])
    found = -found if sign == "-" else found
    return found if _LEAST <= found <= (_MOST if sign else _MOST_UNSIGNED) else None


def _finite(digits: str, text: str) -> float | str:
    found = float(digits)
    return text if math.isinf(found) else found


def resolve_tagged(tag: str, text: str) -> Scalar:
    """Return what a word with a tag means; a ValueError says what is wrong.

    Tags that are not of YAML's own types say nothing: the word is text.
    """
    kind = tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else ""
    if kind == "binary":
        return _binary(text)
    if kind not in ("bool", "int", "float", "null", "timestamp"):
        return text
    if kind == "timestamp":
        fits = _is_time(text)
        found: Scalar = text
    else:
        found = resolve(text)
        if kind == "float" and type(found) is int and found <= _MOST:
            found = float(found)
        fits = _kind(found) == kind
    if not fits:
        raise ValueError(f"{shown(text)} is not of the type `!!{kind}`")
    return found


def _kind(value: Scalar) -> str:
    if value is None:
        return "null"
    return type(value).__name__


def _binary(text: str) -> str:
    try:
        return base64.b64decode(re.sub("[\r\n]", "", text), validate=True).decode()
    except ValueError:
        raise ValueError("what is `!!binary` here is not text in base64") from None


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def refuse_halves(text: str) -> None:
    """Raise a ValueError for a text with half of a character, which only escapes can write."""
    if HALF.search(text):
        raise ValueError("half of a character stands alone")


def as_json(value: Scalar) -> Scalar:
    """Return a scalar as the API server has it, after it was JSON; a ValueError says why not."""
    if type(value) is float:
        if not math.isfinite(value):
            raise ValueError("there is no such number in JSON: `.inf` and `.nan` can't be applied")
        whole = _written_out(value) if value.is_integer() else None
        return value if whole is None or not _LEAST <= whole <= _MOST else whole
    if type(value) is int and not _LEAST <= value <= _MOST:
        return as_json(float(value))
    return value


def _written_out(value: float) -> int:
    """Return an integer of the fewest digits that mean a number: what JSON says of it."""
    mantissa, _, exponent = repr(value).partition("e+")
    whole, _, rest = mantissa.partition(".")
    return int(whole + rest.ljust(int(exponent), "0")) if exponent else int(value)


def as_key(value: Scalar) -> str:
    """Return the key that a scalar is in JSON, which knows texts only."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() if value <= _MOST:
            return str(value)
        case float():
            return _shortest(value)
        case None:
            raise ValueError("a key is empty (null)")
    raise ValueError(f"the number `{value}` is too large for a key")


def _shortest(value: float) -> str:
    """Return the fewest digits that are the same number in 32 bits, as the library writes keys."""
    if math.isnan(value):
        return ".nan"
    try:
        (single,) = struct.unpack("f", struct.pack("f", value))
    except OverflowError:
        single = math.copysign(math.inf, value)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    for precision in range(1, 10):
        text = f"{single:.{precision - 1}e}"
        if struct.pack("f", float(text)) == struct.pack("f", single):
            break
    mantissa, _, exponent = text.partition("e")
    if -4 <= int(exponent) < 6:
        digits = max(precision - 1 - int(exponent), 0)
        return f"{float(text):.{digits}f}"
    return f"{mantissa}e{int(exponent):+03d}"
