"""Signature help: how the statement at the cursor goes on, with the part being written marked."""

from lsprotocol import types

from polc.lsp.explain.text import block, content, paragraphs
from polc.lsp.feature import Feature, at_position
from polc.lsp.forms import Form
from polc.lsp.session import View
from polc.lsp.spot import Construct, Spot, spot_at


def signatures(view: View, offset: int) -> types.SignatureHelp | None:
    """Return the forms that what is being written may take; None between statements."""
    spot = spot_at(view, offset)
    construct = _open(spot)
    if construct is None or spot.inside == "comment" or spot.parse.dropped is not None:
        return None
    forms = construct.forms
    if not forms:
        return None
    active = [form.active(construct.symbols) for form in forms]
    return types.SignatureHelp(
        [_signature(view, *each) for each in zip(forms, active, strict=True)],
        active_signature=0,
        active_parameter=active[0],
    )


def _open(spot: Spot) -> Construct | None:
    """Return what is being written: a statement, or the one in whose braces one can start."""
    construct = spot.construct
    if construct.symbols:
        is_over = spot.starts_line and not spot.is_needed
        return None if is_over else construct
    around = spot.constructs[-2:][0]
    return around if around.home and around.symbols and not spot.starts_line else None


def _signature(view: View, form: Form, active: int | None) -> types.SignatureInformation:
    abilities = view.session.abilities
    parameters = []
    at = len(form.word) + 1 if form.word else 0
    for each in form.parts:
        end = at + len(each.text)
        # Offsets count units of UTF-16: there is nothing beyond its basic plane in the table.
        label = (at, end) if abilities.label_offsets else each.text
        says = content(each.says, is_markdown=abilities.markdown) if each.says else None
        parameters.append(types.ParameterInformation(label, says))
        at = end + 1
    text = paragraphs(form.says, block(form.example))
    return types.SignatureInformation(
        form.label,
        content(text, is_markdown=abilities.markdown),
        parameters,
        active_parameter=active,
    )


FEATURES: tuple[Feature, ...] = (
    Feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        at_position(signatures),
        types.SignatureHelpOptions(trigger_characters=[" "], retrigger_characters=[","]),
    ),
)
