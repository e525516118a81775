"""What a new name for something changes, in all files; or why it can't have that name.

A renamed program means the same as before. So the edits are tried out first: if any name in any
program that shares the declaration would then refer to something else, there is no renaming.
"""

from typing import NamedTuple, get_args

from attrs import frozen

from polc.diagnostics import Diagnostic, Edit
from polc.load import Unit
from polc.lsp.analysis import Snapshot
from polc.lsp.feature import Refusal
from polc.lsp.occurrences import all_uses, everywhere, snapshots
from polc.lsp.session import View
from polc.lsp.trees import Piece, Tree
from polc.lsp.uses import Target, Use, placed, uses
from polc.parse import parse, parse_block
from polc.parse.lexer import TABLES
from polc.parse.names import bad_word, quoted_name_problem
from polc.resolve.symbols import LEVELS, Space, Symbol, collect
from polc.source import Anchor, Source, Span, nowhere
from polc.syntax import File

_BROAD = ("any", "internet", "self")


class Spelling(NamedTuple):
    """A name, and whether it stands for itself only in quotes."""

    name: str
    quoted: bool


@frozen
class Renaming:
    """What gets a new name: `targets`, all of the same name, and every place that says it."""

    targets: frozenset[Target]
    occurrences: tuple[Use, ...]

    @property
    def target(self) -> Target:
        """One of the targets; as a rule there is only one."""
        return min(self.targets)


def renaming(view: View, use: Use) -> Renaming | Refusal:
    """Return what is renamed with a name; ports that one line names together stay together."""
    if not use.targets and use.span.text in LEVELS:
        return Refusal(f"`{use.span.text}` is a level of the Pod Security Standards")
    if not use.targets:
        return Refusal(f"nothing is called `{use.span.text}`")
    if _is_number(use):
        return Refusal(f"`{use.span.text}` is a number: rename the port where it has its name")
    if use.targets[0].kind in ("module", "file"):
        return Refusal("files and modules can't be renamed here")
    targets = frozenset(use.targets)
    while True:
        uses = everywhere(view, tuple(targets))
        occurrences = tuple(each for each in uses if not _is_number(each))
        reached = targets.union(*(each.targets for each in occurrences))
        if len(reached) > 1 and use.targets[0].kind != "port":
            keys = " or ".join(f"`{each.key}`" for each in sorted(reached))
            return Refusal(f"it is not decided what is meant: {keys}")
        if reached == targets:
            break
        targets = reached
    files = {name for each in snapshots(view, tuple(targets)) for name in each.trees}
    for each in occurrences:
        if each.span.source.name not in files or "." in each.span.text:
            name = each.span.text.strip('"')
            return Refusal(f"`{name}` is a name of the standard library, which can't be changed")
    return Renaming(targets, occurrences)


def _is_number(use: Use) -> bool:
    """Tell whether a port is named by its number, which stays whatever it is called."""
    return use.span.text.isdigit()


def spelling(new: str) -> Spelling | Refusal:
    """Return how a name is written; a reserved word only if the user put it in quotes."""
    is_quoted = len(new) > 1 and new[0] == new[-1] == '"'
    name = new[1:-1] if is_quoted else new.strip()
    if not name:
        return Refusal("write a name")
    problem = quoted_name_problem(name, nowhere())
    if problem is not None:
        return Refusal(_told(problem if is_quoted else bad_word(name, nowhere())))
    if not parse(Source("", f"role {name} {{ }}"))[1]:
        return Spelling(name, False)
    if name in TABLES.words and not is_quoted:
        return Refusal(f'`{name}` is a reserved word; write `"{name}"` to call it so all the same')
    return Spelling(name, True)


def edits(view: View, renaming: Renaming, new: Spelling) -> tuple[Edit, ...] | Refusal:
    """Return what to change so that something has a new name, or why it can't."""
    if new.name == renaming.target.name:
        return ()
    taken = _taken(view, renaming, new.name)
    if taken is not None:
        return Refusal(taken)
    made = tuple(Edit(each.span, _written(each.span.text, new)) for each in renaming.occurrences)
    moved = _Moved(renaming.targets, new.name)
    for snapshot in snapshots(view, tuple(renaming.targets)):
        changed = _changed(snapshot, made, moved)
        if changed is not None:
            where = f"{changed.source.name}:{changed.line}"
            return Refusal(f"`{changed.text}` in {where} would mean something else then")
    return made


def _told(problem: Diagnostic) -> str:
    return f"{problem.message}; {problem.help}" if problem.help else problem.message


