"""`polc diff` as a user runs it: programs, revisions, folders."""

import json
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
    assert "has no file or folder `policy.svc`" in run.err


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


# --- every way to name a side --------------------------------------------------------------------

BEFORE = """cluster test { mesh istio sidecar  cni kubernetes }
namespace shop
service web { select { app: "web" } }
service api { select { app: "api" }  port http 8080 http  allow from web on http { GET "/a" } }
"""
AFTER = BEFORE.replace('GET "/a"', 'GET, PUT "/a"')


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Make a repository with two revisions of a program and of what it compiles to."""
    folder = tmp_path_factory.mktemp("steps")
    git = ("git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com")
    subprocess.run([*git, "init", "-q"], check=True)
    for name, text in (("old", BEFORE), ("new", AFTER)):
        (folder / "policy.svc").write_text(text)
        run = polc("build", folder / "policy.svc", "-o", folder / "out", "-q")
        assert run.status == 0, run.err
        stream = polc("build", folder / "policy.svc", "-o", "-", "-q")
        (folder / f"{name}.yaml").write_text(stream.out)
        (folder / name).mkdir()
        shutil.copytree(folder / "out", folder / name / "out")
        shutil.copy(folder / "policy.svc", folder / name)
        if name == "old":
            (folder / "out" / ".hidden").mkdir()
            for aside in ("README.md", ".hidden/x.yaml"):
                (folder / "out" / aside).write_text("kind: [")
            subprocess.run([*git, "add", "."], check=True)
            subprocess.run([*git, "commit", "-qm", "old"], check=True)
    return folder


@pytest.fixture
def here(steps, monkeypatch):
    monkeypatch.chdir(steps)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    return steps


def given(name: str, side: str, folder):
    """Return the argument for a way to name a side, and what standard input then holds."""
    match name:
        case "program from -":
            return "-", (folder / side / "policy.svc").read_text()
        case "objects from -":
            return "-", (folder / f"{side}.yaml").read_text()
        case _:
            return name.format(side=side), None


OLDER = [
    *("HEAD:policy.svc", "HEAD:out", "HEAD:./out/", "HEAD:old.yaml"),
    *("{side}/policy.svc", "{side}/out", "{side}.yaml", "program from -", "objects from -"),
]
NEWER = ["policy.svc", "out/", "{side}.yaml", "program from -", "objects from -"]


@pytest.mark.parametrize("new", NEWER)
@pytest.mark.parametrize("old", OLDER)
def test_any_two_sides(here, old, new):
    (one, given_one), (two, given_two) = given(old, "old", here), given(new, "new", here)
    if one == two == "-":
        run = polc("diff", "-", "-", stdin="")
        assert "only one of the two sides can be standard input" in run.err
        return
    stdin = given_one or given_two
    run = polc("diff", one, two, "--fail-on", "widening", stdin=stdin)
    assert run.status == 1
    assert run.out.endswith("1 newly permitted, 0 taken away\n"), run.out
    assert 'PUT "/a"' in run.out
    assert "error" not in run.err
    back = polc("diff", two, one, "--fail-on", "widening", stdin=stdin)
    assert (back.status, back.out[-32:]) == (0, "0 newly permitted, 1 taken away\n")


@pytest.mark.parametrize("form", ["human", "md", "json", "sarif", "github"])
@pytest.mark.parametrize("fail", ["widening", "any"])
def test_every_format_tells_what_is_open(here, tmp_path, form, fail):
    shutil.copytree(here / "out", tmp_path / "out")
    odd = "apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: x}\n"
    (tmp_path / "odd.yaml").write_text((here / "new.yaml").read_text() + "---\n" + odd)
    run = polc(
        "diff", here / "new.yaml", tmp_path / "odd.yaml", "--format", form, "--fail-on", fail
    )
    assert run.status == 1
    told = run.err if form == "human" else run.out
    assert "differs, and what it permits is not compared" in told.replace("\\", "")
    if form in ("human", "md"):
        assert "1 not compared" in run.out
    if form == "json":
        assert [each["severity"] for each in json.loads(run.out)["open"]] == ["error"]
    if form == "sarif":
        (result,) = json.loads(run.out)["runs"][0]["results"]
        assert (result["ruleId"], result["level"]) == ("POL903", "error")
    if form == "github":
        assert run.out.startswith("::error file=")


def test_a_note_stops_nobody(here):
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\n"
    other = config + "data: {mesh: 'trustDomain: prod.example'}\n---\n"
    run = polc(
        "diff", "policy.svc", "-", "--fail-on", "any", stdin=other + (here / "new.yaml").read_text()
    )
    assert (run.status, run.out) == (0, "nothing is permitted or taken away\n")
    assert "note[POL903]: the trust domain is `cluster.local`" in run.err


def test_places_are_where_somebody_wrote_it(here):
    run = polc("diff", "HEAD:policy.svc", "out")
    assert "  out/shop/api.istio.yaml:" in run.out
    run = polc("diff", "out", "HEAD:policy.svc")
    assert "  out/shop/api.istio.yaml:" in run.out
    run = polc("diff", "HEAD:out", "policy.svc")
    assert "  policy.svc:4\n" in run.out
    run = polc("diff", "out", "HEAD:out")
    assert "  out/shop/api.istio.yaml:" in run.out
    run = polc("diff", "new.yaml", "HEAD:out")
    assert " - " in run.out
    assert "  new.yaml:" in run.out


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("HEAD:nowhere", "revision `HEAD` has no file or folder `nowhere`"),
        ("nowhere:out", "no git revision `nowhere`"),
    ],
)
def test_no_such_folder(here, old, message):
    run = polc("diff", old, "out")
    assert (run.status, message in run.err) == (2, True)


def test_folders_that_kustomize_changes_are_rendered_first(here, tmp_path):
    folder = tmp_path / "overlay"
    shutil.copytree(here / "out", folder / "base")
    (folder / "kustomization.yaml").write_text("resources: [base]\nnamePrefix: x-\n")
    for command in (
        ("diff", "out", folder),
        ("diff", folder, "out"),
        ("verify", folder, "--policy", "policy.svc"),
    ):
        run = polc(*command)
        assert run.status == 1
        assert "its field `namePrefix` is not followed" in run.out + run.err
        assert f"`kubectl kustomize {folder} > rendered.yaml`" in run.out + run.err


def test_a_folder_of_an_overlay_at_a_revision(here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "kustomization.yaml").write_text("resources: [a.yaml]\nnamespace: x\n")
    (tmp_path / "app" / "a.yaml").write_text((here / "new.yaml").read_text())
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for arguments in (["init", "-q"], ["add", "."], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)
    run = polc("diff", "HEAD:app", here / "out")
    assert run.status == 1
    assert "`kubectl kustomize DIR > rendered.yaml`" in run.err
    for name in ("kustomization.yaml", "a.yaml"):
        (tmp_path / "app" / name).unlink()
    (tmp_path / "app" / "a.yaml").symlink_to(here / "new.yaml")
    for arguments in (["add", "-A"], [*identity, "commit", "-qm", "two"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True)
    run = polc("diff", "HEAD:app", here / "out")
    assert (run.status, "is a link or a submodule" in run.err) == (2, True)
