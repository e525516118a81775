"""What holds for every program: no crash, the same bytes in any order and under any hash seed."""

import random
from collections.abc import Collection
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semantics import netpol
from semantics.netpol import Pod
from strategies import Draft, drafts, programs
from support import EXAMPLES, TODAY, Run, as_params, documents, polc, polc_process
from support import programs as program_files

QUIET = ("--color", "never", "--today", TODAY)
# A program is drawn from many small choices, which Hypothesis finds slow under a busy machine.
RELAXED = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def build(*files: Path) -> Run:
    run = polc("build", *files, "-o", "-", *QUIET)
    assert run.status == 0, run.err + "\n".join(file.read_text("utf-8") for file in files)
    return run


def write(folder: Path, texts: list[str], prefix: str) -> list[Path]:
    files = [folder / f"{prefix}{number}.svc" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


@RELAXED
@given(draft=drafts(), seed=st.integers(0, 2**32))
def test_order_of_declarations_and_files_does_not_matter(
    draft: Draft, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("programs", numbered=True)
    plain = build(*write(folder, [draft.text()], "plain"))
    shuffle = random.Random(seed)
    texts = draft.files(shuffle.randint(1, 3), shuffle)
    shuffled = build(*write(folder, texts, "shuffled"))
    assert shuffled.out == plain.out


@RELAXED
@given(draft=drafts().filter(lambda draft: draft.mesh != "istio ambient"))
def test_network_policies_let_through_what_was_declared(
    draft: Draft, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Sound and complete, for the program's pods and for ones that it has never heard of.

    (Ambient traffic arrives on one port for all, so there the mesh's policies decide.)
    """
    folder = tmp_path_factory.mktemp("network", numbered=True)
    run = build(*write(folder, [draft.text()], "policy"))
    policies = [each for each in documents(run.out) if each["kind"] == "NetworkPolicy"]
    owned = {f"{space}/{name}": Pod(space, {"app": name}) for space, name, _ in draft.services}
    home = draft.services[0][0]
    strangers = {
        "elsewhere/api": Pod("elsewhere", {"app": "api"}),
        "other/api": Pod("other", {"app": "api"}),
        f"{home}/unknown": Pod(home, {"app": "unknown"}),
    }
    pods = {**owned, **strangers}
    ports = {(port, how) for _, _, port, how in draft.flows | draft.opened} | {(81, "TCP")}
    for source, target in product(pods, pods):
        for port, how in ports:
            if source in owned or target in owned:
                decided = netpol.allowed(policies, pods[source], pods[target], how, port)
                assert decided == permitted(draft, owned, source, target, port, how), (
                    f"{source} -> {target}:{port}/{how}\n{draft.text()}"
                )


@RELAXED
@given(text=programs(), environment=st.sampled_from(("staging", "prod", None)))
def test_what_is_built_is_proved(
    text: str, environment: str | None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The property that polc is there for: it permits exactly what the program declares."""
    folder = tmp_path_factory.mktemp("proved", numbered=True)
    (program,) = write(folder, [text], "policy")
    chosen = ("--env", environment) if environment else ()
    run = polc("build", program, "-o", folder / "out", *chosen, *QUIET)
    assert run.status == 0, run.err + text
    assert "proved: nothing more and nothing less than declared" in run.err
    assert "POL990" not in run.err, run.err + text
    again = polc("verify", folder / "out", "--policy", program, *chosen, *QUIET)
    assert again.status == 0, again.out + again.err + text


def permitted(
    draft: Draft, owned: Collection[str], source: str, target: str, port: int, how: str
) -> bool:
    """Tell whether a draft permits a connection (language.md 5.2)."""
    if (source, target, port, how) in draft.flows:
        return True
    home = source.partition("/")[0]
    opened = {(peer, target, port, how) in draft.opened for peer in ("any", home)}
    if True not in opened or source == target:
        return False
    if source in owned:  # its own end is needed too, except inside one namespace
        return home == target.partition("/")[0]
    return home not in {key.partition("/")[0] for key in owned}


@RELAXED
@given(
    draft=drafts(), cut=st.floats(0, 1), insert=st.sampled_from(["", "}", "{", '"', "#", " on "])
)
def test_broken_programs_are_reported(
    draft: Draft, cut: float, insert: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A program cut short, or with something stuck into it, gets diagnostics, never a traceback."""
    folder = tmp_path_factory.mktemp("broken", numbered=True)
    text = draft.text()
    at = int(len(text) * cut)
    for broken in (text[:at], text[:at] + insert + text[at:]):
        run = polc("check", *write(folder, [broken], "broken"), *QUIET)
        assert run.status in {0, 1}, run.err
        assert run.status == 0 or "error[POL" in run.err + run.out


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_reported(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "bytes.svc"
    file.write_bytes(data)
    run = polc("check", file, *QUIET)
    assert run.status in {0, 1}, run.err


@pytest.mark.parametrize("program", as_params(program_files(EXAMPLES), EXAMPLES))
def test_hash_seed_does_not_matter(program: Path) -> None:
    outputs = {
        polc_process(
            "build", program, "-o", "-", *QUIET, env={"PYTHONHASHSEED": seed, "LC_ALL": locale}
        ).out
        for seed, locale in (("0", "C"), ("1", "C.UTF-8"), ("4294967295", "C.UTF-8"))
    }
    assert len(outputs) == 1
    assert outputs != {""}
