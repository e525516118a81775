"""`polc diff` as a user runs it: programs, revisions, folders."""

import shutil
import subprocess

import pytest

from support import EXAMPLES, polc

OLD = "namespace shop\nservice web { }\nservice api { port http 8080 http }\n"
NEW = OLD.replace("8080 http }", "8080 http  allow from web on http }")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "policy.svc").write_text('import "lib/more.svc"\n')
    (tmp_path / "policies" / "lib").mkdir()
    (tmp_path / "policies" / "lib" / "more.svc").write_text(OLD)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)
    (tmp_path / "policies" / "lib" / "more.svc").write_text(NEW)
    return tmp_path


@pytest.mark.parametrize("folder", [".", "policies"])
def test_a_revision_with_its_imports(repository, monkeypatch, folder):
    monkeypatch.chdir(repository / folder)
    path = "policies/policy.svc" if folder == "." else "policy.svc"
    run = polc("diff", "HEAD:policies/policy.svc", path, "--fail-on", "widening")
    assert run.status == 1, run.err
    assert "+ shop/web may call shop/api:http (8080/TCP)" in run.out
    back = polc("diff", path, "HEAD:policies/policy.svc", "--fail-on", "widening")
    assert back.status == 0
    assert "- shop/web may call shop/api:http (8080/TCP)" in back.out


def test_no_such_revision(repository):
    run = polc("diff", "nowhere:policy.svc", "policies/policy.svc")
    assert run.status == 2
    assert "no git revision `nowhere`" in run.err
    run = polc("diff", "HEAD:policy.svc", "policies/policy.svc")
    assert run.status == 2
    assert "has no file `policy.svc`" in run.err


def test_a_program_with_errors(tmp_path):
    (tmp_path / "bad.svc").write_text("namespace shop\nservice a { allow to nobody }\n")
    run = polc("diff", tmp_path / "bad.svc", EXAMPLES / "boutique" / "policy.svc")
    assert run.status == 1
    assert "error[POL101]" in run.err
    assert run.out == ""


@pytest.mark.parametrize("name", ["boutique", "cloud-native"])
def test_output_permits_what_its_program_does(name):
    folder = EXAMPLES / name
    run = polc("diff", folder / "policy.svc", folder / "out", "--fail-on", "any")
    assert (run.status, run.out) == (0, "nothing is permitted or taken away\n")


def test_edited_manifests(tmp_path):
    out = tmp_path / "out"
    shutil.copytree(EXAMPLES / "boutique" / "out", out)
    for name, before, after in (
        ("cartservice.networkpolicy.yaml", "app: frontend", "app: emailservice"),
        ("emailservice.networkpolicy.yaml", "  egress:\n", "  egress:\n  - {}\n"),
        ("cartservice.istio.yaml", "/EmptyCart", "/*"),
    ):
        path = out / "boutique" / name
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))
    run = polc("diff", EXAMPLES / "boutique" / "policy.svc", out)
    assert "+ boutique/emailservice may call boutique/cartservice on TCP 7070" in run.out
    assert "- boutique/frontend may call boutique/cartservice on TCP 7070" in run.out
    assert "+ boutique/emailservice may send to every address on every port" in run.out
    told = run.out.partition("+ account boutique/checkoutservice may call")[2].splitlines()
    assert told[0].startswith(" boutique/cartservice on port 7070")
    assert told[1].strip() == 'POST "/hipstershop.CartService/*"'


def test_plain_text_is_said_once_and_stops_a_gate(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(EXAMPLES / "boutique" / "out", before)
    shutil.copytree(before, after)
    mesh = after / "boutique" / "istio.yaml"
    mesh.write_text(mesh.read_text().replace("STRICT", "PERMISSIVE"))
    assert polc("diff", before, before, "--fail-on", "widening").status == 0
    run = polc("diff", before, after, "--fail-on", "widening")
    assert (run.status, run.err) == (1, "")
    assert "+ every pod of boutique takes plain text on every port" in run.out
    assert "1 newly permitted, 0 taken away" in run.out
    back = polc("diff", after, before, "--fail-on", "widening")
    assert back.status == 0
    assert "- every pod of boutique takes plain text on every port" in back.out
