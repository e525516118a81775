"""The language server (`polc lsp`): what editors ask, on the compiler's own parser and phases.

`text` holds an open document and speaks the client's positions; `documents` keeps the trees of open
and of imported files (`trees`), parsed anew only where their text changed; `projects` tells which
programs a document belongs to; `analysis` gives diagnostics, first of what was just edited and then
of everything; `uses` tells what each name in a text refers to. A feature is a module in `features`
that turns a `View` into an answer, and `server` is all that knows of the protocol's wire.
"""
