"""The tree of commands and options; a command's own module is imported when it runs."""

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, Protocol

from polc import __version__
from polc.cli.usage import UsageError

_FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit")
_LEVELS = ("error", "warning", "note", "hint")
_PROGRAM = "a program; `-`: standard input (default: the project's)"


class Command(Protocol):
    """What parsing gives: the options, and the function that carries them out."""

    @property
    def run(self) -> Callable[[Any], int]:
        """The command's function."""


class _Parser(argparse.ArgumentParser):
    """argparse with did-you-mean, and errors that are raised."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{_friendly(message)}\n`{self.prog} --help` tells more")


def parse(arguments: Sequence[str]) -> Command:
    """Return the chosen command with its options.

    Raises:
        UsageError: the arguments are wrong.

    """
    parser = build_parser()
    if not arguments:
        from polc.cli.console import to_stderr

        to_stderr(parser.format_help())
        raise UsageError("name a command, for example `polc build policy.svc -o out/`")
    namespace: Any
    namespace, rest = parser.parse_known_args(arguments)
    if not _go_on(namespace, rest) and rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    chosen: Command = namespace
    return chosen


def _go_on(namespace: argparse.Namespace, rest: Sequence[str]) -> bool:
    """Take operands that stand behind an option; argparse ends an open list of them before it."""
    if any(word.startswith("-") and word != "-" for word in rest):
        return False
    for name in ("files", "paths"):
        if isinstance(operands := getattr(namespace, name, None), list):
            operands += rest
            return True
    if namespace.command == "diff" and namespace.new is None and len(rest) == 1:
        [namespace.new] = rest
        return True
    return False


def build_parser() -> argparse.ArgumentParser:
    """Return the whole tree, from which completions are made too."""
    parser = _Parser(
        prog="polc",
        description="Compile who may talk to whom, as whom, over what, with which privileges.",
        epilog="Exit codes: 0 clean, 1 findings, 2 polc could not do its job.",
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"polc {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", parser_class=_Parser)
    commands.required = True
    for add in (_add_build, _add_check, _add_fmt, _add_ir, _add_explain, _add_targets):
        add(commands)
    _add_harden(commands)
    _add_verify(commands)
    for add in (_add_diff, _add_why, _add_graph, _add_lsp, _add_completion):
        add(commands)
    return parser


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    """Add a command whose module in this package bears its name."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )

    def run(chosen: Any) -> int:
        from importlib import import_module

        carry_out = import_module(f"polc.cli.{name}").run
        if getattr(chosen, "watch", False):
            from polc.cli.watch import watch

            watch(chosen, carry_out)
        if "config" in chosen:
            from polc.cli.project import configured, settings

            chosen = configured(chosen, settings(chosen))
        code: int = carry_out(chosen)
        return code

    parser.set_defaults(run=run)
    return parser


