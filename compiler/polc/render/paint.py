"""Colours of a terminal."""

from attrs import frozen

from polc.diagnostics import Severity

_SEVERITY_COLOURS = {
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.NOTE: "1;36",
    Severity.HINT: "1;32",
}


@frozen
class Paint:
    """Wraps text in colours, or returns it as it is."""

    on: bool

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def severity(self, severity: Severity, text: str) -> str:
        """Colour by how bad it is."""
        return self._wrap(_SEVERITY_COLOURS[severity], text)

    def strong(self, text: str) -> str:
        """Set in bold."""
        return self._wrap("1", text)

    def frame(self, text: str) -> str:
        """Colour what stands around the user's text: line numbers, bars, second places."""
        return self._wrap("1;34", text)

    def help(self, text: str) -> str:
        """Colour the word that starts a piece of advice."""
        return self._wrap("1;36", text)
