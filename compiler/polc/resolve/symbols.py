"""The table of everything that a program declares, by name."""

from heapq import nsmallest
from typing import Literal, get_args

from attrs import define, evolve, field, frozen

from polc import syntax as s
from polc.codes import names as codes
from polc.codes import values
from polc.diagnostics import Diagnostic, Label, write
from polc.load import Unit
from polc.parse.names import spelled
from polc.resolve.vocabularies import Vocabularies, outside, vocabularies
from polc.source import Span
from polc.suggest import MANY, NOTHING, Vocabulary, nearest, some

Space = Literal["peer", "role", "profile", "cluster", "environment"]
"""Names of one space must differ; a role may be called like a service."""

Declared = (
    s.Service
    | s.ExternService
    | s.Gateway
    | s.Endpoint
    | s.Group
    | s.Role
    | s.Profile
    | s.Cluster
    | s.Environment
)

_SPACES: tuple[Space, ...] = get_args(Space)
_WHAT: dict[Space, str] = {"peer": "service, group or endpoint"}

# Tuples and no unions: every edit asks this of every declaration, and a union is built anew.
_PLACED = (s.ExternService, s.Gateway)
"""What may say itself in which namespace it is."""
_OF_PODS = (s.Service, *_PLACED)
_NOWHERE = (s.Environment, s.Cluster)
"""What belongs to no namespace."""

LEVELS = ("privileged", "baseline", "restricted")
"""Profiles that nothing declares: the levels of the Pod Security Standards."""

KINDS: dict[type, tuple[Space, str]] = {
    s.Service: ("peer", "service"),
    s.ExternService: ("peer", "extern service"),
    s.Gateway: ("peer", "gateway"),
    s.Endpoint: ("peer", "endpoint"),
    s.Group: ("peer", "group"),
    s.Role: ("role", "role"),
    s.Profile: ("profile", "profile"),
    s.Cluster: ("cluster", "cluster"),
    s.Environment: ("environment", "environment"),
}


@frozen(eq=False)
class Symbol:
    """One declaration. `key` names it uniquely in its space; `scope` is where bare names see it.

    A scope is a namespace, a library module, or `""` for what stands outside any namespace.
    """

    space: Space
    kind: str
    key: str
    scope: str
    declaration: Declared
    library: bool

    @property
    def name(self) -> str:
        """The bare name."""
        return self.declaration.name.text

    @property
    def span(self) -> Span:
        """The place of its name."""
        return self.declaration.name.span


@frozen
class NamespaceInfo:
    """A namespace with its settings, agreed over all places that open it."""

    name: str
    span: Span
    owner: str | None = None
    harden: s.Harden | None = None
    consent: str | None = None
    label: s.String | None = None

    @property
    def consent_both(self) -> bool:
        """Whether a flow inside this namespace needs both of its ends."""
        return self.consent == "both"


