"""How everything of the language is written and what it does: one table for all that explains.

Completion, signature help and hovers take their texts from here. Tests hold the table to the
grammar: every form parses, with and without each of its optional parts, and there is one for every
word that may start something.
"""

from polc.lsp.forms.declarations import DECLARATIONS, SETTINGS
from polc.lsp.forms.items import ITEMS
from polc.lsp.forms.model import Form, Part
from polc.lsp.forms.statements import STATEMENTS

__all__ = ["FORMS", "Form", "Part"]

FORMS: tuple[Form, ...] = (*DECLARATIONS, *SETTINGS, *STATEMENTS, *ITEMS)
