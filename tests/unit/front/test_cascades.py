"""One mistake is reported once, where it was made: nothing that only follows from it is."""

import pytest

from compiling import compile_text, errors, underlined

CLUSTER = "cluster c { mesh istio sidecar  cni kubernetes }\n"

ONE_MISTAKE = {
    "a member of a group that nobody declares": (
        ("POL101", "mobile/bbf"),
        """
        namespace shop
        group callers { web, mobile/bbf }
        service web { }
        service api { port http 8080 http  allow from callers on http }
        namespace mobile
        service bff { allow to shop/api on http }
        """,
    ),
    "a caller that nobody declares": (
        ("POL101", "mobile/bbf"),
        """
        namespace shop
        service api { port http 8080 http  allow from mobile/bbf on http }
        namespace mobile
        service bff { allow to shop/api on http }
        """,
    ),
    "a port that the callee does not have": (
        ("POL203", "htp"),
        """
        namespace shop
        service api { port http 8080 http  port m 9090 http  allow from mobile/bff on http }
        namespace mobile
        service bff { allow to shop/api on htp }
        """,
    ),
    "no port where there are two": (
        ("POL202", "shop/api"),
        """
        namespace shop
        service api { port http 8080 http  port m 9090 http  allow from mobile/bff on http }
        namespace mobile
        service bff { allow to shop/api }
        """,
    ),
    "a port with a number that is none": (
        ("POL606", "80800"),
        """
        namespace shop
        service web { allow to api on http }
        service api { port http 80800 http  probe ready tcp on http }
        """,
    ),
    "a protocol that nobody knows, where all else needs the port": (
        ("POL612", "htp"),
        """
        namespace shop
        service web { }
        service api { port http 8080 htp  allow from web  probe ready tcp on http }
        """,
    ),
    "two ports of one number": (
        ("POL214", "port m 8080 http"),
        """
        namespace shop
        service web { allow to api on m }
        service api { port http 8080 http  port m 8080 http }
        """,
    ),
    "a mesh that nobody knows": (
        ("POL612", "linkerd"),
        """
        cluster c { mesh linkerd }
        namespace shop
        service web { }
        service api {
          port http 8080 http
          allow from web on http { GET "/" }
          rollout { v1 100% }
        }
        """,
    ),
    "a mode that nobody knows": (
        ("POL612", "ambiant"),
        """
        cluster c { mesh istio ambiant }
        namespace shop
        service web { }
        service api { port http 8080 http  allow from web on http { GET "/" } }
        """,
    ),
    "an exception of a block that is none": (
        ("POL602", "203.0.113.0/33"),
        """
        namespace shop
        endpoint office { cidr 203.0.113.0/33 except 203.0.113.64/26  port https 443 tls }
        """,
    ),
    "groups in a circle": (
        ("POL108", "a"),
        """
        namespace shop
        group a { b }
        group b { a, api }
        service api { port http 8080 http  allow from a on http }
        """,
    ),
    "ports that are being typed": (
        ("POL001", "o"),
        """
        namespace shop
        service api {
          allow to internet o
        }
        """,
    ),
    "ports of a callee with two that are being typed": (
        ("POL001", "o"),
        """
        namespace shop
        service web { port http 8080 http  port m 9090 http  allow from self on http, m }
        service api {
          allow to web o
        }
        """,
    ),
    "a gateway that is being typed": (
        ("POL001", "v"),
        """
        namespace shop
        service api {
          port http 8080 http
          allow from internet v
        }
        """,
    ),
    "a host name that is being typed": (
        ("POL610", '"s"'),
        """
        import std.platform
        cluster c { mesh istio sidecar  cni kubernetes }
        namespace shop
        service api {
          port http 8080 http
          allow from internet via std.platform.istio-ingress host "s"
        }
        """,
    ),
    "resources of a cluster that are being typed": (
        ("POL001", "storageclasses."),
        """
        namespace shop
        service api {
          can get nodes, storageclasses.
        }
        """,
    ),
    "a reason that is not a reason yet": (
        ("POL001", "b"),
        """
        namespace shop
        service api {
          can get secrets b
        }
        """,
    ),
    "a name that is being typed": (
        ("POL106", "kube-"),
        """
        cluster c {
          dns kube-system/kube-
        }
        namespace shop
        service api { }
        """,
    ),
    "a service of an environment that is being typed": (
        ("POL001", "ap"),
        """
        namespace shop
        service api { }
        environment prod {
          service shop/ap
        }
        """,
    ),
    "weights that are being typed": (
        ("POL001", "v"),
        CLUSTER
        + """
        namespace shop
        service web { }
        service api {
          port http 8080 http
          allow from web
          rollout {
            v1 90%
            v
          }
        }
        """,
    ),
    "a grant without its resources, above another": (
        ("POL001", "g"),
        """
        namespace shop
        role r {
          g
          get, list, watch pods
          list pods
        }
        """,
    ),
    "a mesh that is being typed, above another fact": (
        ("POL612", "mesh"),
        """
        cluster c {
          mesh
          cni kubernetes
        }
        namespace shop
        service api { }
        """,
    ),
    "a quote that is missing in a build": (
        ("POL001", "python"),
        """
        namespace shop
        service api { build { base python  app "/app"  command ["python"] } }
        """,
    ),
}


