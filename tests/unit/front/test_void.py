"""Lines that make no difference: void, repeated, unused. Each warning shows both places."""

import pytest

from compiling import compile_text, warnings

MESH = "cluster c { mesh istio sidecar  cni kubernetes  api-server 10.0.0.1/32 port 6443 }\n"
AROUND = """
environment staging { }
environment prod { }
namespace shop
group both { web, bff }
group other { bff, web }
service web { }
service bff { }
extern service prom in monitoring { select { a: "p" }  account "p"  port x 1 tcp }
endpoint out { cidr 203.0.113.0/24  port https 443 tls }
role reader { get configmaps }
"""


def void(body: str, environment: str | None = None) -> list[tuple[str, list[str]]]:
    """Return the void places in a service, each with what makes it so."""
    text = MESH + AROUND + f"service api {{ port h 80 http  port m 90 http\n{body} }}"
    found = [each for each in warnings(text, environment) if each.code.id == "POL261"]
    return [(each.span.text, [label.span.text for label in each.labels]) for each in found]


@pytest.mark.parametrize(
    ("body", "place", "by"),
    [
        ('allow from web on h { GET "/v1/items" }  allow from both on h', "web", "both"),
        ('allow from both on h  allow from web on h { GET "/v1/items" }', "web", "both"),
        ("allow from web on h  allow from web on h", "web", "web"),
        ("allow from both on h  allow from web on h", "web", "both"),
        ("allow from both on h  allow from other on h", "other", "both"),
        ("allow from web on m  allow from both on h, m", "web", "both"),
        ('allow from web on h { GET "/a/**" }  allow from web on h { GET "/a/b" }', "web", "web"),
        ('allow from web on h { ANY "/a" }  allow from web on h { GET "/a" }', "web", "web"),
        ('allow from any on h because "x"  allow from web on h', "web", "any"),
        (
            'allow from any on h because "x"  allow from monitoring/prom on h',
            "monitoring/prom",
            "any",
        ),
        (
            'allow from any on h because "x"  allow from namespace x on h because "y"',
            "namespace x",
            "any",
        ),
        (
            'allow from namespace shop on h because "x"  allow from bff on h',
            "bff",
            "namespace shop",
        ),
        (
            "allow from web on h until 2999-01-01  allow from web on h until 2998-01-01",
            "web",
            "web",
        ),
        (
            "allow from web on h only in prod, staging  allow from web on h only in prod",
            "web",
            "web",
        ),
        ("allow from web on h  allow to out  allow to out", "out", "out"),
        (
            'allow to any on 443 because "x"  allow to namespace y on 443 because "x"',
            "namespace y",
            "any",
        ),
        ("can get pods  can get, list pods", "can get pods", "can get, list pods"),
        ("can get pods  can get pods cluster-wide", "can get pods", "can get pods cluster-wide"),
        (
            'can get configmaps named "a"  has role reader',
            'can get configmaps named "a"',
            "get configmaps",
        ),
        ("can get pods, services  can get services", "can get services", "can get pods, services"),
        ("can get pods only in prod  can get pods", "can get pods only in prod", "can get pods"),
        (
            'can get path "/a", "/b"  can get path "/a"',
            'can get path "/a"',
            'can get path "/a", "/b"',
        ),
    ],
)
def test_a_line_that_another_one_makes_void(body: str, place: str, by: str) -> None:
    assert void(body, "prod") == [(place, [by])]


@pytest.mark.parametrize(
    "body",
    [
        'allow from web on h { GET "/a" }  allow from web on h { GET "/b" }',
        'allow from web on h { GET "/a" }  allow from web on h { POST "/a" }',
        'allow from web on h { GET "/a/*" }  allow from web on h { GET "/*/b" }',
        "allow from web on h  allow from both on m",
        'allow from any on h { GET "/a" } because "x"  allow from web on h',
        'allow from any on h because "x"  allow from self on h',
        'allow from any on m because "x"  allow from web on h',
        'allow from namespace y on h because "x"  allow from web on h',
        "allow from web on h until 2998-01-01  allow from bff on h until 2999-01-01",
        "allow from web on h only in prod  allow from web on h until 2999-01-01",
        "can get pods  can list pods",
        'can get configmaps named "a"  can get configmaps named "b"',
        "can get pods in x  can get pods",
        "can get pods only in prod  can get pods until 2999-01-01",
        "can get pods, services  can get services, endpoints",
    ],
)
def test_lines_that_each_say_something_of_their_own(body: str) -> None:
    assert void(body, "prod") == []


@pytest.mark.parametrize(
    ("body", "void"),
    [
        ("allow to part, whole", ["part"]),
        ("allow to whole, part", ["part"]),
        ('allow to part  allow to internet on 443 because "x"', ["part"]),
        ('allow to part  allow to internet on 444 because "x"', []),
        ("allow to part, holed", []),
        ("allow to part, same", []),
        ('allow to inside  allow to internet on 443 because "x"', []),
        ("allow from part, whole on h", ["part"]),
        ("allow from part on h  allow from whole on m", []),
    ],
)
def test_addresses_within_others(body: str, void: list[str]) -> None:
    text = (
        MESH
        + f"""
    namespace shop
    endpoint part {{ cidr 203.0.113.0/28  port https 443 tls }}
    endpoint same {{ cidr 203.0.113.0/28  port https 443 tls }}
    endpoint whole {{ cidr 203.0.113.0/24  port https 443 tls }}
    endpoint holed {{ cidr 203.0.113.0/24 except 203.0.113.8/29  port https 443 tls }}
    endpoint inside {{ cidr 10.1.0.0/24  port https 443 tls }}
    service api {{ port h 80 http  port m 90 http
    {body} }}"""
    )
    found = [each for each in warnings(text) if each.code.id == "POL261"]
    assert [each.span.text for each in found] == void
    assert all(each.labels for each in found)


