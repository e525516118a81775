"""pygls with our own texts: it hands on what editors open and edit, and keeps none of it.

pygls' own copy of a document splits lines at more than the protocol does (U+2028, form feeds),
and an edit behind such a character would corrupt it. And these methods are no generators as pygls'
own are: of a notification that one handles, pygls keeps a future for good.
"""

from lsprotocol import types
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method


class Protocol(LanguageServerProtocol):
    """The protocol without a second copy of every document."""

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
