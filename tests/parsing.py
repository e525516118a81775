"""What the parser's tests share: a text parsed, and its tokens put together anew."""

from typing import Any

from attrs import frozen

from polc.diagnostics import Diagnostic
from polc.parse import parse
from polc.parse.lexer import Token, tokens
from polc.source import Source
from polc.syntax import Declaration, Service
from support import SHARED

EXAMPLES = ("boutique", "cloud-native")


@frozen
class Parsed:
    """A text, its declarations and what is wrong with it."""

    text: str
    declarations: tuple[Declaration, ...]
    found: tuple[Diagnostic, ...]

    @property
    def underlined(self) -> list[tuple[str, str]]:
        """The code and the underlined text of each diagnostic, in order."""
        return [(d.code.id, d.span.text) for d in self.found]

    @property
    def names(self) -> list[str]:
        """The name of each declaration that has one, with a mark where it is broken."""
        return [
            declaration.name.text + "!" * declaration.broken
            for declaration in self.declarations
            if hasattr(declaration, "name") and hasattr(declaration, "broken")
        ]

    def statements(self, name: str) -> list[str]:
        """The types of the statements of a service."""
        return [type(each).__name__ for each in self.service(name).statements]

    def service(self, name: str) -> Service:
        for declaration in self.declarations:
            if isinstance(declaration, Service) and declaration.name.text == name:
                return declaration
        raise AssertionError(f"no service {name} in {self.names}")


def read(text: str) -> Parsed:
    file, found = parse(Source("policy.svc", text))
    return Parsed(text, file.declarations, found)


def clean(text: str) -> Parsed:
    parsed = read(text)
    assert parsed.found == (), [d.message for d in parsed.found]
    return parsed


def only(text: str) -> Any:
    """Return the one statement of a service that this is the inside of."""
    [statement] = clean(f"service a {{ {text} }}").service("a").statements
    return statement


def example(name: str) -> str:
    return (SHARED / "examples" / f"{name}.svc").read_text(encoding="utf-8")


def words(text: str) -> list[Token]:
    """Return the tokens of a text without comments and layout."""
    return [token for token in tokens(text) if token.kind not in ("WHITESPACE", "COMMENT")]
