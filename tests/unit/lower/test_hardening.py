"""Hardening: defaults, profiles, and what each level permits."""

from datetime import date

import pytest

from lowering import security
from polc.ir.nodes import Expired, Level, Relaxation
from polc.lower.hardening_table import CAPABILITIES, FIELDS, capability_level

ALL = tuple(Level)


def relaxed(level: Level, item: str) -> list[tuple[str, str]]:
    return security(f'{item} because "x"', level=level).marks


def test_defaults() -> None:
    done = security("")
    assert done.found == []
    value = done.value
    assert (value.user, value.group, value.fs_group) == (10001, 10001, None)
    assert value.writes == ("/tmp",)
    assert (value.capabilities, value.relaxed, value.unprivileged_port_start) == ((), (), None)


def test_run() -> None:
    value = security('user 1000 group 3000 fs-group 2000 writes "/b", "/a"').value
    assert (value.user, value.group, value.fs_group) == (1000, 3000, 2000)
    assert value.writes == ("/a", "/b", "/tmp")


def test_later_profiles_override_earlier_ones() -> None:
    profiles = (
        'profile base extends restricted { user 1 group 2 writes "/a" '
        'relax read-only-root because "base" }\n'
        'profile nginx extends base { user 3 writes "/a", "/b" '
        'relax read-only-root because "nginx" }'
    )
    done = security("group 5", profiles=profiles)
    assert done.found == []
    assert (done.value.user, done.value.group) == (3, 5)
    assert done.value.writes == ("/a", "/b")
    assert done.value.relaxed == (Relaxation("read-only-root", "nginx"),)


# --- what the levels permit -------------------------------------------------------------------


@pytest.mark.parametrize("level", ALL)
@pytest.mark.parametrize("name", sorted(FIELDS))
def test_fields(level: Level, name: str) -> None:
    permitted = ALL.index(FIELDS[name]) <= ALL.index(level)
    assert relaxed(level, f"relax {name}") == ([] if permitted else [("POL401", name)])


@pytest.mark.parametrize("level", ALL)
@pytest.mark.parametrize("name", sorted(CAPABILITIES))
def test_capabilities(level: Level, name: str) -> None:
    permitted = ALL.index(capability_level(name)) <= ALL.index(level)
    expected = "POL491" if permitted else "POL401"
    mark = f'capability {name} because "x"' if permitted else name
    assert relaxed(level, f"capability {name}") == [(expected, mark)]


def test_restricted_permits_next_to_nothing() -> None:
    assert [n for n, level in FIELDS.items() if level is Level.RESTRICTED] == ["read-only-root"]
    assert [n for n in CAPABILITIES if capability_level(n) is Level.RESTRICTED] == [
        "NET_BIND_SERVICE"
    ]


def test_what_is_forbidden_is_not_in_the_output() -> None:
    done = security('relax host-network because "x"')
    assert done.value.relaxed == ()
    assert "`harden privileged`" in (done.only.help or "")


# --- findings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run", "marks"),
    [
        ("relax read-only-root", [("POL402", "relax read-only-root")]),
        ('relax read-only-root because ""', [("POL402", 'relax read-only-root because ""')]),
        ("capability NET_BIND_SERVICE", [("POL402", "capability NET_BIND_SERVICE")]),
        ('relax readonly-root because "x"', [("POL403", "readonly-root")]),
        ('relax everything because "x"', [("POL403", "everything")]),
        ('capability CAP_CHOWN because "x"', [("POL404", "CAP_CHOWN")]),
        ('capability NET_BIND because "x"', [("POL404", "NET_BIND")]),
        ('capability ALL because "x"', [("POL404", "ALL")]),
        ("user 0", [("POL405", "0")]),
        ("user 1337", [("POL407", "1337")]),
        ("group 1337", [("POL407", "1337")]),
        ("user 4294967296", [("POL407", "4294967296")]),
        ("user 10k", [("POL407", "10k")]),
        ("user 1 user 2", [("POL103", "user 2")]),
        ("group 0", []),
    ],
)
def test_findings(run: str, marks: list[tuple[str, str]]) -> None:
    assert security(run).marks == marks


