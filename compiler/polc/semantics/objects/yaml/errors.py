"""Why a text can't be read, and where."""

from collections.abc import Mapping


class UnreadableError(ValueError):
    """A text that the API server would refuse, or that tools read differently."""

    def __init__(self, reason: str, line: int, column: int = 1) -> None:
        """Take the reason in words, and the place, both from 1."""
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.column = column


def shown(text: str) -> str:
    """Return a text of any length for a message."""
    return f"`{text if len(text) <= 60 else text[:59] + '…'}`"


IN_OUR_WORDS: Mapping[str, str] = {
    "mapping values are not allowed": "a `:` stands where no key can be",
    "cannot start any token": "a character stands here with which no value can start",
    "could not find expected ':'": "a key lacks its `:`",
    "did not find expected key": "this line is not indented as those beside it",
    "<block end>": "this line is not indented as those beside it",
    "did not find expected '-'": "an entry of a list lacks its `-`",
    "did not find expected ','": "a list or mapping in brackets lacks a `,` or its end",
    "expected ',' or": "a list or mapping in brackets lacks a `,` or its end",
    "unexpected end of stream": "a quote is not closed",
    "unexpected document indicator": "a quote is not closed",
    "undefined alias": "an alias has no anchor",
    "undefined tag handle": "a tag has a handle that nothing explains",
    "unknown escape character": "a backslash is followed by what is no escape",
    "block sequence entries are not allowed": "a `-` stands where no list can be",
    "block mapping": "this line is not indented as those beside it",
    "expected <document start>": "something stands after the end of the document",
}


def in_our_words(problem: str) -> str:
    """Return what a library says is wrong in our own words, which its versions don't change."""
    for part, words in IN_OUR_WORDS.items():
        if part in problem:
            return words
    return "what stands here can't be YAML"