@define
class Table:
    """All declarations. Built once by `collect`, read-only from then on."""

    symbols: dict[tuple[Space, str], Symbol] = field(factory=dict)
    aliases: dict[tuple[Space, str], list[Symbol]] = field(factory=dict)
    by_name: dict[tuple[Space, str], list[Symbol]] = field(factory=dict)
    namespaces: dict[str, NamespaceInfo] = field(factory=dict)
    modules: frozenset[str] = frozenset()
    _known: Vocabularies | None = field(default=None, repr=False)
    _declares: Vocabularies | None = field(default=None, repr=False)

    def of_kind(self, kind: str) -> list[Symbol]:
        """Return all declarations of one kind, sorted by key."""
        found = [symbol for symbol in self.symbols.values() if symbol.kind == kind]
        return sorted(found, key=lambda symbol: symbol.key)

    def add(self, symbol: Symbol, found: list[Diagnostic]) -> None:
        """Add a declaration, or report that its name is taken.

        What the program declares replaces what the standard library does (language.md 4: "a user
        can read and replace every one of those facts"), also under the library's dotted name.
        """
        space, name = symbol.space, symbol.name
        taken = self.symbols.get((space, symbol.key))
        if taken is not None and taken.library != symbol.library:
            own, shipped = (symbol, taken) if taken.library else (taken, symbol)
            self.aliases[space, _qualified(shipped.scope, shipped.name)] = [own]
            if own is taken:
                return
        elif taken is not None:
            first, second = sorted((taken, symbol), key=lambda each: each.span.key())
            found.append(
                Diagnostic(
                    codes.DUPLICATE_DECLARATION,
                    f"`{second.key}` is declared twice",
                    second.span,
                    (Label(first.span, f"the {first.kind} `{first.name}` is declared here"),),
                    help="rename one of them, or merge the two",
                )
            )
            if first is taken:
                return
        self.symbols[space, symbol.key] = symbol
        alias = _qualified(symbol.scope, name)
        if alias != symbol.key:
            self.aliases.setdefault((space, alias), []).append(symbol)
        if not symbol.library:
            self.by_name.setdefault((space, name), []).append(symbol)

    def find(
        self,
        ref: s.Ref,
        space: Space,
        scope: str,
        found: list[Diagnostic],
        what: str | None = None,
    ) -> Symbol | None:
        """Return what `ref` means in `scope`, or report that it means nothing.

        `what` is the kind of declaration that is asked for, where it is only one of the space's.

        A bare name is looked for in its own namespace, then outside any namespace. Groups, roles,
        profiles, gateways and endpoints, which are no objects of a namespace, are found from
        elsewhere too where just one has the name.
        """
        candidates = self.candidates(ref, space, scope)
        if len(candidates) == 1:
            return candidates[0]
        found.append(
            self._ambiguous(ref, candidates)
            if candidates
            else self._unknown(ref, space, scope, what or _WHAT.get(space, space))
        )
        return None

    def candidates(self, ref: s.Ref, space: Space, scope: str) -> list[Symbol]:
        """Return all that `ref` may mean: as a rule, one declaration."""
        name = ref.name.text
        if ref.namespace is not None:
            return self._exact(space, f"{ref.namespace.text}/{name}")
        if "." in name:
            module, _, bare = name.rpartition(".")
            return self._exact(space, f"{module}.{bare}") if module in self.modules else []
        return (
            self._exact(space, _qualified(scope, name))
            or self._exact(space, name)
            or [
                symbol
                for symbol in self.by_name.get((space, name), [])
                if symbol.kind not in ("service", "extern service")
            ]
        )

    def _exact(self, space: Space, key: str) -> list[Symbol]:
        symbol = self.symbols.get((space, key))
        return [symbol] if symbol else self.aliases.get((space, key), [])

    def _ambiguous(self, ref: s.Ref, candidates: list[Symbol]) -> Diagnostic:
        keys = sorted(symbol.key for symbol in candidates)
        return Diagnostic(
            codes.AMBIGUOUS_NAME,
            f"`{ref.name.text}` is declared in several places",
            ref.span,
            tuple(
                Label(symbol.span, f"`{symbol.key}`")
                for symbol in nsmallest(MANY, candidates, key=lambda each: each.span.key())
            ),
            help=f"say which: {some([*map(spelled, keys)], ' or ')}",
        )

    def _unknown(self, ref: s.Ref, space: Space, scope: str, what: str) -> Diagnostic:
        name = f"{ref.namespace.text}/{ref.name.text}" if ref.namespace else ref.name.text
        module = name.rpartition(".")[0]
        better: str | None = None
        if module.startswith("std.") and module not in self.modules:
            help_line: str | None = f"add `import {module}` to the file"
        else:
            if space == "peer" and ref.namespace is None and self.by_name.get((space, name)):
                better = self.by_name[space, name][0].key
            else:
                better = self._by_dns(name, space) or self._near(ref, name, space, scope)
            help_line = (
                f"did you mean `{better}`?"
                if better
                else self._elsewhere(ref.name.text)
                or (outside(name) if space == "peer" and not ref.namespace else None)
                or self._declared(space, name)
            )
        return Diagnostic(
            codes.UNKNOWN_NAME,
            f"no {what} is called `{name}`",
            ref.span,
            help=help_line,
            fix=write(ref.span, spelled(better)) if better else None,
        )

    def _near(self, ref: s.Ref, name: str, space: Space, scope: str) -> str | None:
        """Return the name that was probably meant; of a qualified one, one half has to be right."""
        if ref.namespace is None:
            near = nearest(name, self._vocabulary(space), self._vocabulary(space, scope))
            return near.removeprefix(f"{scope}/") if near and scope else near
        above, _, bare = name.partition("/")
        begun = self._vocabulary(space).begun(name)
        if begun:
            return min(begun, key=len)
        near = nearest(bare, self._vocabulary(space, above))
        called = self._vocabulary(space).ended(f"/{bare}")
        return f"{above}/{near}" if near else nearest(name, called)

    def _by_dns(self, name: str, space: Space) -> str | None:
        """Return what the DNS name of a Service names here: `shop/api` for `api.shop.svc`."""
        service, _, rest = name.partition(".")
        key = f"{rest.partition('.')[0]}/{service}"
        return key if (space, key) in self.symbols else None

    def _elsewhere(self, name: str) -> str | None:
        """Say what a name means where other kinds of declarations are asked for."""
        for space in _SPACES:
            for symbol in self.by_name.get((space, name), []):
                article = "an" if symbol.kind[0] in "aeiou" else "a"
                return f"`{symbol.name}` is {article} {symbol.kind}"
        return None

    def _declared(self, space: Space, name: str) -> str | None:
        """List what the program declares of a kind (of peers, in a namespace), if it is little."""
        above = "".join(name.partition("/")[:2]) if "/" in name else ""
        if space == "peer" and not above:
            return None
        known = self._own(space).begun(above)
        if not 0 < len(known) <= 5:
            return None
        return "declared: " + ", ".join(f"`{key}`" for key in known)

    def _vocabulary(self, space: Space, scope: str | None = None) -> Vocabulary:
        """Return all names of a space, or those of a scope."""
        if self._known is None:
            levels = (("profile", level) for level in LEVELS)
            self._known = vocabularies((*levels, *self.symbols, *self.aliases))
        return self._known.get((space, scope), NOTHING)

    def _own(self, space: Space) -> Vocabulary:
        """Return the names of a space that the program itself declares."""
        if self._declares is None:
            self._declares = vocabularies(key for key, it in self.symbols.items() if not it.library)
        return self._declares.get((space, None), NOTHING)


