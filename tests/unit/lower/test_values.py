"""Literals: what each means, and the help for those that mean nothing."""

import ipaddress
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowering import leaf, lowered, statement, string
from polc import syntax as s
from polc.lower import values
from polc.lower.quantities import amount


def number(text: str) -> s.Number:
    return leaf(s.Number, text)


def span_of(low: str, high: str) -> s.Range:
    (item,) = statement(f"resources {{ cpu {low}..{high} }}").items
    return item.amount


# --- numbers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1", "80", "8080", "65535"])
def test_port_number(text: str) -> None:
    assert lowered(values.port_number, number(text)).value == int(text)


@pytest.mark.parametrize("text", ["0", "65536", "80m", "8e3", "80.5", "9" * 30])
def test_no_port_number(text: str) -> None:
    done = lowered(values.port_number, number(text))
    assert done.value is None
    assert done.marks == [("POL606", text)]


def test_range_backwards_is_offered_forwards() -> None:
    done = lowered(values.port_range, statement("port rtp 20100..20000 udp").container_port)
    assert done.marks == [("POL611", "20100..20000")]
    assert done.only.fix is not None
    assert done.only.fix.edits[0].text == "20000..20100"


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("0", 0), ("0s", 0)]
)
def test_duration(text: str, seconds: int) -> None:
    assert lowered(values.duration, number(text)).value == seconds


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("30", "did you mean `30s`?"),
        ("500ms", "the shortest duration is `1s`"),
        ("2d", "write `48h`"),
        ("1h30m", "a whole number with `s`, `m` or `h`"),
        ("1.5h", "a whole number with `s`, `m` or `h`"),
    ],
)
def test_no_duration(text: str, hint: str) -> None:
    done = lowered(values.duration, number(text))
    assert done.marks == [("POL607", text)]
    assert hint in (done.only.help or "")


def test_percent() -> None:
    assert lowered(values.percent, leaf(s.Percent, "100%", "100")).value == 100
    assert lowered(values.percent, leaf(s.Percent, "101%", "101")).marks == [("POL613", "101%")]
    assert lowered(values.percent, leaf(s.Percent, "0.5%", "0.5")).marks == [("POL613", "0.5%")]


# --- quantities -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", Fraction(1, 10)),
        ("1.5", Fraction(3, 2)),
        ("128Mi", 128 * 2**20),
        ("128M", 128 * 10**6),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("12k", 12_000),
        ("0", 0),
        ("5.", 5),
    ],
)
def test_quantity(text: str, value: Fraction | int) -> None:
    assert amount(text) == value
    assert lowered(values.quantity, number(text)).value == text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("128MB", "did you mean `128M` or `128Mi`?"),
        ("128mb", "did you mean `128M` or `128Mi`?"),
        ("128MiB", "did you mean `128Mi`?"),
        ("128mi", "did you mean `128Mi`?"),
        ("64K", "did you mean `64Ki` or `64k`?"),
        ("1g", "did you mean `1G` or `1Gi`?"),
        ("2cores", "did you mean `2`?"),
        ("100x", "write a number with one of"),
        ("10E", "at most 2^63 - 1"),
        ("1e99", "at most 2^63 - 1"),
    ],
)
def test_no_quantity(text: str, hint: str) -> None:
    done = lowered(values.quantity, number(text))
    assert done.value is None
    assert done.marks == [("POL601", text)]
    assert hint in (done.only.help or "")


@given(st.integers(0, 10**6), st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e2"]))
def test_every_unit_has_its_value(whole: int, unit: str) -> None:
    factors = {"": 1, "m": Fraction(1, 1000), "k": 10**3, "M": 10**6, "G": 10**9, "e2": 100}
    binary = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    assert amount(f"{whole}{unit}") == whole * (factors | binary)[unit]


@given(st.text(alphabet="0123456789.mkKMGiEe+-n ", max_size=8))
def test_a_quantity_has_the_shape_that_kubernetes_asks_for(text: str) -> None:
    value = amount(text)
    if value is not None:
        digits = text.rstrip("numkKMGTPEi")
        assert text[0] in "0123456789."
        assert any(c.isdigit() for c in digits)
        assert value >= 0


@given(st.sampled_from(["1", "500m", "1k", "1Ki", "1e3", "0.5"]), st.sampled_from(["1", "2k"]))
def test_compare_is_an_order(low: str, high: str) -> None:
    assert values.compare(low, high) == -values.compare(high, low)
    assert values.compare(low, low) == 0


def test_quantity_range() -> None:
    assert lowered(values.quantity_range, span_of("100m", "1")).value == ("100m", "1")
    assert lowered(values.quantity_range, span_of("1", "500m")).marks == [("POL611", "1..500m")]


# --- address blocks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("203.0.113.7/32", "203.0.113.7/32"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("::/0", "::/0"),
    ],
)
def test_cidr(text: str, canonical: str) -> None:
    assert lowered(values.cidr, leaf(s.Cidr, text)).value == canonical


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.1/8", "the network is `10.0.0.0/8`, this one address is `10.0.0.1/32`"),
        ("10.0.0.1", "for this one address write `10.0.0.1/32`"),
        ("2001:db8::1", "for this one address write `2001:db8::1/128`"),
        ("10.0.0.0/33", "an IPv4 prefix has 0 to 32 bits"),
        ("10.0.0.0/08", "an IPv4 prefix has 0 to 32 bits"),
        ("10.0.0.0/", "an IPv4 prefix has 0 to 32 bits"),
        ("10.0.0.0/255.0.0.0", "an IPv4 prefix has 0 to 32 bits"),
        ("10.0.0.256/8", "four numbers up to 255"),
        ("010.0.0.0/8", "four numbers up to 255"),
        ("10.0.0/8", "four numbers up to 255"),
        ("2001:db8::g/32", "write an IPv6 prefix"),
        ("::ffff:10.0.0.0/104", "write the IPv4 block itself"),
        ("fe80::1%eth0/64", "leave out the zone"),
    ],
)
def test_no_cidr(text: str, hint: str) -> None:
    done = lowered(values.cidr, leaf(s.Cidr, text))
    assert done.value is None
    assert done.marks == [("POL602", text)]
    assert hint in (done.only.help or "")


