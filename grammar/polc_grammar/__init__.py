"""The grammar of the language, and the tables and lexer built from it.

`policy.lark` and `tokens.lark` are the source; `tables.json` is built from them by
`python -m polc_grammar` and is all that a running compiler reads: Lark itself, whose import and
grammar analysis would cost more than a small build, is needed at development time only.
"""

from polc_grammar.tables import Production, Tables, load

__all__ = ["Production", "Tables", "load"]