def _qualified(scope: str, name: str) -> str:
    if not scope:
        return name
    return f"{scope}.{name}" if scope.startswith("std.") else f"{scope}/{name}"


def collect(units: tuple[Unit, ...]) -> tuple[Table, tuple[Diagnostic, ...]]:
    """Enter every declaration of every file into one table."""
    table = Table(modules=frozenset(unit.module for unit in units if unit.module))
    found: list[Diagnostic] = []
    for unit in units:
        scope = unit.module or ""
        for declaration in unit.file.declarations:
            match declaration:
                case s.Import():
                    pass
                case s.Namespace(name=name):
                    scope = name.text
                    _open_namespace(table, declaration, found)
                case _:
                    _declare(table, declaration, scope, unit.module is not None, found)
    return table, tuple(found)


def _declare(
    table: Table, declaration: Declared, scope: str, library: bool, found: list[Diagnostic]
) -> None:
    space, kind = KINDS[type(declaration)]
    name = declaration.name.text
    key = _qualified(scope, name)
    home = scope
    if isinstance(declaration, _PLACED) and declaration.namespace is not None:
        home = declaration.namespace.text
        key = f"{home}/{name}"
    if not home and isinstance(declaration, _OF_PODS):
        found.append(
            Diagnostic(
                codes.NO_NAMESPACE,
                f"the {kind} `{name}` is in no namespace",
                declaration.name.span,
                help="write `namespace NAME` above it"
                + ("" if kind == "service" else f", or `{kind} {name} in NAMESPACE`"),
            )
        )
        return
    if space == "peer" and name in ("any", "internet", "self"):
        found.append(
            Diagnostic(
                codes.RESERVED_PEER,
                f"`{name}` has a meaning of its own in lists of peers",
                declaration.name.span,
                help="choose another name",
            )
        )
        return
    if not library and isinstance(declaration, _NOWHERE):
        key = name
    table.add(Symbol(space, kind, key, scope, declaration, library), found)


def _open_namespace(table: Table, opened: s.Namespace, found: list[Diagnostic]) -> None:
    info = table.namespaces.get(opened.name.text)
    info = info or NamespaceInfo(opened.name.text, opened.name.span)
    for setting in opened.settings:
        match setting:
            case s.Owner(value=value):
                _agree(found, "owner", info, info.owner, value.value, setting.span)
                info = evolve(info, owner=value.value)
            case s.Harden(profile=profile):
                earlier = info.harden.profile if info.harden else None
                _agree(found, "profile", info, earlier, profile, setting.span)
                info = evolve(info, harden=setting)
            case s.Consent(value=value):
                if value.text not in ("both", "either"):
                    found.append(
                        Diagnostic(
                            values.UNKNOWN_WORD,
                            f"`{value.text}` is no kind of consent",
                            value.span,
                            help="write `both` or `either`",
                        )
                    )
                _agree(found, "consent", info, info.consent, value.text, setting.span)
                info = evolve(info, consent=value.text)
            case s.Label(key=key):
                known = info.label.value if info.label else None
                _agree(found, "label", info, known, key.value, setting.span)
                info = evolve(info, label=info.label or key)
    table.namespaces[info.name] = info


def _agree(
    found: list[Diagnostic], what: str, info: NamespaceInfo, earlier: object, now: object, at: Span
) -> None:
    if earlier is not None and earlier != now:
        found.append(
            Diagnostic(
                codes.SETTINGS_DISAGREE,
                f"namespace `{info.name}` already has another {what}",
                at,
                (Label(info.span, f"`{info.name}` is first opened here"),),
                help="settings given twice must agree",
            )
        )
