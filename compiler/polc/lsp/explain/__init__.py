"""What things mean, in words: for hovers, for completions, for whoever asks."""

from typing import Any, cast

from polc import syntax as s
from polc.lsp.documents import module_tree
from polc.lsp.explain import names, words
from polc.lsp.explain.text import paragraphs
from polc.lsp.session import View
from polc.resolve.symbols import KINDS


def explained(view: View, about: tuple[str, ...]) -> str:
    """Return the documentation of what is offered somewhere, as Markdown; "" if there is none."""
    match about:
        case ["form", label] if form := words.form_of(label):
            return words.of_form(form)
        case ["part", label, text] if form := words.form_of(label):
            return "\n\n".join(words.of_part(form, x) for x in form.parts if x.text == text)
        case ["word", word]:
            return words.WORDS.get(word) or words.VALUES.get(word, "")
        case ["symbol", space, key] if symbol := view.table.symbols.get(cast(Any, (space, key))):
            return names.of_symbol(view, symbol)
        case ["port", key, name] if symbol := view.table.symbols.get(("peer", key)):
            return names.of_port(view, symbol, name)
        case ["namespace", name]:
            return names.of_namespace(view, name)
        case ["module", name]:
            return names.of_module(name)
        case ["protocol", name]:
            return words.of_protocol(name)
        case ["field", name]:
            return words.of_field(name)
        case ["capability", name]:
            return words.of_capability(name)
        case ["verb", name]:
            return words.of_verb(name)
        case ["resource", name]:
            return words.of_resource(name)
        case ["library", module, name]:
            return _of_library(module, name)
    return ""


def _of_library(module: str, name: str) -> str:
    """Return what a module that is not imported yet says of a declaration."""
    tree = module_tree(module)
    for each in tree.file.declarations if tree else ():
        if not isinstance(each, s.Import | s.Namespace) and each.name.text == name:
            return paragraphs(f"**{KINDS[type(each)][1]}** `{module}.{name}`", each.doc)
    return ""
