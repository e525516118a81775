"""`polc completion SHELL`: completions, made from the tree of commands."""

import argparse
from collections.abc import Iterable
from typing import Any

from attrs import frozen

from polc.cli import CLEAN
from polc.cli.console import to_stdout
from polc.cli.parser import build_parser


@frozen
class _Option:
    """An option with what may follow it; `choices` None: nothing follows, empty: anything."""

    names: tuple[str, ...]
    help: str
    choices: tuple[str, ...] | None


@frozen
class _Command:
    name: str
    help: str
    options: tuple[_Option, ...]
    words: tuple[str, ...]


def run(chosen: Any) -> int:
    """Carry out the command."""
    render = {"bash": _bash, "zsh": _zsh, "fish": _fish}[chosen.shell]
    to_stdout(render(tuple(_commands())))
    return CLEAN


def _commands() -> Iterable[_Command]:
    parser = build_parser()
    tree = next(item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    helps = {item.dest: item.help or "" for item in tree._choices_actions}
    for name, sub in tree.choices.items():
        options = [_option(item) for item in sub._actions if item.option_strings]
        words: tuple[str, ...] = ()
        for item in sub._actions:
            if not item.option_strings and item.choices:
                words = tuple(map(str, item.choices))
        if name == "explain":
            from polc.codes import all_codes

            words = tuple(code.id for code in all_codes())
        yield _Command(name, helps[name], tuple(options), words)


def _option(action: argparse.Action) -> _Option:
    choices: tuple[str, ...] | None = tuple(map(str, action.choices or ()))
    if action.nargs == 0:
        choices = None
    return _Option(tuple(action.option_strings), action.help or "", choices)


def _bash(commands: tuple[_Command, ...]) -> str:
    rows = [
        '# eval "$(polc completion bash)"',
        "_polc() {",
        "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
        "  local command=${COMP_WORDS[1]}",
        "  if ((COMP_CWORD == 1)); then",
        f'    COMPREPLY=($(compgen -W "{_joined(c.name for c in commands)} --version" -- "$word"))',
        "    return",
        "  fi",
        '  case "$command $before" in',
    ]
    for command in commands:
        for option in command.options:
            if option.choices:
                pattern = "|".join(f'"{command.name} {name}"' for name in option.names)
                rows.append(f"    {pattern}) {_reply(option.choices)} return ;;")
    rows += ["  esac", '  case "$command" in']
    for command in commands:
        names = [name for option in command.options for name in option.names]
        rows.append(f"    {command.name}) {_reply((*names, *command.words))} ;;")
    rows += ["  esac", "}", "complete -o default -F _polc polc"]
    return "\n".join(rows) + "\n"


def _reply(words: Iterable[str]) -> str:
    return f'COMPREPLY=($(compgen -W "{_joined(words)}" -- "$word"));'


def _zsh(commands: tuple[_Command, ...]) -> str:
    rows = ["#compdef polc", "_polc() {", "  local -a commands=("]
    rows += [f"    {_quoted(f'{c.name}:{c.help}')}" for c in commands]
    rows += [
        "  )",
        "  if ((CURRENT == 2)); then",
        "    _describe command commands",
        "    return",
        "  fi",
        "  case $words[2] in",
    ]
    for command in commands:
        specs = [_zsh_spec(option, name) for option in command.options for name in option.names]
        rest = f"*:word:({_joined(command.words)})" if command.words else "*:file:_files"
        rows.append(f"    {command.name}) _arguments {' '.join(map(_quoted, (*specs, rest)))} ;;")
    rows += ["  esac", "}", 'if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _polc "$@"']
    rows += ["else compdef _polc polc; fi"]
    return "\n".join(rows) + "\n"


def _zsh_spec(option: _Option, name: str) -> str:
    text = option.help.replace("[", "(").replace("]", ")").replace(":", ",")
    spec = f"*{name}[{text}]"
    if option.choices is None:
        return spec
    return spec + (f":value:({_joined(option.choices)})" if option.choices else ":value:_files")


def _fish(commands: tuple[_Command, ...]) -> str:
    rows = ["complete -c polc -n __fish_use_subcommand -l version -d 'print the version'"]
    for command in commands:
        rows.append(
            f"complete -c polc -f -n __fish_use_subcommand -a {command.name}"
            f" -d {_quoted(command.help)}"
        )
        seen = f"-n '__fish_seen_subcommand_from {command.name}'"
        for option in command.options:
            short = "".join(f" -s {name[1:]}" for name in option.names if len(name) == 2)
            long = "".join(f" -l {name[2:]}" for name in option.names if name[:2] == "--")
            takes = "" if option.choices is None else " -r"
            takes += f" -f -a {_quoted(_joined(option.choices))}" if option.choices else ""
            rows.append(f"complete -c polc {seen}{short}{long}{takes} -d {_quoted(option.help)}")
        if command.words:
            rows.append(f"complete -c polc {seen} -f -a {_quoted(_joined(command.words))}")
    return "\n".join(rows) + "\n"


def _joined(words: Iterable[str]) -> str:
    return " ".join(words)


def _quoted(text: str) -> str:
    """Quote for a shell; single quotes are left out of help texts, fish escapes them otherwise."""
    return "'" + text.replace("'", "\u2019").replace("%%", "%") + "'"
