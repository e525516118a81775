"""What Kustomize applies, and what it leaves out, though the files say otherwise.

Like `test_attacks.py`, from which the program and its output are.
"""

import pytest

from polc.ir.nodes import Program
from unit.verify.test_attacks import Files, judge, program, replaced, written

__all__ = ["program", "written"]  # Fixtures.

ROOT = "kustomization.yaml"
DENY = "shop/networkpolicy.yaml"
FOLDER = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{}]\n"
LOCAL = "  namespace: shop\n  annotations: {{config.kubernetes.io/local-config: '{}'}}\n"


def folder(files: Files, names: str = "networkpolicy.yaml") -> Files:
    return {**files, "shop/kustomization.yaml": FOLDER.format(names)}


def longer(files: Files, text: str) -> Files:
    return {**files, ROOT: files[ROOT] + text}


def why(files: Files, program: Program) -> list[str]:
    found = judge(files, program)
    assert {each.code.id for each in found} <= {"POL903"}, found
    return [each.message for each in found]


def test_a_list_that_nobody_applies_counts_for_nothing(written: Files, program: Program) -> None:
    (found,) = why(replaced(folder(written), ROOT, f"- {DENY}\n", ""), program)
    assert "no kustomization above lists the folder of `shop/kustomization.yaml`" in found


def test_lists_of_lists_are_followed(written: Files, program: Program) -> None:
    listed = replaced(folder(written), ROOT, f"- {DENY}\n", "- shop\n")
    assert why(listed, program) == []
    assert why(folder(written), program) == []  # Nothing depends on it.
    circle = replaced(folder(written, "networkpolicy.yaml, .."), ROOT, f"- {DENY}\n", "- ./shop\n")
    assert why(circle, program) == []  # Kustomize refuses it; reading it has to end.


@pytest.mark.parametrize("value", ["true", "yes", ""])
def test_objects_for_kustomize_alone_are_not_applied(
    value: str, written: Files, program: Program
) -> None:
    files = replaced(written, DENY, "  namespace: shop\n", LOCAL.format(value))
    (found,) = why(files, program)
    assert "whether NetworkPolicy `default-deny` in" in found
    assert "Kustomize leaves out what has the annotation" in found


def test_the_annotation_means_nothing_where_it_is_false_or_nobody_reads_it(
    written: Files, program: Program
) -> None:
    spared = replaced(written, DENY, "  namespace: shop\n", LOCAL.format("false"))
    assert why(spared, program) == []
    plain = replaced(written, DENY, "  namespace: shop\n", LOCAL.format("true"))
    del plain[ROOT]
    assert why(plain, program) == []


def test_settings_of_the_mesh_may_be_generated(written: Files, program: Program) -> None:
    entry = "configMapGenerator: [{{name: {}, literals: [a=b]}}]\n"
    (found,) = why(longer(written, entry.format("istio")), program)
    assert "it generates a ConfigMap that may hold the settings of the mesh" in found
    assert why(longer(written, entry.format("web")), program) == []


def test_two_kustomizations_in_a_folder_are_not_decided(written: Files, program: Program) -> None:
    for files in (
        {**written, "kustomization.yml": FOLDER.format("")},
        longer(written, f"---\n{FOLDER.format('')}"),
    ):
        assert any("is a kustomization of this folder, too" in each for each in why(files, program))
