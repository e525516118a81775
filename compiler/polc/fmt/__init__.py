"""The one layout of programs: from a text to the same words and comments, laid out anew.

`words` takes a text apart into words, which stay, and gaps, which are all that is ever written.
`shape` asks the grammar's table which words start a statement or an item, `tree` groups them,
`lines` decides what stands on one line, `columns` what is lined up, and `layout` writes the gaps.
No name is looked up, so a text can be formatted at any time. What the grammar refuses stays as it
is, declaration by declaration.
"""

from polc.fmt.formatting import TextEdit, format_edits, format_source, format_text

__all__ = ["TextEdit", "format_edits", "format_source", "format_text"]
