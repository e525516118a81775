"""What people bring from elsewhere: each thing has one diagnostic, with a help line of its own."""

import pytest

from compiling import errors
from parsing import clean, read
from polc.parse import foreign, words
from polc.parse.foreign import instead

ELSEWHERE = "a policy says nothing of it: it stays in the manifest of the workload"
FLOWS = "`allow from …` admits callers, `allow to …` lets this service call"
ORDER = "the order is: peers, `via`, `on`, `{ requests }`, then `only in`, `until`, `because`"
METHODS = 'methods come first: `GET "/…"`, or `ANY "/…"` for every method'

STATEMENTS = [
    # Kubernetes
    ("replicas 3", "your manifest says how many; with `workload knative` write `scale 2..5`"),
    ('env { A: "b" }', ELSEWHERE),
    ('environment { A: "b" }', ELSEWHERE),
    (
        "volumes { }",
        'volumes stay in your manifest; a path to write to is `run { writes "/data" }`',
    ),
    ('labels { app: "x" }', 'write `select { app: "…" }`'),
    ('podSelector { app: "x" }', 'write `select { app: "…" }`'),
    ('schedule "0 3 * * *"', "the CronJob itself says when; here write `workload cronjob NAME`"),
    ("cron x", "the CronJob itself says when; here write `workload cronjob NAME`"),
    ("livenessProbe { }", 'write `probe live GET "/healthz" on PORT`'),
    ("readiness_probe { }", 'write `probe ready GET "/readyz" on PORT`'),
    ('serviceAccountName "x"', 'write `account "NAME"`'),
    (
        "limits { cpu 1 }",
        "write `resources { cpu 100m..500m  memory 128Mi..256Mi }`: the request, then the limit",
    ),
    ("hostNetwork true", "write `harden PROFILE`; what differs from it stands in `run { … }`"),
    ("group 3000", "`group` stands in the braces of `run`"),
    ("ingress from b", "write `allow from …`"),
    ("spec { }", ELSEWHERE),
    # Compose
    ("depends_on b", "write `allow to …`"),
    ("networks { a }", "nothing passes but what `allow` says: there are no networks to join"),
    ("expose 8080", "write `port web 8080 http`, one statement for each port"),
    # firewalls
    ("deny from b", "what is not allowed is denied: there is no statement for it"),
    ("deny all", "what is not allowed is denied: there is no statement for it"),
    ("reject from b", "what is not allowed is denied: there is no statement for it"),
    ("permit from b", FLOWS),
    ("from b", "write `allow from …`"),
    ("mtls strict", "flows inside a mesh are mutual TLS: there is no statement for it"),
    # flows
    ("allow b", "write `allow from b`, or `allow to b`"),
    ("allow 8080", FLOWS),
    ("allow form b", "did you mean `from`?"),
    ("allow ingress from b", "leave it out: `allow from …`"),
    ("allow from b to c", "one statement is of one direction: `allow to …` is another one"),
    (
        "allow from 10.0.0.0/24",
        "declare it as `endpoint NAME { cidr 10.0.0.0/24 }`, and name that",
    ),
    ("allow to 10.0.0.1", "declare it as `endpoint NAME { cidr 10.0.0.1/32 }`, and name that"),
    (
        'allow to "db.example.com"',
        'a host outside of the cluster is an `endpoint NAME { host "db.example.com" }`',
    ),
    ('allow from "10.0.0.0/8"', "addresses are an `endpoint NAME { cidr 10.0.0.0/8 }`"),
    (
        "allow to https://api.example.com/v1",
        'declare it as `endpoint NAME { host "api.example.com" }`, and name that',
    ),
    ("allow to b:8080", "ports stand behind `on`: `on 8080`"),
    ("allow to b:8080/TCP", "ports stand behind `on`: `on 8080`"),
    (
        "allow to b on 8080/TCP",
        "write the number alone: `8080`; its `port` statement says the protocol",
    ),
    ("allow from b on port 80", "write the name alone: `80`"),
    ("allow from b and c", "separate the items of a list by commas"),
    ("allow from b when night", ORDER),
    (
        "allow from b in staging",
        "write `only in ENVIRONMENT`; a name of another namespace is `NAMESPACE/NAME`",
    ),
    ('allow from b GET "/x"', 'requests stand in braces: `{ GET "/…" }`'),
    ("allow from b { GET /v1/** }", 'write it in quotes: `"/v1/**"`'),
    ("allow from b { GET }", 'name the paths: `"/v1/**"`, or `"/**"` for every one'),
    ('allow from b { "/x" }', METHODS),
    ("allow from b { /x }", METHODS),
    ('allow from b { * "/x" }', 'write `ANY "/…"`: `ANY` is every method'),
    # dates and units
    ("allow to b until 31.12.2026", "write year, month and day: `2026-12-31`"),
    ("allow to b until 2026/12/31", "write year, month and day: `2026-12-31`"),
    ("allow to b until 12/31/2026", "write year, month and day: `2026-12-31`"),
    ("allow to b until 20261231", "write year, month and day: `2026-12-31`"),
    ("allow to b until 2026-12-31T00:00:00Z", "write year, month and day: `2026-12-31`"),
    ('allow to b until "2026-12-31"', "write year, month and day: `2026-12-31`"),
    ("allow to b until tomorrow", "write year, month and day: `2026-12-31`"),
    ("stop { grace 10 seconds }", "write `10s`"),
    ("resources { memory 512 MB }", "write `512Mi`"),
    ("resources { cpu 500 m }", "write `500m`"),
    ("resources { cpu .5 }", "write `0.5`"),
    ("resources { limits { cpu 1 } }", "write `cpu 100m..500m`: the request, then the limit"),
    # ports
    (
        "port 8080 http",
        "a port has a name, too: `port web 8080 http`; that of a flow stands behind `on`",
    ),
    ("port web 80/TCP", "write number and protocol apart: `80 tcp`"),
    ("port web 80 - 8080 http", "write `->`"),
    # blocks
    ("run { privileged true }", 'write `relax privileged because "…"`'),
    ("run { drop ALL }", "all capabilities are dropped; `capability NAME` keeps one"),
    ('build { FROM "x" }', 'write `base "IMAGE"`'),
]


