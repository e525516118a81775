"""pygls with our own texts: it hands on what editors open and edit, and keeps none of it.

pygls' own copy of a document splits lines at more than the protocol does (U+2028, form feeds),
and an edit behind such a character would corrupt it. These methods are no generators as pygls'
own are: of a notification that one handles, pygls keeps a future for good. And a request that pygls
would only log is answered: its sender waits.
"""

from typing import Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method


class Protocol(LanguageServerProtocol):
    """The protocol without a second copy of every document, where every request is answered."""

    _is_known = False
    """Whether the client has introduced itself."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Read a message; None for a request that can't be read, whose sender is told."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if not {"id", "method"} <= data.keys():
                raise
            self._send_response(data["id"], error=error.to_response_error())
            return None

    def handle_message(self, message: Any) -> None:
        """Carry a message out, or tell its sender why it can't be now (LSP 3.17, "Lifecycle")."""
        method = getattr(message, "method", "")
        self._is_known |= method == types.INITIALIZE
        if message is None:
            return
        if not hasattr(message, "id") or not method or (self._is_known and not self._shutdown):
            super().handle_message(message)
            return
        error = (
            JsonRpcInvalidRequest("the server was shut down")
            if self._shutdown
            else JsonRpcServerNotInitialized("`initialize` comes first")
        )
        self._send_response(message.id, error=error.to_response_error())

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Hand on that a document was opened."""
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Hand on that a document was edited."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Hand on that a document was closed."""
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)
