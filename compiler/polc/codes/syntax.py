"""POL0nn: text and files."""

from polc.diagnostics import Code, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

SYNTAX_ERROR = Code("POL001", "syntax-error", _E, "the text is not in the language")
BAD_CHARACTER = Code("POL002", "bad-character", _E, "a character that means nothing here")
OPEN_STRING = Code("POL003", "open-string", _E, "a string without its closing quote")
OPEN_BRACE = Code("POL004", "open-brace", _E, "a brace without its partner")
BAD_ESCAPE = Code("POL005", "bad-escape", _E, "an unknown escape in a string")
NOT_UTF8 = Code("POL006", "not-utf-8", _E, "a file that is not UTF-8 text")
CONTROL_CHARACTER = Code(
    "POL060", "control-character", _W, "a control character in a string or comment"
)
TURNED_TEXT = Code("POL061", "turned-text", _W, "text that reads otherwise than it is")
MISSING_FILE = Code("POL010", "missing-file", _E, "a file that can't be read")
CYCLIC_IMPORT = Code("POL011", "cyclic-import", _E, "files that import each other in a circle")
UNKNOWN_MODULE = Code("POL012", "unknown-module", _E, "no such module in the standard library")