@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_block_is_read_exactly_if_nothing_is_behind_its_prefix(host: int, bits: int) -> None:
    text = f"{ipaddress.IPv4Address(host)}/{bits}"
    clean = host & ((1 << (32 - bits)) - 1) == 0
    done = lowered(values.cidr, leaf(s.Cidr, text))
    assert (done.value == text) is clean
    if not clean:
        assert done.only.fix is not None
        better = done.only.fix.edits[0].text
        assert lowered(values.cidr, leaf(s.Cidr, better)).value == better


# --- dates ------------------------------------------------------------------------------------


def test_date() -> None:
    assert lowered(values.date_of, leaf(s.Date, "2028-02-29")).value == date(2028, 2, 29)


@pytest.mark.parametrize(
    "text", ["2026-02-29", "2026-13-01", "31-12-2026", "2026-1-1", "0000-01-01"]
)
def test_no_date(text: str) -> None:
    assert lowered(values.date_of, leaf(s.Date, text)).marks == [("POL603", text)]


# --- labels -----------------------------------------------------------------------------------


def entries(text: str) -> tuple[s.Entry, ...]:
    return statement(f"select {{ {text} }}").entries


def test_labels_are_sorted() -> None:
    done = lowered(values.labels, entries('tier: "web", "app.kubernetes.io/name": "api", a: ""'))
    assert done.value == (("a", ""), ("app.kubernetes.io/name", "api"), ("tier", "web"))
    assert done.found == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ('app: "a b"', '"a b"'),
        ('app: "-a"', '"-a"'),
        (f'app: "{"a" * 64}"', f'"{"a" * 64}"'),
        ('"a/b/c": "x"', '"a/b/c"'),
        ('"/name": "x"', '"/name"'),
        ('"Example.com/name": "x"', '"Example.com/name"'),
        ('"app_": "x"', '"app_"'),
        ('app: "a", app: "b"', "app"),
    ],
)
def test_no_label(text: str, marked: str) -> None:
    assert lowered(values.labels, entries(text)).marks == [("POL604", marked)]


def test_a_label_given_twice_shows_the_first() -> None:
    done = lowered(values.labels, entries('app: "a", tier: "x", app: "b"'))
    assert done.only.labels[0].span.offset < done.only.span.offset
    assert done.value == (("app", "a"), ("tier", "x"))


# --- host names -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["api.stripe.com", "a.b", "xn--bcher-kva.example", "1.example"])
def test_host(name: str) -> None:
    assert lowered(values.host, string(name)).value == name


def test_wildcard_host() -> None:
    assert lowered(values.host, string("*.example.com"), wildcard=True).value == "*.example.com"
    assert lowered(values.host, string("*.example.com")).marks == [("POL610", '"*.example.com"')]
    assert lowered(values.host, string("*.com"), wildcard=True).marks == [("POL610", '"*.com"')]
    assert lowered(values.host, string("a.*.com"), wildcard=True).found != []


def test_trust_domain_needs_no_dot() -> None:
    assert lowered(values.host, string("prod"), dotted=False).value == "prod"
    assert lowered(values.host, string("prod")).marks == [("POL610", '"prod"')]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("API.stripe.com", "write it in lower case: `api.stripe.com`"),
        ("https://a.example/x", "leave out the scheme: `a.example`"),
        ("a.example/x", "leave out the path: `a.example`"),
        ("a.example:443", "the port stands apart"),
        ("a.example.", "leave out the final dot"),
        ("10.0.0.1", "write an endpoint with `cidr`"),
        ("2001:db8::1", "write an endpoint with `cidr`"),
        ("bücher.example", "`xn--bcher-kva.example`"),
        ("a..example", "between two dots"),
        ("a_b.example", "other characters"),
        ("", "write it in full"),
        (f"{'a' * 64}.example", "at most 63"),
        (".".join(["a" * 60] * 5), "at most 253"),
    ],
)
def test_no_host(name: str, hint: str) -> None:
    done = lowered(values.host, string(name))
    assert done.value is None
    assert done.marks == [("POL610", f'"{name}"')]
    assert hint in (done.only.help or "")
