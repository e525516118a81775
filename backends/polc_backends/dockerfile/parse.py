"""A Dockerfile as instructions and comments, split as BuildKit splits it.

Followed: moby/buildkit, `frontend/dockerfile/parser` (parser.go, directives.go): parser directives,
continuation lines with comments and empty lines between them, here-documents, CRLF, a byte-order
mark. What an instruction means is for `stages` and `rules`.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from attrs import evolve, frozen

from polc.source import Anchor, Source, Span

# fmt: off
INSTRUCTIONS = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})
# fmt: on
_BLANK = " \t\v\f\r\n\x85\xa0"
_DIRECTIVE = re.compile(r"#[ \t]*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*")
_HEREDOC = re.compile(r"\d*<<(-?)\s*([^<]*)")


@frozen
class Word:
    """A word of an instruction, as written, quotes and all."""

    text: str
    span: Span


@frozen
class Instruction:
    """One instruction: its name in upper case, `--flags`, and the words behind them.

    `rest` is the text behind the flags with continuation lines joined. `span` leaves
    here-documents out; `end` is where the next line starts.
    """

    name: str
    flags: tuple[Word, ...]
    words: tuple[Word, ...]
    rest: str
    span: Span
    end: int

    @property
    def strings(self) -> tuple[str, ...] | None:
        """The strings of the JSON form, or None where it is not written so."""
        if not self.rest.startswith("["):
            return None
        try:
            value = json.loads(self.rest)
        except ValueError:
            return None
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        return None


@frozen
class Comment:
    """A comment on a line of its own between instructions; `span` is the whole line."""

    text: str
    span: Span
    end: int


@frozen
class Problem:
    """A place where BuildKit would give up."""

    message: str
    span: Span
    help: str


@frozen
class Parsed:
    """Everything in a Dockerfile, in order."""

    instructions: tuple[Instruction, ...]
    comments: tuple[Comment, ...]
    problems: tuple[Problem, ...]


def parse(source: Source) -> Parsed:
    """Split a Dockerfile; never raises."""
    return _Parser(source).run()


@frozen
class _Line:
    """A line between two offsets; `end` is behind its line feed."""

    start: int
    end: int
    text: str


class _Parser:
    """Walks over the lines once."""

    def __init__(self, source: Source) -> None:
        self.anchor = Anchor(source)
        self.lines = list(_lines(source.text))
        self.at = 0
        self.escape = "\\"
        self.instructions: list[Instruction] = []
        self.comments: list[Comment] = []
        self.problems: list[Problem] = []

    def run(self) -> Parsed:
        self._directives()
        while self.at < len(self.lines):
            line = self.lines[self.at]
            stripped = line.text.lstrip(_BLANK)
            if stripped.startswith("#"):
                span = self._span(line.start, line.start + len(line.text))
                self.comments.append(Comment(stripped[1:].strip(), span, line.end))
                self.at += 1
            elif not stripped:
                self.at += 1
            else:
                self._instruction()
        return Parsed(tuple(self.instructions), tuple(self.comments), tuple(self.problems))

    def _span(self, start: int, end: int) -> Span:
        return Span(self.anchor, start, end)

    def _directives(self) -> None:
        """Read `# escape=`; directives end at the first line that is none."""
        for line in self.lines:
            match = _DIRECTIVE.fullmatch(line.text.lstrip(_BLANK))
            if match is None or match[1].lower() not in ("syntax", "escape", "check"):
                return
            if match[1].lower() != "escape":
                continue
            if match[2] in ("\\", "`"):
                self.escape = match[2]
            else:
                self._problem(
                    f"`{match[2]}` is not an escape character",
                    self._span(line.start, line.start + len(line.text)),
                    "write `# escape=\\` or `# escape=``",
                )

    def _instruction(self) -> None:
        pieces, ended = self._joined_lines()
        text = "".join(piece for _, piece in pieces)
        if not text.strip(_BLANK):
            return
        last, piece = pieces[-1]
        whole = self._span(pieces[0][0], last + len(piece.rstrip(_BLANK)))
        if not ended:
            self._problem(
                "the last line of the file continues on a line that is not there",
                whole,
                f"remove the `{self.escape}` at its end",
            )
        joined = _Text(self.anchor, tuple(pieces), text)
        words = list(joined.words(self.escape))
        instruction = _instruction_of(words, joined, whole)
        if instruction.name not in INSTRUCTIONS:
            self._problem(
                f"`{words[0].text}` is not an instruction of a Dockerfile",
                whole,
                "each instruction starts on a line of its own",
            )
        self._heredocs(instruction)
        end = self.lines[self.at - 1].end
        self.instructions.append(evolve(instruction, end=end))

    def _joined_lines(self) -> tuple[list[tuple[int, str]], bool]:
        """Return an instruction's lines with their offsets, and whether the last one ends it."""
        continued = re.compile(rf"(?<!{re.escape(self.escape)}){re.escape(self.escape)}[ \t]*$")
        pieces: list[tuple[int, str]] = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            content = line.text if pieces else line.text.lstrip(_BLANK)
            if pieces and (not content.strip(_BLANK) or content.lstrip(_BLANK).startswith("#")):
                continue
            match = continued.search(content)
            start = line.start + len(line.text) - len(content)
            pieces.append((start, content[: match.start()] if match else content))
            if match is None:
                return pieces, True
        return pieces, False

    def _heredocs(self, instruction: Instruction) -> None:
        """Skip the here-documents that an instruction opens."""
        inner = instruction
        if instruction.name == "ONBUILD" and instruction.words:
            inner = inner_of(instruction)
        if inner.name not in ("ADD", "COPY", "RUN") or inner.strings is not None:
            return
        for word in instruction.words:
            match = _HEREDOC.fullmatch(word.text)
            end = match and re.sub(r"[\"'\\]", "", match[2])
            if match is None or not end:
                continue
            if not self._skip_to(end, chomp=bool(match[1])):
                self._problem(
                    f"the here-document `{end}` has no end", word.span, f"add a line `{end}`"
                )

    def _skip_to(self, end: str, *, chomp: bool) -> bool:
        while self.at < len(self.lines):
            text = self.lines[self.at].text
            self.at += 1
            if (text.lstrip("\t") if chomp else text) == end:
                return True
        return False

    def _problem(self, message: str, span: Span, help_: str) -> None:
        self.problems.append(Problem(message, span, help_))


