"""The terminals that recovery and messages speak of, by what they are for."""

from polc.parse.lexer import NUMBER_OF, TABLES


def _all(*names: str) -> frozenset[int]:
    return frozenset(NUMBER_OF[name] for name in names)


NAME = NUMBER_OF["NAME"]
DOTTED = NUMBER_OF["DOTTED"]
UPPER = NUMBER_OF["UPPER"]
STRING = NUMBER_OF["STRING"]
NUMBER = NUMBER_OF["NUMBER"]
PERCENT = NUMBER_OF["PERCENT"]
CIDR = NUMBER_OF["CIDR"]
DATE = NUMBER_OF["DATE"]
WILDCARD = NUMBER_OF["WILDCARD"]
LEFT = TABLES.punctuation["{"]
RIGHT = TABLES.punctuation["}"]
COMMA = TABLES.punctuation[","]
EXTERN = NUMBER_OF["EXTERN"]
IMPORT = NUMBER_OF["IMPORT"]
NAMESPACE = NUMBER_OF["NAMESPACE"]
SERVICE = NUMBER_OF["SERVICE"]

RESERVED = TABLES.reserved
"""Never names: they start a declaration or a statement, or connect."""
DECLARATIONS = frozenset(kind for kind in TABLES.rows[0] if kind in RESERVED)
"""Words that start a declaration."""
CONNECTIVES = _all(
    *("FROM", "TO", "ON", "VIA", "HOST", "IN", "NAMED", "BECAUSE", "UNTIL", "ONLY", "AND")
)
STATEMENTS = RESERVED - CONNECTIVES - (DECLARATIONS - {NUMBER_OF["ROLE"]})
"""Words that start a statement of a service."""
WORDS = frozenset(TABLES.words.values())
IN_BLOCKS = WORDS - RESERVED
"""Words with a meaning in some block, and names elsewhere."""
BROAD = _all("ANY", "INTERNET", "SELF")
"""Peers that no declaration has the name of."""
NAMELIKE = IN_BLOCKS | {NAME, STRING}

SPELLING = {kind: text for text, kind in (TABLES.words | TABLES.punctuation).items()}
"""How a terminal is written, where there is only one way."""
