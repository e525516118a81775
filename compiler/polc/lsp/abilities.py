"""What a client can do, as far as answers depend on it (LSP 3.17, `ClientCapabilities`)."""

from typing import Any

from attrs import frozen
from lsprotocol import types


@frozen
class Abilities:
    """A client's abilities; the defaults are those of an editor that can do everything."""

    markdown: bool = True
    """Hovers and documentation may be Markdown; else they are plain text."""
    snippets: bool = True
    """Completions may have tab stops."""
    insert_replace: bool = True
    """Completions may leave what follows the cursor to the user's choice."""
    shared_ranges: bool = True
    """Completions may say once where all of them go."""
    label_offsets: bool = True
    """Parts of signatures may be told by where they are."""
    document_changes: bool = True
    """Edits may say which version of a document they are for."""
    nested_symbols: bool = True
    """Symbols of a document may be a tree; else they are a list."""
    related: bool = True
    """Diagnostics may point to further places."""
    code_pages: bool = True
    """Diagnostics may link to the page that explains their code."""
    action_literals: bool = True
    """Code actions may be edits; else they are commands."""

    @staticmethod
    def of(client: types.ClientCapabilities) -> "Abilities":
        """Read what a client says of itself."""
        hover = _at(client, "text_document", "hover", "content_format") or ()
        publish = _at(client, "text_document", "publish_diagnostics")
        return Abilities(
            markdown=types.MarkupKind.Markdown in hover,
            snippets=_is(
                client, "text_document", "completion", "completion_item", "snippet_support"
            ),
            insert_replace=_is(
                client, "text_document", "completion", "completion_item", "insert_replace_support"
            ),
            shared_ranges="editRange"
            in (
                _at(client, "text_document", "completion", "completion_list", "item_defaults") or ()
            ),
            label_offsets=_is(
                _at(client, "text_document", "signature_help", "signature_information"),
                "parameter_information",
                "label_offset_support",
            ),
            document_changes=_is(client, "workspace", "workspace_edit", "document_changes"),
            nested_symbols=_is(
                client, "text_document", "document_symbol", "hierarchical_document_symbol_support"
            ),
            related=_is(publish, "related_information"),
            code_pages=_is(publish, "code_description_support"),
            action_literals=_at(
                client, "text_document", "code_action", "code_action_literal_support"
            )
            is not None,
        )


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = getattr(value, name, None)
    return value


def _is(value: Any, *names: str) -> bool:
    return _at(value, *names) is True