@pytest.mark.parametrize(("where", "program"), ONE_MISTAKE.values(), ids=ONE_MISTAKE)
def test_one_mistake_is_one_error(where: tuple[str, str], program: str) -> None:
    assert underlined(errors(program)) == [where]


def test_an_environment_may_name_a_cluster_that_is_not_there() -> None:
    program = "cluster eu { } namespace n service s { } environment prod { cluster ue }"
    assert underlined(errors(program, environment="prod")) == [("POL101", "ue")]


def test_a_restriction_without_a_target_is_shown_where_it_is_written() -> None:
    program = """
        namespace shop
        group callers { a, b }
        service a { }
        service b { }
        service api { port http 8080 http  allow from callers on http { GET "/a"  POST "/b" } }
        """
    assert underlined(errors(program)) == [("POL204", 'GET "/a"  POST "/b"')]


def test_a_broad_peer_in_a_group_shows_both_places() -> None:
    program = """
        namespace shop
        group callers { api, any }
        service api { port http 8080 http  allow from callers on http }
        """
    (found,) = errors(program)
    assert (found.code.id, found.span.text) == ("POL207", "callers")
    assert [label.span.text for label in found.labels] == ["any"]


def test_an_empty_reason_is_shown_as_what_it_is() -> None:
    (found,) = errors('namespace shop service api { port w 1 tcp  allow from any on w because "" }')
    assert (found.code.id, found.span.text) == ("POL207", '""')
    assert found.message.endswith("the reason is empty")


def test_a_service_without_ports_is_told_where_one_is_named() -> None:
    found = errors("namespace n service a { } service s { allow from a on web }")
    assert underlined(found) == [("POL215", "web")]
    found = errors("namespace n service a { } service b { } service s { allow from a, b }")
    assert underlined(found) == [("POL215", "a, b")]


def test_groups_may_lie_in_each_other_as_deep_as_they_like() -> None:
    inner = "\n".join(f"group g{n} {{ g{n + 1} }}" for n in range(2000))
    service = "service s { port w 1 tcp allow from g0 on w }"
    assert errors(f"namespace n {inner} group g2000 {{ s }} {service}") == ()


@pytest.mark.parametrize(
    ("program", "help_line"),
    [
        ("namespace n role r { get pods } service s { allow to r }", "`r` is a role"),
        ("namespace n service s { has role s }", "`s` is a service"),
        ("namespace n profile p extends restrictd", "did you mean `restricted`?"),
        (
            "namespace n service s { } environment e { service n/t { } }",
            "declared: `n/s`",
        ),
        (
            "cluster c { mesh istio }",
            "say how pods join it: `istio sidecar` or `istio ambient`",
        ),
    ],
)
def test_help_says_what_was_meant(program: str, help_line: str) -> None:
    (found,) = errors(program)
    assert found.help == help_line


