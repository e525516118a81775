"""Programs that are being written: what is said while the end is missing, read aloud.

A text ends with the cursor; below it stands another declaration, which must survive.
"""

import pytest

from parsing import read
from polc import syntax as s

BELOW = "\n\nservice below { port web 80 http }\n"
PEERS = "a peer is a service, endpoint or group, `namespace NAME`, `any`, `internet` or `self`"
DIRECTIONS = "`allow from …` admits callers, `allow to …` lets this service call"
QUOTE = r"a string ends on its line; a quote inside of it is written `\"`"
LABEL = 'name at least one: `app: "…"`; without any it would mean every pod'
CLOSE = "add the `}` that ends it"
STATEMENTS = (
    "`service` takes `account`, `allow`, `build`, `can`, `concurrency`, `harden`, `has`, `image`, "
    "`port`, `probe`, `resources`, `rollout`, `run`, `scale`, `select`, `stop`, `timeout`, "
    "`version`, `workload`"
)

HEADS = [
    ("import", "import", "expected a module such as `std.platform`, or a file in quotes"),
    ("import std.", "std.", "`std.` ends with a dot"),
    ('import "', '"', "this string has no closing quote"),
    ("namespace", "namespace", "expected a name after `namespace`"),
    ("namespace {\n}", "{", "expected a name after `namespace`, found `{`"),
    ("namespace n {", "{", "this `{` is never closed"),
    ('namespace n {\n  owner "x"\n', "{", "this `{` is never closed"),
    ("service", "service", "expected a name after `service`"),
    ("service a", "a", "expected `{` after `a`"),
    ("service a {", "{", "this `{` is never closed"),
    ("service a {\n  port web 80 http\n", "{", "this `{` is never closed"),
    ('service "a {\n}', '"a {', "this string has no closing quote"),
    ("extern service a in", "in", "expected the name of a namespace after `in`"),
    ("group g { a,", "{", "this `{` is never closed"),
    ("role r {\n  get pods\n", "{", "this `{` is never closed"),
    ("cluster c {\n  mesh\n}", "mesh", "expected `none`, `istio sidecar` or `istio ambient` after"),
    ("profile p extends", "extends", "expected a name after `extends`"),
    ("environment e {\n  service a {\n    scale 1\n}", "{", "this `{` is never closed"),
]


@pytest.mark.parametrize(("text", "underlined", "message"), HEADS)
def test_heads(text: str, underlined: str, message: str) -> None:
    parsed = read(text + BELOW)
    [found] = parsed.found
    assert found.span.text == underlined
    assert found.message.startswith(message)
    assert parsed.names[-1] == "below"


INSIDE = [
    ("a", "a", "expected a statement or `}` in `service`, found `a`", STATEMENTS),
    ("al", "al", "expected a statement or `}` in `service`, found `al`", "did you mean `allow`?"),
    ("allow", "allow", "expected `from` or `to` after `allow`", DIRECTIONS),
    ("allow f", "f", "expected `from` or `to` after `allow`, found `f`", "did you mean `from`?"),
    ("allow from ", "from", "expected a peer such as `frontend` after `from`", PEERS),
    ("allow to", "to", "expected a peer such as `orders-db` after `to`", PEERS),
    ("allow to n/", "/", "expected a name after `/`", None),
    ("allow from b on", "on", "expected the name or number of a port after `on`", None),
    (
        "allow from b o",
        "o",
        "expected `,` or the next statement after `b`, found `o`",
        "did you mean `on`?",
    ),
    (
        "allow from b,, c",
        ",",
        "expected a name or the next statement after `,`, found `,`",
        "leave it out",
    ),
    ("allow from b on w {", "{", "this `{` is never closed", "add a `}` before `scale`"),
    ("allow from b on w { GET", "GET", "expected a path in quotes after `GET`", None),
    ('allow from b on w { GET "/', '"/', "this string has no closing quote", QUOTE),
    ("allow from internet via", "via", "expected the name of a gateway after `via`", None),
    ("allow from internet via g", "g", "expected `host` after `g`", None),
    ("allow from internet via g host", "host", "expected a host name in quotes after `host`", None),
    ("allow to b until", "until", "expected a date such as `2026-12-31` after `until`", None),
    ("allow to b because", "because", "expected a reason in quotes after `because`", None),
    ("allow to b only", "only", "expected `in` after `only`", None),
    ("allow to b only in", "in", "expected the name of an environment after `in`", None),
    ("can", "can", "expected a verb such as `get` after `can`", None),
    ("can get", "get", "expected a resource such as `pods` after `get`", None),
    ("can get pods/", "/", "expected a name after `/`", None),
    ("can get pods in", "in", "expected the name of a namespace after `in`", None),
    ("can get pods named", "named", "expected a name in quotes after `named`", None),
    ("has", "has", "expected `role` after `has`", None),
    ("image", "image", "expected an image in quotes after `image`", None),
    ("port", "port", "expected a name after `port`", None),
    ("port web", "web", "expected a number after `web`", None),
    (
        "port web 80",
        "80",
        "expected `->`, `..` or a protocol such as `http` after `80`",
        None,
    ),
    ("port web 80 -", "-", "`-` is not an arrow of the language", "write `->`"),
    ("port web 80 ->", "->", "expected a number after `->`", None),
    ("select {", "{", "this `{` is never closed", "add a `}` before `scale`"),
    ("select { }", "}", "expected a label in `select`, found `}`", LABEL),
    ("select { app:", ":", "expected a quoted string after `:`", None),
    ("run {", "{", "this `{` is never closed", "add a `}` before `scale`"),
    ("run { writes", "writes", "expected a path in quotes after `writes`", None),
    ("resources { cpu", "cpu", "expected an amount such as `100m..500m` after `cpu`", None),
    ("probe", "probe", "expected `ready`, `live` or `startup` after `probe`", None),
    ("probe live", "live", "expected `GET`, `tcp`, `grpc` or `exec` after `live`", None),
    ("rollout { v1", "v1", "expected a percentage such as `90%` after `v1`", None),
    ("harden", "harden", "expected a profile such as `restricted` after `harden`", None),
    ("workload", "workload", "expected a kind such as `statefulset` after `workload`", None),
]