@pytest.mark.parametrize(("statement", "help"), STATEMENTS)
def test_statements_of_elsewhere(statement: str, help: str) -> None:
    parsed = read(f"service a {{\n  {statement}\n  scale 1\n}}\nservice b {{ }}")
    assert [found.help for found in parsed.found] == [help]
    assert parsed.names == ["a!", "b"]
    assert parsed.statements("a")[-1] == "Scale"


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("apiVersion: v1", "a policy is no manifest: declare `service NAME { … }`"),
        (
            'resource "a" "b" { }',
            "there are no variables: `group`, `role` and `profile` give names to what is shared",
        ),
        (
            "policy x { }",
            "write `allow from …` and `allow to …` inside of `service NAME { … }`",
        ),
        ("deny all", "what is not allowed is denied: there is no statement for it"),
        ("port web 80 http", "write it in a service: `service NAME { port … }`"),
        ("cronjob x { }", "did you mean `service`?"),
        ("clusterrole x { get pods }", "did you mean `role`?"),
    ],
)
def test_declarations_of_elsewhere(text: str, help: str) -> None:
    [found] = read(text).found
    assert found.help == help


def test_words_that_the_language_has_are_not_spoken_of() -> None:
    for block, statement in [
        ("service", "scale"),
        ("run", "writes"),
        ("build", "base"),
        ("cluster", "cni"),
        ("resources", "cpu"),
    ]:
        assert instead(statement, block) is None
    starters = {words.SPELLING[kind] for kind in words.DECLARATIONS}
    assert not any(instead(word, None) for word in starters)


def test_help_of_elsewhere_is_written_like_any_help() -> None:
    for block in foreign.BY_BLOCK.values():
        for word, help in block.items():
            assert word.isalnum(), word
            assert word == word.lower()
            assert help[0] in "`abcdefghijklmnopqrstuvwxyz"
            assert not help.endswith(".")
            assert help.count("`") % 2 == 0


@pytest.mark.parametrize(
    "statement",
    [
        "allow to b until 31.12.2026",
        "allow to b:8080",
        "allow to b on 8080/TCP",
        "allow ingress from b",
        "allow from b { GET /v1/** }",
        "resources { cpu .5 }",
    ],
)
def test_what_is_offered_instead_is_right(statement: str) -> None:
    [found] = (parsed := read(f"service a {{ {statement} }}")).found
    assert found.fix is not None
    [edit] = found.fix.edits
    text = parsed.text
    clean(text[: edit.span.offset] + edit.text + text[edit.span.end_offset :])


@pytest.mark.parametrize(
    ("peer", "help"),
    [
        ("all", "write `any` for every pod of the cluster, `internet` for all outside of it"),
        ("everyone", "write `any` for every pod of the cluster, `internet` for all outside of it"),
        (
            "db.example.com",
            'declare it as `endpoint NAME { host "db.example.com" }`, and name that',
        ),
        ("b.n.svc.cluster.local", "did you mean `n/b`?"),
        ("b.n", "did you mean `n/b`?"),
    ],
)
def test_peers_of_elsewhere(peer: str, help: str) -> None:
    [found] = errors(f"namespace n service a {{ allow to {peer} }} service b {{ port w 1 tcp }}")
    assert found.help == help


def test_a_comment_does_not_go_on_behind_a_carriage_return() -> None:
    [found] = errors("# a policy\rnamespace n\rservice a { }\r")
    assert (found.code.id, found.span.text) == ("POL002", "# a policy")
    assert errors("# a policy\r\nnamespace n # shop\r\nservice a { }\r\n") == ()
    assert errors("namespace n\rservice a { }\r") == ()
