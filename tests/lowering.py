"""Lower single statements, for tests of `polc.lower`: text in, value and findings out."""

from collections.abc import Callable
from datetime import date
from typing import Any

from polc import syntax as s
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Expired, Level, Port, Security
from polc.lower.grants import lower_can, lower_role
from polc.lower.hardening import lower_security
from polc.lower.ports import lower_ports
from polc.lower.qualifiers import Context
from polc.parse import parse
from polc.source import Anchor, Source, Span

TODAY = date(2026, 12, 1)
CONTEXT = Context("prod", ("prod", "staging"), TODAY)


def at(text: str) -> Span:
    """Return a span over the whole of a text of its own."""
    return Span(Anchor(Source("policy.svc", text)), 0, len(text))


def leaf(make: Callable[[Span, str], Any], text: str, value: str | None = None) -> Any:
    """Build a leaf by hand, for texts that the parser would not let through."""
    return make(at(text), text if value is None else value)


def string(value: str) -> s.String:
    """Build a string by hand."""
    return s.String(at(f'"{value}"'), value)


def declarations(text: str) -> tuple[s.Declaration, ...]:
    """Parse a text without errors."""
    file, found = parse(Source("policy.svc", text))
    assert found == ()
    return file.declarations


def statements(text: str) -> tuple[Any, ...]:
    """Parse the inside of a service."""
    (service,) = declarations(f"service api {{ {text} }}")
    assert isinstance(service, s.Service)
    return service.statements


def statement(text: str) -> Any:
    """Parse one statement of a service."""
    (one,) = statements(text)
    return one


def ports(text: str) -> tuple[Port, ...]:
    """Lower ports that have nothing wrong."""
    found: list[Diagnostic] = []
    made = lower_ports(statements(text), found)
    assert found == []
    return made


class Lowered:
    """What lowering one text gave: a value, findings, and what had expired."""

    def __init__(self) -> None:
        self.value: Any = None
        self.found: list[Diagnostic] = []
        self.expired: list[Expired] = []

    @property
    def marks(self) -> list[tuple[str, str]]:
        """Code and underlined text of each finding."""
        return [(each.code.id, each.span.text) for each in self.found]

    @property
    def only(self) -> Diagnostic:
        """The one finding."""
        (one,) = self.found
        return one


def lowered(convert: Callable[..., Any], *arguments: Any, **options: Any) -> Lowered:
    """Call a converter that takes `found` last."""
    done = Lowered()
    done.value = convert(*arguments, done.found, **options)
    return done


def can(text: str, context: Context = CONTEXT) -> Lowered:
    """Lower one `can` of a service in the namespace `shop`."""
    done = Lowered()
    done.value = lower_can(statement(text), "shop", context, done.found, done.expired)
    return done


def has_role(role: str, text: str, context: Context = CONTEXT) -> Lowered:
    """Lower `has role` of a service in the namespace `shop`."""
    declared, service = declarations(f"{role}\nservice api {{ {text} }}")
    assert isinstance(declared, s.Role)
    assert isinstance(service, s.Service)
    (has,) = service.statements
    assert isinstance(has, s.HasRole)
    done = Lowered()
    done.value = lower_role(declared, has, "shop", context, done.found, done.expired)
    return done


def security(
    run: str,
    *,
    level: Level = Level.RESTRICTED,
    profiles: str = "",
    port: str = "port web 8080 http",
    context: Context = CONTEXT,
) -> Lowered:
    """Lower `run { … }` under profiles, the base first."""
    done = Lowered()
    chain = tuple(each for each in declarations(profiles) if isinstance(each, s.Profile))
    block = statement(f"run {{ {run} }}") if run else None
    done.value = lower_security(
        level.value, level, chain, block, ports(port), at("api"), context, done.found, done.expired
    )
    assert isinstance(done.value, Security)
    return done