@pytest.mark.parametrize(("statement", "underlined", "message", "help"), INSIDE)
def test_statements(statement: str, underlined: str, message: str, help: str | None) -> None:
    parsed = read(f"service a {{\n  {statement}\n  scale 1\n}}{BELOW}")
    [found] = parsed.found
    assert (found.span.text, found.message, found.help) == (underlined, message, help)
    assert parsed.names == ["a!", "below"]
    assert parsed.statements("a")[-1] == "Scale"


@pytest.mark.parametrize(
    "statement", ["allow from b,", "allow from b, on w", "allow to b on w,", "can get pods,"]
)
def test_a_comma_that_dangles_is_no_mistake(statement: str) -> None:
    assert read(f"service a {{\n  {statement}\n  scale 1\n}}").found == ()


LEFT_OPEN = [
    ("service a {\n  resources {\n    cpu 1\n}", "resources {"),
    ("service a {\n  run {\n    user 1\n  scale 1\n}", "run {"),
    ('service a {\n  allow from b on w {\n    GET "/"\n}', "on w {"),
    ('service a {\n  select { app: "x"\n  scale 1\n}', "select {"),
    ("service a {\n  run { user 1 }\n  scale 1\n", "service a {"),
    ("environment e {\n  service a {\n    scale 1\n}", "service a {"),
    ("environment e {\n  service a {\n    scale 1\n  }\n", "environment e {"),
]


@pytest.mark.parametrize(("text", "opened"), LEFT_OPEN)
def test_the_brace_that_was_left_open_is_the_one_that_layout_says(text: str, opened: str) -> None:
    parsed = read(text + BELOW)
    [found] = parsed.found
    assert found.code.id == "POL004"
    assert found.span.offset == text.index(opened) + len(opened) - 1
    assert parsed.names[-1] == "below"


TAKEN = [
    ("can get pods/\n  run { user 1 }", "/", ["Run"]),
    ("can get pods/\n  has role r", "/", ["HasRole"]),
    ("relax\n  scale 1", None, ["Scale"]),
    ('run {\n    relax\n    writes "/x"\n  }\n  scale 1', "relax", ["Run", "Scale"]),
]


@pytest.mark.parametrize(("inside", "underlined", "statements"), TAKEN)
def test_what_the_next_line_starts_with_is_not_taken_for_the_end(
    inside: str, underlined: str | None, statements: list[str]
) -> None:
    parsed = read(f"service a {{\n  {inside}\n}}")
    [found] = parsed.found
    assert found.span.text == (underlined or "relax")
    assert parsed.statements("a") == statements


@pytest.mark.parametrize(
    ("facts", "underlined", "kept"),
    [
        ("cni\n  mesh istio sidecar", "cni", ["Mesh"]),
        ('cni\n  trust-domain "x.y"', "cni", ["TrustDomain"]),
        ("me\n  cni kubernetes", "me", ["Cni"]),
        ("me cni kubernetes", "me", ["Cni"]),
        ("trust-domain\n  dns a/b", "trust-domain", ["Platform"]),
        ("api-server\n  internal 10.0.0.0/8", "api-server", ["Internal"]),
        ("mesh none\n  cni\n  dns a/b", "cni", ["Mesh", "Platform"]),
    ],
)
def test_facts_of_a_cluster_do_not_run_into_each_other(
    facts: str, underlined: str, kept: list[str]
) -> None:
    parsed = read(f"cluster c {{\n  {facts}\n}}")
    [found] = parsed.found
    assert found.span.text == underlined
    [cluster] = parsed.declarations
    assert isinstance(cluster, s.Cluster)
    assert [type(each).__name__ for each in cluster.items] == kept


def test_every_message_is_written_alike() -> None:
    texts = [f"{text}{BELOW}" for text, *_ in HEADS]
    texts += [f"service a {{\n  {statement}\n  scale 1\n}}" for statement, *_ in INSIDE]
    texts += [f"service a {{ {statement} }}" for statement, *_ in INSIDE]
    texts += [text + BELOW for text, _ in LEFT_OPEN]
    for text in texts:
        for found in read(text).found:
            for said in filter(None, (found.message, found.help)):
                assert said[0] in '`"abcdefghijklmnopqrstuvwxyz', said
                assert not said.endswith("."), said
                assert said.count("`") % 2 == 0, said