ECHOES = {
    "a string without its end": ("POL003", '"api }', 'service api { select { app: "api }\n}'),
    "an escape that is none": ("POL005", r"\q", 'service api { select { app: "a\\qb" } }'),
    "a name in capitals": ("POL106", "Web", "service web { } service api { allow to Web }"),
    "a protocol in capitals": ("POL106", "TCP", "service api { port w 1 TCP  allow from self }"),
    "a request without a path": (
        "POL001",
        "}",
        "service api { port w 1 http  allow from self on w { GET } }",
    ),
    "a name too long": ("POL105", "a" * 64, f"service {'a' * 64} {{ }}"),
}


@pytest.mark.parametrize(("code", "text", "program"), ECHOES.values(), ids=ECHOES)
def test_what_is_wrong_with_the_text_has_no_echo(code: str, text: str, program: str) -> None:
    assert underlined(errors("namespace shop\n" + program)) == [(code, text)]


def test_an_environment_that_could_not_be_read_is_not_called_unknown() -> None:
    found = errors("namespace shop service api { } environment { }", environment="prod")
    assert [each.code.id for each in found] == ["POL001"]


def test_an_environment_that_could_not_be_read_may_say_which_cluster_it_is() -> None:
    clusters = "cluster a { }\ncluster b { }\nnamespace n\nservice s { }\n"
    program = f"{clusters}environment prod {{\n  cluster a\n  s\n}}"
    assert underlined(errors(program, environment="prod")) == [("POL001", "s")]
    program = f"{clusters}environment prod {{\n  clust\n}}"
    assert underlined(errors(program, environment="prod")) == [("POL001", "clust")]


def test_a_message_does_not_repeat_a_megabyte() -> None:
    (found,) = errors(f'namespace shop service api {{ select {{ app: "{"a" * 1_000_000}" }} }}')
    assert len(found.message) < 400
    assert found.message.startswith("`aaa")
    assert found.message.endswith("is not a label value")


SAID = {
    "a fact of a cluster given twice": (
        ("POL103", "mesh istio ambient"),
        "cluster c { mesh none  mesh istio ambient }",
    ),
    "a cluster that extends itself": (("POL108", "a"), "cluster a extends a { }"),
    "profiles in a circle": (("POL108", "a"), "profile a extends b  profile b extends a { }"),
    "tuning without a service": (
        ("POL701", 'image "x:1"'),
        'environment e { image "x:1" } service s { }',
    ),
    "a service tuned twice": (
        ("POL103", "scale 2..3"),
        "service s { } environment e { service s { scale 1..2 } service s { scale 2..3 } }",
    ),
    "a version without a rollout": (
        ("POL504", "v2"),
        'service s { version v2 { select { a: "b" } } }',
    ),
}


@pytest.mark.parametrize(("where", "program"), SAID.values(), ids=SAID)
def test_every_mistake_is_said_once(where: tuple[str, str], program: str) -> None:
    assert underlined(errors("namespace n " + program, environment=None)) == [where]


@pytest.mark.parametrize(
    ("program", "help_line"),
    [
        ("import other.svc", 'a file of yours is imported by its path, in quotes: `"other.svc"`'),
        ("import std.roels", "did you mean `std.roles`?"),
        (
            "cluster a { } cluster b { } namespace n service s { }",
            "say where each is meant: `environment NAME { cluster a }`",
        ),
        (
            "namespace n service s { } environment e { service s { run { user 5 } } }",
            "write `run` in the service itself: `capability` and `relax` end with `only in e`",
        ),
        (
            "namespace n service s { } environment e { service s { allow from self } }",
            "write `allow` in the service itself, followed by `only in e`",
        ),
    ],
)
def test_help_for_files_and_environments(program: str, help_line: str) -> None:
    (found,) = errors(program)
    assert found.help == help_line


def test_files_may_import_each_other_in_a_long_chain() -> None:
    files = {f"f{n}.svc": f'import "f{n + 1}.svc"' for n in range(1500)}
    files["f1500.svc"] = "namespace n service s { }"
    done = compile_text('import "f0.svc"', files=files)
    assert done.diagnostics == ()
    assert done.program is not None
    assert [workload.key for workload in done.program.workloads] == ["n/s"]


def test_a_dash_is_standard_input_on_the_command_line_only() -> None:
    done = compile_text('import "-"', files={"-": "namespace n service s { }"})
    assert [each.code.id for each in done.diagnostics] == ["POL010"]