def inner_of(instruction: Instruction) -> Instruction:
    """Return the instruction behind `ONBUILD`."""
    words = instruction.words
    flags = _count_flags(words)
    rest = " ".join(word.text for word in words[flags:])
    name = words[0].text.upper()
    return evolve(instruction, name=name, flags=words[1:flags], words=words[flags:], rest=rest)


def _instruction_of(words: list[Word], text: "_Text", whole: Span) -> Instruction:
    flags = _count_flags(words)
    rest = text.from_word(words, flags)
    name = words[0].text.upper()
    return Instruction(name, tuple(words[1:flags]), tuple(words[flags:]), rest, whole, 0)


def _count_flags(words: Sequence[Word]) -> int:
    """Return the number of the first word behind the name and its flags."""
    at = 1
    while at < len(words) and re.match(r"--[a-zA-Z]", words[at].text):
        at += 1
    return at


def _lines(text: str) -> Iterator[_Line]:
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        feed = text.find("\n", start)
        end = len(text) if feed < 0 else feed + 1
        yield _Line(start, end, text[start:end].rstrip("\r\n"))
        start = end


@frozen
class _Text:
    """The joined lines of an instruction, which knows where each character came from."""

    anchor: Anchor
    pieces: tuple[tuple[int, str], ...]
    text: str

    def words(self, escape: str) -> Iterator[Word]:
        """Yield the words; quotes and the escape character keep blanks inside of them."""
        at = 0
        while True:
            while at < len(self.text) and self.text[at] in _BLANK:
                at += 1
            if at >= len(self.text):
                return
            end = _word_end(self.text, at, escape)
            span = Span(self.anchor, self._origin(at), self._origin(end - 1) + 1)
            yield Word(self.text[at:end], span)
            at = end

    def from_word(self, words: list[Word], number: int) -> str:
        """Return the text from a word on."""
        if number >= len(words):
            return ""
        origin = words[number].span.start
        joined = 0
        for start, piece in self.pieces:
            if start <= origin < start + len(piece):
                return self.text[joined + origin - start :].strip(_BLANK)
            joined += len(piece)
        return ""

    def _origin(self, at: int) -> int:
        """Return the offset that a character came from."""
        ends, joined = [], 0
        for _, piece in self.pieces:
            joined += len(piece)
            ends.append(joined)
        number = min(bisect_right(ends, at), len(ends) - 1)
        start, piece = self.pieces[number]
        return start + at - (ends[number] - len(piece))


def _word_end(text: str, at: int, escape: str) -> int:
    quote = ""
    while at < len(text):
        char = text[at]
        if char == escape and quote != "'":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _BLANK:
            return at
        at += 1
    return min(at, len(text))