def _add_build(commands: Any) -> None:
    parser = _command(commands, "build", "compile programs and write what they compile to")
    _program_options(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="FOLDER",
        help="write to this folder; `-` writes all objects to standard output",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit 1 when the folder is not up to date",
    )
    parser.add_argument(
        "--no-verify",
        action="store_true",
        help="write what was not proved to permit exactly what is declared",
    )
    parser.add_argument("--report", choices=("json", "md"), help="write a report for a reviewer")
    parser.add_argument("--report-file", metavar="FILE", help="where to (default: standard output)")
    _watch_option(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no summary at the end")


def _add_check(commands: Any) -> None:
    parser = _command(commands, "check", "report what is wrong with programs, and write nothing")
    _program_options(parser)
    _watch_option(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no closing line")


def _add_fmt(commands: Any) -> None:
    parser = _command(commands, "fmt", "rewrite programs in the one layout")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a program, a folder of them; `-`: standard input"
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--check", action="store_true", help="write nothing; name what would change, and exit 1"
    )
    group.add_argument(
        "--diff", action="store_true", help="write nothing; print the change and exit 1 if any"
    )
    parser.add_argument(
        "--stdin-filename", metavar="FILE", help="what standard input is called in messages"
    )
    _colour_option(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no closing line")


def _add_ir(commands: Any) -> None:
    parser = _command(commands, "ir", "print the intermediate representation")
    _program_options(parser)


def _add_explain(commands: Any) -> None:
    parser = _command(commands, "explain", "explain a diagnostic code")
    parser.add_argument("code", metavar="CODE", help="such as POL201")
    _colour_option(parser)


def _add_targets(commands: Any) -> None:
    _command(commands, "targets", "list what programs can be compiled to")


def _add_harden(commands: Any) -> None:
    parser = _command(commands, "harden", "bring a Dockerfile up to a service's policy")
    parser.add_argument("dockerfile", metavar="DOCKERFILE", help="the file; `-`: standard input")
    parser.add_argument("--service", required=True, metavar="NAME", help="`api` or `shop/api`")
    parser.add_argument("--policy", action="append", metavar="FILE", help=_PROGRAM)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--check", action="store_true", help="exit 1 if anything would change")
    group.add_argument("--diff", action="store_true", help="print the change and exit 1 if any")
    _choice_options(parser)
    _diagnostic_options(parser)


def _add_diff(commands: Any) -> None:
    parser = _command(commands, "diff", "tell what a change permits and takes away")
    what = (
        "a program, or a folder or file of manifests; either at a git revision (`HEAD~1:out/`), or"
        " a revision alone for the project's program (default: HEAD)"
    )
    parser.add_argument("old", nargs="?", metavar="OLD", help=what)
    what = "the same; `-`: one of the two from standard input (default: the project's program)"
    parser.add_argument("new", nargs="?", metavar="NEW", help=what)
    parser.add_argument(
        "--format", choices=("human", "md", "json", "sarif", "github"), default="human"
    )
    parser.add_argument(
        "--fail-on",
        choices=("widening", "any"),
        help="exit 1 where anything is newly permitted, or where anything changes",
    )
    _choice_options(parser)
    _namespace_option(parser)
    _colour_option(parser)


def _add_why(commands: Any) -> None:
    parser = _command(commands, "why", "tell why something is permitted, or what is missing")
    parser.add_argument(
        "question",
        nargs="+",
        metavar="WORD",
        help="`CALLER CALLEE[:PORT] [METHOD PATH]`, or `SERVICE can VERB RESOURCE`",
    )
    parser.add_argument(
        "--policy",
        action="append",
        metavar="FILE",
        help="the program, or a folder or file of manifests (default: the project's program, else"
        " policy.svc)",
    )
    parser.add_argument(
        "--explain", action="store_true", help="tell every rule of every layer that decides"
    )
    _namespace_option(parser)
    parser.add_argument("--json", action="store_true", help="the answer for scripts")
    _choice_options(parser)
    _colour_option(parser)


def _add_graph(commands: Any) -> None:
    parser = _command(commands, "graph", "draw who may reach whom")
    parser.add_argument("files", nargs="*", metavar="FILE", help=_PROGRAM)
    parser.add_argument(
        "--format",
        choices=("svg", "html", "dot", "mermaid", "json"),
        help="default: by the name of the output, else svg",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="write here (default: standard output)")
    parser.add_argument(
        "--against", metavar="OLD", help="colour what differs from this program or git revision"
    )
    _choice_options(parser)
    _namespace_option(parser)
    _colour_option(parser)


def _add_verify(commands: Any) -> None:
    parser = _command(
        commands, "verify", "prove that manifests permit exactly what a program declares"
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a folder or file; `-`: standard input (default: the project's `out`)",
    )
    parser.add_argument(
        "--policy",
        action="append",
        metavar="FILE",
        help="the program (default: the project's; without one, report what is wrong with the"
        " manifests by themselves)",
    )
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAMES",
        help="the targets that the manifests come from, with commas between (default: all)",
    )
    _choice_options(parser)
    _namespace_option(parser)
    _diagnostic_options(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no closing line")


def _add_lsp(commands: Any) -> None:
    parser = _command(commands, "lsp", "serve an editor: the language server, on standard input")
    parser.add_argument("--stdio", action="store_true", help="as it does anyway; editors pass it")


def _add_completion(commands: Any) -> None:
    parser = _command(commands, "completion", "print completions for a shell")
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def _program_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE", help=_PROGRAM)
    parser.add_argument(
        "--target",
        action="append",
        metavar="NAMES",
        help="targets to compile to, with commas between (default: all built-in ones)",
    )
    _choice_options(parser)
    _diagnostic_options(parser)


def _choice_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--env", metavar="NAME", help="the environment to compile for")
    parser.add_argument(
        "--today",
        metavar="DATE",
        help="the day that grants expire against (default: SOURCE_DATE_EPOCH, or today in UTC)",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        metavar="FILE",
        help="the project's configuration (default: the nearest polc.toml or pyproject.toml)",
    )
    group.add_argument("--no-config", action="store_true", help="no configuration but the options")


def _namespace_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-n",
        "--namespace",
        metavar="NAME",
        default="default",
        help="the namespace of objects that name none (default: default)",
    )


def _watch_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--watch", action="store_true", help="do it again whenever a file of the program changes"
    )


def _diagnostic_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=_FORMATS, help="of diagnostics (default: full)")
    parser.add_argument(
        "--fail-level",
        choices=_LEVELS,
        help="exit 1 from this severity on (default: error)",
    )
    parser.add_argument(
        "--exit-zero",
        action="store_true",
        help="exit 0 in spite of findings (errors write nothing)",
    )
    _colour_option(parser)


def _colour_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def _friendly(message: str) -> str:
    """Rewrite what argparse says of a bad choice into our form."""
    import re

    from polc.suggest import nearest

    if message.startswith("unrecognized arguments: "):
        given = message.split()[2]
        options = {
            name for parser in _tree(build_parser()) for name in parser._option_string_actions
        }
        near = nearest(given, options)
        return f"`{given}` is no option here" + (f"; did you mean `{near}`?" if near else "")
    match = re.search(r"argument (.+?): invalid choice: '(.*?)' \(choose from (.*)\)", message)
    if match is None:
        return message.replace("the following arguments are required", "these are missing")
    what, given, listed = match.groups()
    choices = [word.strip(" '") for word in listed.split(",")]
    near = nearest(given, choices)
    advice = f"did you mean `{near}`?" if near else "one of: " + ", ".join(choices)
    kind = "command" if what == "COMMAND" else f"value of {what}"
    return f"`{given}` is no {kind}; {advice}"


def _tree(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [item for item in parser._actions if isinstance(item, argparse._SubParsersAction)]
    return [parser, *(sub for item in actions for sub in item.choices.values())]
