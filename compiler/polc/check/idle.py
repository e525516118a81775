"""Statements without an effect: nothing that polc writes would be different without them."""

from collections.abc import Iterable, Iterator

from polc import syntax as s
from polc.codes.flows import WITHOUT_EFFECT
from polc.diagnostics import Diagnostic
from polc.ir.nodes import Program
from polc.resolve.services import STATEMENT_WORDS, ServiceModel

_DEFAULT_SIGNAL = "SIGTERM"


def check_idle(program: Program, models: Iterable[ServiceModel]) -> tuple[Diagnostic, ...]:
    """Warn of statements that say nothing, and of signals that no image of polc's is told."""
    return (*_empty(models), *_signals(program))


def _empty(models: Iterable[ServiceModel]) -> Iterator[Diagnostic]:
    for model in models:
        for statement in model.declaration.statements:
            match statement:
                case s.Run(items=()) | s.Resources(items=()) | s.Stop(grace=None, signal=None):
                    word = STATEMENT_WORDS[type(statement)]
                    yield Diagnostic(
                        WITHOUT_EFFECT,
                        f"an empty `{word}` has no effect",
                        statement.span,
                        help="write into its braces what it sets, or delete it",
                    )


def _signals(program: Program) -> Iterator[Diagnostic]:
    for workload in program.workloads:
        stop = workload.stop
        if stop is None or stop.signal in (None, _DEFAULT_SIGNAL) or workload.build is not None:
            continue
        if workload.kind == "knative":
            continue  # its target says so
        yield Diagnostic(
            WITHOUT_EFFECT,
            f"`signal {stop.signal}` has no effect here: pods are stopped by the signal of their"
            " image",
            stop.span,
            help=f"add `STOPSIGNAL {stop.signal}` to the Dockerfile, as `polc harden` does, or let"
            " polc write one: `build { … }`",
        )
