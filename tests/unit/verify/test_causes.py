"""One cause is told once: a port's other number, not each of its consequences."""

from pathlib import Path

from support import polc

PROGRAM = """
cluster demo {{ mesh istio sidecar  cni kubernetes }}
namespace shop
service web {{ select {{ app: "web" }} }}
service bff {{ select {{ app: "bff" }} }}
service api {{
  select {{ app: "api" }}
  port http {port} http
  port admin 9999 http
  allow from web, bff on http {{ GET "/v1/**" }}
  allow from bff on admin
}}
"""


def verified(tmp_path: Path, before: str, after: str) -> list[str]:
    for name, port in (("old", before), ("new", after)):
        (tmp_path / f"{name}.svc").write_text(PROGRAM.format(port=port))
    assert polc("build", tmp_path / "old.svc", "-o", tmp_path / "out", "-q").status == 0
    run = polc("verify", tmp_path / "out", "--policy", tmp_path / "new.svc", "--format", "concise")
    assert run.status == 1
    return [line for line in run.out.splitlines() if "error[" in line]


def test_a_wrong_port_is_one_finding(tmp_path: Path) -> None:
    [line] = verified(tmp_path, "8080", "9090")
    assert "error[POL904] port `http` of `shop/api` is 9090 in the program and 8080" in line


def test_two_wrong_ports_are_not_one(tmp_path: Path) -> None:
    lines = verified(tmp_path, "8080", "8080\n  port more 7070 http\n  allow from web on more")
    assert len(lines) > 1
    assert not any("POL904" in line for line in lines)


def test_the_help_is_what_to_write(tmp_path: Path) -> None:
    verified(tmp_path, "8080", "80 -> 9090")
    run = polc("verify", tmp_path / "out", "--policy", tmp_path / "new.svc")
    assert "build again, or write `port http 80 -> 8080 http`" in run.out
