"""Names, files and namespaces: each error with the text that it underlines."""

import pytest

from compiling import build, compile_text, errors, flows_of, underlined, warnings
from polc.ir.nodes import Pods

WRONG = {
    "unknown name": ("POL101", "frontent", "service api { port w 1 tcp allow from frontent on w }"),
    "name of another namespace": (
        "POL101",
        "db",
        "service api { allow to db } namespace data service db { port s 1 tcp }",
    ),
    "unknown namespace in a name": ("POL101", "dta/db", "service api { allow to dta/db }"),
    "library without import": (
        "POL101",
        "std.roles.leader-election",
        "service api { has role std.roles.leader-election }",
    ),
    "unknown role": ("POL101", "r", "service api { has role r }"),
    "unknown profile": ("POL101", "p", "service api { harden p }"),
    "unknown gateway": (
        "POL101",
        "gw",
        'service api { port w 1 http allow from internet via gw host "a.b" on w because "x" }',
    ),
    "unknown environment in only in": (
        "POL101",
        "stagin",
        "environment staging { } service api { port w 1 tcp allow from self on w only in stagin }",
    ),
    "duplicate service": ("POL102", "api", 'service api { } service api { select { a: "b" } }'),
    "service and group": ("POL102", "api", "service api { } group api { api }"),
    "statement twice": ("POL103", 'account "b"', 'service api { account "a" account "b" }'),
    "group in itself": (
        "POL108",
        "g",
        "group g { api, g } service api { port w 1 tcp allow from g on w }",
    ),
    "reserved peer": ("POL110", "internet", "service internet { }"),
    "extern service without pods": ("POL112", "x", "extern service x in y { }"),
    "endpoint without place": ("POL112", "x", "endpoint x { port h 443 tls }"),
    "owner twice": (
        "POL107",
        'owner "b"',
        'namespace n { owner "a" } namespace n { owner "b" } service s { }',
    ),
    "name too long": ("POL105", "a" * 58, f"service {'a' * 58} {{ }}"),
    "module unknown": ("POL012", "std.platfrm", "import std.platfrm"),
    "file missing": ("POL010", '"nope.svc"', 'import "nope.svc"'),
}


@pytest.mark.parametrize(("code", "text", "program"), WRONG.values(), ids=WRONG)
def test_wrong_name(code: str, text: str, program: str) -> None:
    found = errors("namespace shop\n" + program)
    assert (code, text) in underlined(found), found


def test_did_you_mean_names_the_near_one() -> None:
    (found,) = errors(
        "namespace shop service api { port w 1 tcp allow from frontent on w } service frontend { }"
    )
    assert found.help == "did you mean `frontend`?"


def test_a_service_of_another_namespace_is_suggested_with_it() -> None:
    (found,) = errors(
        "namespace a service api { allow to db } namespace data service db { port s 1 tcp }"
    )
    assert found.help == "did you mean `data/db`?"


@pytest.mark.parametrize(
    ("ref", "meant"),
    [
        ("payments/transfer", "payments/transfers"),
        ("payment/transfers", "payments/transfers"),
        ("payments/tr", "payments/transfers"),
        ("payments/reports", None),
        ("ledger/transfers", "payments/transfers"),
    ],
)
def test_of_qualified_names_each_half_has_to_be_near(ref: str, meant: str | None) -> None:
    (found,) = errors(
        f"namespace a service api {{ allow to {ref} }}"
        " namespace payments service transfers { } service rewards { }"
    )
    assert (found.fix and found.fix.edits[0].text) == meant


def test_a_service_needs_a_namespace() -> None:
    assert underlined(errors("service api { }")) == [("POL111", "api")]


def test_both_places_of_a_duplicate_are_shown() -> None:
    (found,) = errors("namespace n\nservice api { }\nservice api { }")
    assert found.span.line == 3
    assert [label.span.line for label in found.labels] == [2]


def test_imports_are_relative_and_transitive() -> None:
    files = {
        "lib/a.svc": 'import "b.svc"\nnamespace shop service a { allow to b }',
        "lib/b.svc": "namespace shop service b { port x 1 tcp }",
    }
    done = compile_text('import "lib/a.svc"', files=files)
    assert done.diagnostics == ()
    assert done.program is not None
    assert [w.key for w in done.program.workloads] == ["shop/a", "shop/b"]


def test_a_circle_of_imports_shows_its_places() -> None:
    files = {"a.svc": 'import "b.svc"', "b.svc": 'import "policy.svc"'}
    (found,) = compile_text('import "a.svc"', files=files).diagnostics
    assert (found.code.id, found.span.text) == ("POL011", '"policy.svc"')
    assert len(found.labels) == 2


def test_one_file_imported_twice_is_one_file() -> None:
    files = {
        "a.svc": 'import "./c.svc"',
        "b.svc": 'import "c.svc"',
        "c.svc": "namespace n service s { }",
    }
    done = compile_text('import "a.svc"\nimport "b.svc"', files=files)
    assert done.diagnostics == ()


def test_groups_and_endpoints_are_found_from_other_namespaces() -> None:
    assert flows_of(
        """
        namespace a
        endpoint office { cidr 203.0.113.0/24  port https 443 tls }
        namespace b
        service api { allow to office }
        """
    ) == {("b/api", "office (203.0.113.0/24)", "https")}


def test_a_missing_file_keeps_the_rest() -> None:
    found = errors('import "nope.svc"\nnamespace n service api { port web 80800 http }')
    assert underlined(found) == [("POL010", '"nope.svc"'), ("POL606", "80800")]


@pytest.mark.parametrize(
    "line",
    ['import "nope.svc"', 'import "nope', "import", "import std.nope", "import std."],
)
def test_what_an_unread_file_may_declare_is_not_called_unknown(line: str) -> None:
    program = f"""{line}
        namespace n
        service api {{
          port web 8080 http
          allow from shop/web on web {{ GET "/" }}
          has role reader
        }}
        environment prod {{ cluster eu }}
        """
    assert len(errors(program)) == 1
    assert len(errors(program, environment="staging")) == 1


def test_unused_group_role_and_port_are_warned_of() -> None:
    found = warnings(
        """
        namespace n
        group g { api }
        role r { get pods }
        service api { port web 8080 http }
        """
    )
    assert underlined(found) == [("POL190", "g"), ("POL190", "r"), ("POL291", "port web 8080 http")]


def test_a_group_is_used_where_it_is_opened() -> None:
    found = warnings(
        """
        namespace n
        group inner { a }
        group outer { inner }
        service a { }
        service api { port web 8080 http allow from outer on web }
        """
    )
    assert underlined(found) == []


def test_the_program_replaces_what_the_library_declares() -> None:
    text = """
        import std.platform
        namespace n
        extern service prometheus in monitoring {
          select { app: "mine" }
          port web 9091 http
        }
        service a { allow to monitoring/prometheus }
        service b { allow to std.platform.prometheus }
        """
    assert errors(text) == ()
    targets = [flow.target for flow in build(text).flows]
    assert len(targets) == 2
    assert {target.labels for target in targets if isinstance(target, Pods)} == {(("app", "mine"),)}


@pytest.mark.parametrize("kind", ["service", "extern service", "gateway"])
def test_a_slash_in_a_name_is_no_namespace(kind: str) -> None:
    found = errors(f'{kind} "a/b" {{ select {{ app: "a" }} }}')
    assert "POL106" in [each.code.id for each in found]
