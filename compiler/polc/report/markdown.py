"""The report for a pull request, in Markdown as GitHub and GitLab show it."""

from collections.abc import Iterable, Sequence

from polc.report.summary import Added, Item, Proof, Summary, counted, counts_text


def render_markdown(summary: Summary) -> str:
    """Return the report; parts that have nothing to say are left out."""
    target = f", environment `{summary.environment}`" if summary.environment else ""
    rows = [
        "## polc",
        "",
        f"{counted(summary.services, 'service')} in {counted(summary.namespaces, 'namespace')},"
        f" {counted(summary.flows, 'flow')}, for cluster `{summary.cluster}`"
        f" (mesh: {summary.mesh}){target}, on {summary.today}.",
        "",
        *_proof(summary.proof),
        "",
        *_table(("kind", "objects"), ((kind, str(number)) for kind, number in summary.objects)),
        *_items("Relaxed", summary.relaxed),
        *_items("Privileged grants", summary.privileged),
        *_items("Broad peers", summary.broad),
        *_items("Namespaces looser than Pod Security *restricted*", summary.levels),
        *_items("Expires", summary.expires),
        *_items("Expired, not compiled", summary.expired),
        *_added(summary.added),
    ]
    return "\n".join(rows).rstrip("\n") + "\n"


def _proof(proof: Proof) -> list[str]:
    """Say what was proved, and what was not: nobody should take silence for a proof."""
    if proof.status == "not asked":
        return ["**Not proved**: nobody asked for it (`--no-verify`)."]
    looked = counts_text(proof.counts)
    if proof.status == "nothing proved":
        lines = ["**Nothing proved**: the targets emit nothing that the proof looks at."]
    elif proof.status == "proved":
        lines = [f"**Proved**: nothing more and nothing less than declared ({looked})."]
    else:
        lines = ["**Not proved**, so that nothing was written:", ""]
        lines += [f"- {_cell(text)}" for text in proof.wrong]
        lines += [f"- not decided: {_cell(text)}" for text in proof.undecided]
    if proof.unasked:
        lines += ["", f"Not judged, since no target makes it: {', '.join(proof.unasked)}."]
    return lines


def _items(title: str, items: Sequence[Item]) -> list[str]:
    if not items:
        return []
    columns = ("who", "what", "because", "until", "where")
    cells = (
        (
            _code(item.subject),
            _cell(item.what),
            _cell(item.because or ""),
            str(item.until or ""),
            _code(item.place),
        )
        for item in items
    )
    return [f"### {title}", "", *_table(columns, cells)]


def _added(added: Sequence[Added]) -> list[str]:
    """List what the compiler added, folded: it is long and seldom a surprise."""
    if not added:
        return []
    columns = ("for", "service", "", "peer", "ports")
    cells = (
        (each.purpose, _code(each.service), each.direction, _code(each.peer), ", ".join(each.ports))
        for each in added
    )
    title = f"<summary>Added so that the rest works: {len(added)} rules</summary>"
    return ["<details>", title, "", *_table(columns, cells), "</details>", ""]


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return []
    return [f"| {' | '.join(columns)} |", "|" + " --- |" * len(columns), *lines, ""]


def _code(text: str | None) -> str:
    return (
        f"`{' '.join(text.split()).replace('|', chr(92) + '|').replace('`', chr(39))}`"
        if text
        else ""
    )


def _cell(text: str) -> str:
    """Escape what Markdown and HTML would act on; a reason is the user's text."""
    text = " ".join(text.split())
    for char in "\\`*_[]<>|~":
        text = text.replace(char, "\\" + char)
    return text.replace("@", "@\u200b")  # mentions nobody
