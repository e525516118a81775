"""What a feature is: the name of a request, and a function from a view to the answer."""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from polc.lsp.session import Session, View


@frozen
class Feature:
    """Answers the request `method`; `options` are what the server says of it when it starts."""

    method: str
    answer: Callable[[Session, Any], Any]
    options: Any = None


@frozen
class Refusal:
    """Instead of an answer: why what the user asked for can't be done, for the user to read."""

    message: str


class CommandError(Exception):
    """Why a command can't be carried out, in words for the user."""


@frozen
class Command:
    """Carries out `workspace/executeCommand` for one name.

    `run` gets the session and the command's arguments and returns the command's result. A `Show`
    opens a document at the editor (`window/showDocument`), an `lsprotocol.types.WorkspaceEdit` is
    applied, and a `CommandError` tells the user why it can't be done.
    """

    name: str
    run: Callable[..., Any]


@frozen
class Show:
    """A document that the editor is asked to open; `line` from 0."""

    path: str
    line: int | None = None
    external: bool = False


def of_document(answer: Callable[[View, Any], Any]) -> Callable[[Session, Any], Any]:
    """Turn a function of a view into one that finds the view; None where there is no document."""

    def find(session: Session, params: Any) -> Any:
        view = session.view(params.text_document.uri)
        return None if view is None else answer(view, params)

    return find


def at_position(answer: Callable[[View, int], Any]) -> Callable[[Session, Any], Any]:
    """Turn a function of a view and an offset into one of a request that has a position."""

    def find(view: View, params: Any) -> Any:
        at = params.position
        return answer(view, view.text.offset((at.line, at.character), view.session.encoding))

    return of_document(find)