def test_did_you_mean() -> None:
    assert security('relax readonly-root because "x"').only.help == "did you mean `read-only-root`?"
    assert "`CHOWN`" in (security('capability CAP_CHOWN because "x"').only.help or "")
    assert security('capability NET_BIND because "x"').only.fix is not None


def test_root_needs_its_relaxation() -> None:
    assert security("user 0", level=Level.PRIVILEGED).marks == [("POL405", "0")]
    done = security('user 0 relax run-as-non-root because "x"', level=Level.BASELINE)
    assert done.found == []
    assert done.value.user == 0
    assert "harden baseline" in (security("user 0").only.help or "")


def test_root_of_a_profile_is_underlined_there() -> None:
    profiles = "profile root extends restricted { user 0 }"
    done = security("", profiles=profiles)
    assert done.marks == [("POL405", "0")]
    assert done.only.span.source.text == profiles


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("cache", "write it in full, from the root on: `/cache`"),
        ("/", "relax read-only-root"),
        ("/a/../b", "without `..`"),
        ("/a/", "write it as `/a`"),
        ("//a", "write it as `/a`"),
        ("/a/./b", "write it as `/a/b`"),
        ("/proc/self", "belongs to the kernel"),
        ("/dev", "belongs to the kernel"),
        ("/a:b", "holds no `:`"),
        ("/var/run/secrets/kubernetes.io/serviceaccount", "token"),
    ],
)
def test_bad_writes(path: str, hint: str) -> None:
    done = security(f'writes "{path}"')
    assert done.marks == [("POL406", f'"{path}"')]
    assert hint in (done.only.help or "")
    assert done.value.writes == ("/tmp",)


@pytest.mark.parametrize("path", ["/dev/shm", "/var/run", "/process", "/sysroot/x"])
def test_good_writes(path: str) -> None:
    assert security(f'writes "{path}"').found == []


def test_writes_twice() -> None:
    done = security('writes "/a", "/b" writes "/a"')
    assert done.marks == [("POL406", '"/a"')]
    assert done.only.labels[0].span.offset < done.only.span.offset
    assert security('writes "/a"', profiles='profile p { writes "/a" }').found == []


# --- low ports --------------------------------------------------------------------------------


def test_low_ports() -> None:
    low = "port web 80 http  port dns 53 udp  port high 8080 http"
    assert security("", port=low).value.unprivileged_port_start == 53
    assert security("", port="port web 80 -> 8080 http").value.unprivileged_port_start is None
    root = 'user 0 relax run-as-non-root because "x"'
    done = security(root, port=low, level=Level.BASELINE)
    assert done.value.unprivileged_port_start is None
    host = security('relax host-network because "x"', port=low, level=Level.PRIVILEGED)
    assert host.value.unprivileged_port_start is None


def test_a_useless_capability() -> None:
    done = security('capability NET_BIND_SERVICE because "x"', port="port web 80 http")
    assert done.marks == [("POL491", 'capability NET_BIND_SERVICE because "x"')]
    assert "sysctl" in (done.only.help or "")
    assert done.value.capabilities == (Relaxation("NET_BIND_SERVICE", "x"),)


def test_a_useful_capability() -> None:
    root = 'user 0 relax run-as-non-root because "x" capability CHOWN because "y"'
    assert security(root, level=Level.BASELINE).found == []
    files = 'relax privilege-escalation because "x" capability NET_RAW because "y"'
    assert security(files, level=Level.PRIVILEGED).found == []


# --- qualifiers -------------------------------------------------------------------------------


def test_qualifiers() -> None:
    done = security('relax read-only-root until 2026-11-30 because "x"')
    assert done.marks == [("POL290", "2026-11-30")]
    assert done.expired == [Expired("relax read-only-root", date(2026, 11, 30))]
    assert done.value.relaxed == ()
    assert security('relax read-only-root only in staging because "x"').value.relaxed == ()
    (one,) = security('relax read-only-root until 2026-12-31 because "x"').value.relaxed
    assert one.until == date(2026, 12, 31)


def test_read_only_root_relaxed() -> None:
    value = security('writes "/a" relax read-only-root because "x"').value
    assert value.writes == ("/a",)
    assert value.relaxes == {"read-only-root"}
