"""What a proof ends in: what is wrong, what it could not decide, and how much it looked at."""

from __future__ import annotations

from attrs import frozen

from polc.diagnostics import Diagnostic


@frozen
class Verdict:
    """`violations` hold a counterexample each; `counts` are for the report: `("flows", 12)`.

    Removable rules are among the violations, as warnings.
    """

    violations: tuple[Diagnostic, ...] = ()
    undecided: tuple[Diagnostic, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def proved(self) -> bool:
        """Whether nothing is wrong and nothing is left open."""
        return not self.violations and not self.undecided

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that is to be said."""
        return self.violations + self.undecided

    def __add__(self, other: Verdict) -> Verdict:
        """Join the verdicts of two layers; counts of one name are added up."""
        counts = dict(self.counts)
        for name, number in other.counts:
            counts[name] = counts.get(name, 0) + number
        return Verdict(
            self.violations + other.violations,
            self.undecided + other.undecided,
            tuple(counts.items()),
        )
