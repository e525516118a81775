"""What a change of programs permits and takes away."""

import json
from datetime import date

import pytest

from polc.diff.changes import Change, Kind
from polc.diff.program import compare
from polc.driver import Options, compile_program
from polc_backends.registry import load


def program(text: str):
    source = f"cluster test {{ mesh istio sidecar  cni kubernetes }}\nnamespace shop\n{text}"
    options = Options(date(2026, 12, 1))
    done = compile_program(("p.svc",), lambda _: source.encode(), load(None), options)
    assert done.program is not None
    assert [str(each.message) for each in done.diagnostics if each.severity == 4] == []
    return done.program


def api(allow: str, extra: str = "", before: str = "") -> str:
    return f"""
service web {{ select {{ app: "web" }}  port http 8080 http }}
service cron {{ select {{ app: "cron" }} }}
{before}
service api {{ select {{ app: "api" }}  port http 8080 http
{allow}
{extra} }}
"""


def changes(old: str, new: str, kind: Kind = Kind.FLOW) -> list[tuple[str, str, str, tuple]]:
    return [told(each) for each in compare(program(old), program(new)) if each.kind is kind]


def told(change: Change) -> tuple[str, str, str, tuple]:
    return ("+" if change.gained else "-", change.subject, change.target, change.requests)


API = "shop/api:http (8080/TCP)"


def test_no_change():
    text = api("allow from web on http")
    assert compare(program(text), program(text)) == ()


def test_comments_order_and_names_of_ports_are_no_change():
    one = api("allow from web on http\nallow from cron on http")
    other = api("allow from cron, web on http  # both")
    assert compare(program(one), program(other)) == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "allow from web on http", [("+", "shop/web", API, ())]),
        (
            'allow from web on http { GET "/a/*" }',
            'allow from web on http { GET "/a/**" }',
            [("+", "shop/web", API, ('GET "/a/**"',))],
        ),
        (
            'allow from web on http { GET "/a/**" }',
            'allow from web on http { GET "/a/*"  GET "/a/b/c" }',
            [("-", "shop/web", API, ('GET "/a/**"',))],
        ),
        (
            'allow from web on http { ANY "/a" }',
            'allow from web on http { GET, PUT "/a" }',
            [("-", "shop/web", API, ('ANY "/a"',))],
        ),
        (
            'allow from web on http { GET "/a" }',
            'allow from web on http { GET, PUT "/a" }',
            [("+", "shop/web", API, ('PUT "/a"',))],
        ),
        (
            'allow from web on http { GET "/a" }',
            "allow from web on http",
            [("+", "shop/web", API, ())],
        ),
        (
            'allow from any on http because "x"',
            "allow from web on http",
            [("-", "any", API, ())],
        ),
        (
            "allow from web on http until 2027-01-01",
            "allow from web on http until 2027-06-01",
            [("+", "shop/web", API, ())],
        ),
        (
            "allow from web on http until 2027-01-01",
            "allow from web on http until 2026-12-24",
            None,
        ),
    ],
)
def test_flows(old, new, expected):
    found = changes(api(old), api(new))
    if expected is None:
        assert [each[0] for each in found] == ["-"]
    else:
        assert found == expected


def test_narrowing_any_takes_away_only():
    (change,) = (
        each
        for each in compare(
            program(api('allow from any on http because "x"')),
            program(api("allow from web on http")),
        )
        if each.kind is Kind.FLOW
    )
    assert not change.gained
    assert change.besides == ("shop/web -> shop/api:http (8080/TCP)",)


def test_a_later_date_is_new_after_the_old_one():
    old, new = (api(f"allow from web on http until {day}") for day in ("2027-01-01", "2027-06-01"))
    (change,) = (each for each in compare(program(old), program(new)) if each.kind is Kind.FLOW)
    assert (change.beyond, change.until) == (date(2027, 1, 1), date(2027, 6, 1))