@pytest.mark.parametrize(
    ("profile", "run", "void"),
    [
        ('relax read-only-root because "a"', 'relax read-only-root because "b"', True),
        ('relax read-only-root because "a"', 'relax host-pid because "b"', False),
        ('capability CHOWN because "a"', 'capability CHOWN because "b"', True),
        (
            'relax read-only-root until 2999-01-01 because "a"',
            'relax read-only-root because "b"',
            False,
        ),
        (
            'relax read-only-root because "a"',
            'relax read-only-root until 2999-01-01 because "b"',
            True,
        ),
        (
            'relax read-only-root only in prod because "a"',
            'relax read-only-root because "b"',
            False,
        ),
        (
            'relax read-only-root until 2001-01-01 because "a"',
            'relax read-only-root until 2000-01-01 because "b"',
            False,
        ),
    ],
)
def test_what_the_profile_gives_already(profile: str, run: str, void: bool) -> None:
    text = f"""
    environment prod {{ }}
    namespace shop
    profile low extends privileged {{ {profile} }}
    profile lower extends low {{ }}
    service api {{ harden lower  run {{ user 0  {run}  relax run-as-non-root because "x" }} }}"""
    found = [each for each in warnings(text, "prod") if each.code.id == "POL261"]
    assert [(each.span.text, each.labels[0].span.text) for each in found] == (
        [(run, profile)] if void else []
    )


def test_of_three_that_cover_each_other_one_stays() -> None:
    lines = "allow from web on h  " * 3 + "can get pods  " * 3
    assert [place for place, _ in void(lines)] == ["web", "web", "can get pods", "can get pods"]


@pytest.mark.parametrize(
    ("peers", "again"),
    [
        ("web, web", "web"),
        ("web, bff, shop/web", "shop/web"),
        ("both, web", "web"),
        ("web, both", "web"),
        ("both, both", "both"),
        ("self, self", "self"),
        ("both, other", None),
    ],
)
def test_a_peer_twice_in_a_list(peers: str, again: str | None) -> None:
    text = AROUND + f"service api {{ port h 80 http  allow from {peers} on h }}"
    found = [each for each in warnings(text) if each.code.id == "POL262"]
    assert [each.span.text for each in found] == ([again] if again else [])
    assert all(each.labels for each in found)


def test_ports_and_members_of_groups_twice_in_a_list() -> None:
    text = (
        AROUND
        + """
    group g { web, bff, web }
    service api { port h 80 -> 8080 http  allow from g on h, 80 }"""
    )
    found = [each for each in warnings(text) if each.code.id == "POL262"]
    assert [each.span.text for each in found] == ["web", "80"]


def test_what_nothing_names() -> None:
    text = """
    namespace n
    endpoint lost { cidr 203.0.113.0/24  port h 443 tls }
    profile base { user 2000 }
    profile used extends base { }
    profile idle extends used { }
    service a { harden used }
    """
    found = [each for each in warnings(text) if each.code.id == "POL190"]
    assert [each.span.text for each in found] == ["lost", "idle"]


@pytest.mark.parametrize(
    ("text", "unused"),
    [
        ("import std.roles\nnamespace n\nservice a { }", ["std.roles"]),
        (
            "import std.platform\nimport std.roles\nnamespace n\nservice a { }",
            ["std.platform", "std.roles"],
        ),
        ("import std.platform\ncluster c extends std.platform.openshift { }", []),
        (
            "import std.platform\nnamespace n\nservice a { port h 80 tcp"
            "  allow from monitoring/prometheus }",
            [],
        ),
        (
            "import std.platform\ncluster c { dns kube-system/kube-dns }",
            [],
        ),
    ],
)
def test_an_import_of_nothing_that_is_used(text: str, unused: list[str]) -> None:
    found = [each for each in compile_text(text).diagnostics if each.code.id == "POL263"]
    assert [each.span.text for each in found] == unused


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("stop { signal SIGINT }", "stop { signal SIGINT }"),
        ("stop { }", "stop { }"),
        ("run { }", "run { }"),
        ("resources { }", "resources { }"),
        ("stop { signal SIGTERM  grace 5s }", ""),
        (
            'stop { signal SIGINT }  build { base "python:3.13-slim"  app "/app"  command ["x"] }',
            "",
        ),
    ],
)
def test_statements_without_an_effect(statement: str, says: str) -> None:
    found = warnings(f"namespace n\nservice a {{ {statement} }}")
    assert [each.span.text for each in found if each.code.id == "POL264"] == (
        [says] if says else []
    )


def test_what_makes_no_difference_is_found_in_linear_time() -> None:
    def lines(count: int) -> int:
        from polc.check import void_flows as module

        calls = 0
        covers = module._covers

        def counting(*halves: object) -> bool:
            nonlocal calls
            calls += 1
            return covers(*halves)  # type: ignore[arg-type]

        body = "\n".join(f'allow from web on h {{ GET "/{n}" }}' for n in range(count))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_covers", counting)
            assert void(body) == []
        return calls

    assert lines(400) <= 2 * max(lines(200), 1)
