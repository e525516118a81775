"""From a line to what was built of it, and back."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp_support import LINKED, Editor, editor
from polc.lsp.documents import uri_of
from polc.lsp.feature import CommandError, Show
from polc.lsp.outputs import documents
from support import polc

IMPLEMENTATION = types.TEXT_DOCUMENT_IMPLEMENTATION
TEXT = LINKED.replace('app: "api" }', 'app: "api" }\n  can get pods because "it looks"')


def built(folder: Path, text: str, *arguments: str) -> Editor:
    """Write and build a program, and open it."""
    plain = text.replace("|", "")
    (folder / "policy.svc").write_text(plain)
    done = polc("build", folder / "policy.svc", "-o", folder / "out", *arguments)
    assert done.status == 0, done.err
    return editor(text, folder=folder)


def places(one: Editor) -> list[str]:
    """Return file and text of each place, as the file has it."""
    found = []
    for each in one.ask(IMPLEMENTATION):
        place = one.shown(each)
        found.append(place.split(":")[0] + " " + place.partition(" ")[2])
    return found


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("allow from |frontend", ["out/shop/api.networkpolicy.yaml   - from:"]),
        ("can get| pods", ["Role", "RoleBinding"]),
        ("namespace |shop", ["Namespace"]),
    ],
)
def test_a_line_leads_to_what_was_built_of_it(
    tmp_path: Path, mark: str, expected: list[str]
) -> None:
    one = built(tmp_path, TEXT.replace(mark.replace("|", ""), mark))
    found = places(one)
    for each in expected:
        assert any(place.endswith(each) for place in found), (each, found)


def test_a_declaration_leads_to_all_that_is_its_own(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT.replace("service api", "service |api"))
    found = places(one)
    assert "out/shop/api.networkpolicy.yaml kind: NetworkPolicy" in found
    assert "out/shop/api.rbac.yaml kind: ServiceAccount" in found
    assert any(place.startswith("out/shop/hardening/api.patch.yaml") for place in found)
    assert not any("frontend" in place for place in found)


def test_each_object_of_a_file_has_its_own_line(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT.replace("can get", "can |get"))
    [role, binding] = [each for each in one.ask(IMPLEMENTATION) if "rbac" in each.uri]
    text = (tmp_path / "out" / "shop" / "api.rbac.yaml").read_text().split("\n")
    assert text[role.range.start.line] == "kind: Role"
    assert text[binding.range.start.line] == "kind: RoleBinding"
    assert role.range.start.line < binding.range.start.line


def test_each_rule_leads_to_its_line_and_the_line_to_its_rule(tmp_path: Path) -> None:
    more = "  allow from staff on web\n  allow from frontend"
    text = TEXT.replace("  allow from frontend", more) + 'service staff { select { app: "s" } }\n'
    one = built(tmp_path, text.replace("from staff", "from |staff"))
    file = "out/shop/api.networkpolicy.yaml"
    lines = (tmp_path / file).read_text().split("\n")
    [place] = [each for each in one.ask(IMPLEMENTATION) if each.uri.endswith(file)]
    first = place.range.start.line
    assert lines[first] == "  - from:"
    rule = lines[first : lines.index("      port: 8080", first) + 1]
    assert "          app: s" in rule
    told = {back(one, file, number) for number in range(first, first + len(rule))}
    assert told == {"allow from staff on web"}
    other = lines.index("          app: frontend")
    assert back(one, file, other) == "allow from frontend on web"
    assert back(one, file, lines.index("  policyTypes:")) == "service api {"


def test_lines_that_moved_since_are_found_all_the_same(tmp_path: Path) -> None:
    one = built(tmp_path, "|" + TEXT.replace("service api", "service |api"))
    one.type("# one more\n# and another\n")
    one.cursors[one.name] = [one.text().index("service api") + 9]
    assert "out/shop/api.networkpolicy.yaml kind: NetworkPolicy" in places(one)


def test_a_project_says_where_it_is_built(tmp_path: Path) -> None:
    files = {
        "polc.toml": 'files = ["policy.svc"]\nout = "made/here"\n',
        "policy.svc": TEXT.replace("service api", "service |api"),
    }
    one = editor(files, folder=tmp_path)
    one.name = "policy.svc"
    polc("build", tmp_path / "policy.svc", "-o", tmp_path / "made" / "here")
    polc("build", tmp_path / "policy.svc", "-o", tmp_path / "out")
    found = places(one)
    assert found
    assert all(place.startswith("made/here/shop/") for place in found)


def test_each_environment_has_an_object_of_its_own(tmp_path: Path) -> None:
    text = f"{TEXT}\nenvironment a {{ cluster test }}\nenvironment b {{ cluster test }}\n"
    (tmp_path / "policy.svc").write_text(text)
    for name in ("a", "b"):
        polc("build", tmp_path / "policy.svc", "-o", tmp_path / "out" / name, "--env", name)
    one = editor(text.replace("allow from front", "allow from |front"), folder=tmp_path)
    assert [place for place in places(one) if "/api." in place] == [
        "out/a/shop/api.networkpolicy.yaml   - from:",
        "out/b/shop/api.networkpolicy.yaml   - from:",
    ]


def test_without_a_build_or_without_errors_mended_there_is_nothing(tmp_path: Path) -> None:
    text = TEXT.replace("service api", "service |api")
    assert places(editor(text, folder=tmp_path)) == []
    assert places(editor(text)) == []
    one = built(tmp_path, text)
    one.type(" oops ")
    assert places(one) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"objects": []}', '{"objects": {"a": 1}}', "\0"])
def test_what_is_no_map_leads_nowhere(tmp_path: Path, text: str) -> None:
    one = built(tmp_path, TEXT.replace("service api", "service |api"))
    (tmp_path / "out" / "polc.map.json").write_text(text)
    assert places(one) == []
    with pytest.raises(CommandError):
        back(one, "out/shop/api.rbac.yaml", 3)


def test_files_that_are_gone_or_edited_lead_nowhere(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT.replace("can get", "can |get"))
    path = tmp_path / "out" / "shop" / "api.rbac.yaml"
    assert len([place for place in places(one) if "rbac" in place]) == 2
    path.write_text("kind: Nothing\n---\n")
    assert [place for place in places(one) if "rbac" in place] == []
    path.unlink()
    assert [place for place in places(one) if "rbac" in place] == []


# --- and back ---------------------------------------------------------------------------------


def back(one: Editor, file: str, line: int, position: Any = None) -> str:
    """Return the line of the program that a line of a built file comes from."""
    at = types.Position(line, 0) if position is None else position
    shown = one.command("polc.openSource", uri_of(f"{one.root}/{file}"), at)
    assert isinstance(shown, Show)
    assert shown.line is not None
    return Path(shown.path).read_text().split("\n")[shown.line].strip()


def test_an_object_leads_to_the_line_that_it_comes_from(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT)
    lines = (tmp_path / "out" / "shop" / "api.rbac.yaml").read_text().split("\n")
    for number in range(lines.index("kind: Role"), lines.index("kind: Role") + 8):
        assert back(one, "out/shop/api.rbac.yaml", number) == 'can get pods because "it looks"'
    assert back(one, "out/shop/api.rbac.yaml", 1) == "service api {"
    assert back(one, "out/shop/api.rbac.yaml", 0, {"line": 1, "character": 0}) == "service api {"
    assert back(one, "out/shop/hardening/api.patch.yaml", 9) == "service api {"
    assert back(one, "out/shop/namespace.yaml", 9) == "namespace shop"


def test_the_way_back_needs_no_open_program(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT)
    one.session.close(one.uri())
    assert back(one, "out/shop/api.networkpolicy.yaml", 9) == "service api {"


def test_the_way_back_follows_edits_since_the_build(tmp_path: Path) -> None:
    one = built(tmp_path, f"|{TEXT}")
    one.type("# above\n\n").settle()
    shown = one.command("polc.openSource", uri_of(f"{one.root}/out/shop/namespace.yaml"), None)
    assert one.text().split("\n")[shown.line] == "namespace shop"


def test_a_program_that_was_built_elsewhere_is_found_if_it_is_open(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    one = built(tmp_path / "here", TEXT)
    polc("build", tmp_path / "here" / "policy.svc", "-o", tmp_path / "there")
    assert back(one, "../there/shop/namespace.yaml", 3) == "namespace shop"
    one.session.close(one.uri())
    with pytest.raises(CommandError, match="from which this comes, is not found"):
        back(one, "../there/shop/namespace.yaml", 3)


def test_a_projects_files_are_found_from_its_settings(tmp_path: Path) -> None:
    files = {
        "polc.toml": 'files = ["src/policy.svc"]\nout = "out"\n',
        "src/policy.svc": TEXT,
    }
    one = editor(files, folder=tmp_path, closed=("src/policy.svc",), settled=False)
    polc("build", tmp_path / "src" / "policy.svc", "-o", tmp_path / "out")
    assert back(one, "out/shop/namespace.yaml", 3) == "namespace shop"


@pytest.mark.parametrize("uri", ["", "untitled:x", "file:///nowhere/x.yaml", 7, None])
def test_other_files_lead_nowhere(uri: Any) -> None:
    with pytest.raises(CommandError, match="not in a folder that `polc build` wrote"):
        editor(LINKED).command("polc.openSource", uri, {"line": "x"})


def test_files_of_the_build_that_no_line_made_lead_nowhere(tmp_path: Path) -> None:
    one = built(tmp_path, TEXT)
    with pytest.raises(CommandError, match="names no line"):
        back(one, "out/kustomization.yaml", 0)


def test_documents_are_told_apart_whatever_their_quotes() -> None:
    text = (
        '# Written by polc\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: "1"\n'
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    name: x\n"
        "  name: a\n  namespace: 'b'\nspec:\n  name: c\n"
    )
    found = list(documents(text))
    assert [each.id for each in found] == ["v1/Namespace 1", "apps/v1/Deployment b/a"]
    assert [(each.start, each.end, each.kind) for each in found] == [(0, 5, 2), (6, 16, 7)]