def _written(old: str, new: Spelling) -> str:
    """Return a new name as it is written instead of an old one, in quotes if that was by choice."""
    chosen = old.startswith('"') and not _needs_quotes(old.strip('"'))
    return f'"{new.name}"' if new.quoted or chosen else new.name


def _needs_quotes(name: str) -> bool:
    return bool(parse(Source("", f"role {name} {{ }}"))[1])


def _taken(view: View, renaming: Renaming, new: str) -> str | None:
    """Return why nothing of this kind can be called so, if that is clear from its name."""
    moved = _Moved(renaming.targets, new)
    kind = renaming.target.kind
    if kind == "peer" and new in _BROAD:
        return f"`{new}` has a meaning of its own in lists of peers"
    if kind == "profile" and new in LEVELS:
        return f"`{new}` is a level of the Pod Security Standards"
    wanted = tuple(moved.target(each) for each in sorted(renaming.targets))
    for snapshot in snapshots(view, tuple(renaming.targets)):
        for each in wanted:
            symbol = _symbol(snapshot, each)
            if symbol is not None:
                return f"there is {_article(symbol.kind)} `{symbol.key}` already"
        if kind not in get_args(Space) and any(True for _ in all_uses(snapshot, wanted)):
            return f"there is {_article(kind)} `{new}` already"
    return None


def _symbol(snapshot: Snapshot, target: Target) -> Symbol | None:
    for space in get_args(Space):
        if space == target.kind:
            return snapshot.table.symbols.get((space, target.key))
    return None


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


class _Moved(NamedTuple):
    """How names change if `targets` are called `new`."""

    targets: frozenset[Target]
    new: str

    def target(self, target: Target) -> Target:
        """Return what something is called afterwards."""
        kind, key, owner = target
        if target in self.targets:
            key = f"{key[: len(key) - len(target.name)]}{self.new}"
        elif kind not in ("namespace", "port", "version"):
            key = self._inside(key)
        return Target(kind, key, self._owner(owner))

    def _owner(self, key: str) -> str:
        owner = Target("peer", key)
        return self.target(owner).key if key else key

    def _inside(self, key: str) -> str:
        """Return the key of a declaration, in a namespace that may have a new name."""
        namespace, slash, name = key.partition("/")
        if slash and Target("namespace", namespace) in self.targets:
            return f"{self.new}/{name}"
        return key


def _changed(snapshot: Snapshot, made: tuple[Edit, ...], moved: _Moved) -> Span | None:
    """Return a name of a program that would refer to something else after edits.

    What referred to nothing is in error anyway, and free to be what somebody writes it for.
    """
    after = {name: _edited(tree, made) for name, tree in snapshot.trees.items()}
    own = (unit for unit in snapshot.units if unit.module is None)
    library = (unit for unit in snapshot.units if unit.module is not None)
    table, _ = collect((*(Unit(after[each.file.source.name].file) for each in own), *library))
    words = {moved.new, *(target.name for target in moved.targets)}
    for name, tree in snapshot.trees.items():
        pairs = zip(placed(tree), placed(after[name]), strict=False)
        for place, tried in pairs:
            if not words.isdisjoint(place.piece.words):
                before = list(uses(snapshot.table, place))
                then = [each.targets for each in uses(table, tried)]
                if len(before) != len(then):
                    return before[0].span if before else place.declaration.span
                for use, targets in zip(before, then, strict=True):
                    if use.targets and targets != tuple(map(moved.target, use.targets)):
                        return use.span
    return None


def _edited(tree: Tree, made: tuple[Edit, ...]) -> Tree:
    """Return the tree of a text after edits; places in it mean nothing."""
    by_anchor: dict[Anchor, list[Edit]] = {}
    for each in made:
        by_anchor.setdefault(each.span.anchor, []).append(each)
    if by_anchor.keys().isdisjoint(piece.anchor for piece in tree.pieces):
        return tree
    source = Source(tree.source.name, "")
    pieces = []
    for piece in tree.pieces:
        text = piece.block.text
        for edit in sorted(by_anchor.get(piece.anchor, ()), key=lambda e: -e.span.start):
            text = f"{text[: edit.span.start]}{edit.text}{text[edit.span.end :]}"
        if text is not piece.block.text:
            piece = Piece(parse_block(text, Anchor(Source(source.name, text))), piece.closed)
        pieces.append(piece)
    declarations = tuple(each for piece in pieces for each in piece.declarations)
    return Tree(source, tuple(pieces), File(source, declarations), ())