def test_a_caller_of_an_open_callee_in_another_namespace_is_new():
    """`any` opens the callee; the caller's own egress is a permission that it had not."""
    callee = api('allow from any on http because "x"')
    old = callee + 'namespace other service job { select { app: "job" } }'
    new = (
        callee + 'namespace other service job { select { app: "job" }  allow to shop/api on http }'
    )
    assert changes(old, new) == [("+", "other/job", API, ())]


def test_address_blocks_are_compared_by_address():
    def text(cidr: str) -> str:
        return f"endpoint office {{ cidr {cidr}  port https 443 tls }}" + api("", "allow to office")

    assert changes(text("203.0.113.0/24"), text("203.0.113.0/25")) == [
        ("-", "shop/api", "office (203.0.113.0/24):https (443/TCP)", ())
    ]
    assert changes(text("203.0.113.0/25"), text("203.0.113.0/24"))[0][0] == "+"


def test_other_pods_under_one_name_are_others():
    old, new = api("allow from web on http"), api("allow from web on http").replace('"web"', '"w2"')
    found = changes(old, new)
    assert [each[0] for each in found] == ["-", "+"] or [each[0] for each in found] == ["+", "-"]
    assert any("w2" in each[1] for each in found)


def test_verbs():
    old = api("", 'can get configmaps named "a"\n can list pods')
    new = api("", "can get configmaps\n can list, watch pods")
    assert changes(old, new, Kind.VERB) == [
        ("+", "shop/api", "get configmaps in shop", ()),
        ("+", "shop/api", "watch pods in shop", ()),
    ]
    assert [each[0] for each in changes(new, old, Kind.VERB)] == ["-", "-"]


def test_pods():
    old = api("")
    new = api(
        "", 'run { user 0  writes "/srv"  relax run-as-non-root because "y" }\nharden baseline'
    )
    found = {each.what for each in compare(program(old), program(new)) if each.kind is Kind.POD}
    assert found == {
        "runs as root",
        "may write /srv",
        "is relaxed in run-as-non-root",
        "admits pods of level baseline",
    }


def test_a_namespace_that_leaves_is_open():
    old = api("") + 'namespace other service job { select { app: "job" } }'
    found = [each for each in compare(program(old), program(api(""))) if each.kind is Kind.SCOPE]
    assert [(each.gained, each.subject) for each in found] == [(True, "namespace other")]


@pytest.mark.parametrize("form", ["human", "md", "json", "sarif", "github"])
def test_formats(form):
    from importlib import import_module

    found = compare(
        program(api("")), program(api('allow from web on http { GET "/a" } because "a|b `c`"'))
    )
    text = import_module(f"polc.diff.{form}").render(found)
    assert "shop/web" in text
    if form in ("json", "sarif"):
        json.loads(text)
    assert import_module(f"polc.diff.{form}").render(()) is not None


def test_rollouts():
    def rolled(*lines: str) -> str:
        text = "\n".join(lines)
        return api("allow from web on http", f"rollout {{ {text} }}" if lines else "")

    def told_of(old: str, new: str) -> list[tuple[bool, bool, str, tuple]]:
        found = compare(program(old), program(new))
        assert {each.kind for each in found} <= {Kind.ROUTE}
        return [(each.shifted, each.gained, each.target, each.requests) for each in found]

    v1, v2, v3 = (f"shop/api {{ version: {name} }}" for name in ("v1", "v2", "v3"))
    split = rolled("v1 90%", "v2 10%")
    assert told_of(rolled(), split) == [(False, False, "shop/api", ())]
    assert told_of(split, rolled("v1 50%", "v2 50%")) == [
        (True, True, f"{v1} (50%), {v2} (50%)", ())
    ]
    rest = ("every other request",)
    rule = ('header "x" = "y"',)
    assert told_of(split, rolled('when header "x" = "y" -> v3', "v1 90%", "v2 10%")) == [
        (False, False, f"{v1} (90%)", ()),
        (False, False, f"{v2} (10%)", ()),
        (False, True, v3, rule),
    ]
    ruled = rolled('when header "x" = "y" -> v2', "v1 90%", "v2 10%")
    assert told_of(ruled, rolled('when header "x" = "y" -> v2', "v1 100%")) == [
        (False, False, f"{v2} (10%)", rest)
    ]
