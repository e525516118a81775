"""One module per question that an editor asks; `FEATURES` and `COMMANDS` are all of them."""

from polc.lsp.feature import Command, Feature
from polc.lsp.features import (
    actions,
    commands,
    completion,
    emitted,
    folding,
    formatting,
    hierarchy,
    hints,
    hover,
    lenses,
    links,
    navigation,
    rename,
    selection,
    signatures,
    symbols,
    tokens,
)

FEATURES: tuple[Feature, ...] = (
    *actions.FEATURES,
    *completion.FEATURES,
    *emitted.FEATURES,
    *folding.FEATURES,
    *formatting.FEATURES,
    *hierarchy.FEATURES,
    *hints.FEATURES,
    *hover.FEATURES,
    *lenses.FEATURES,
    *links.FEATURES,
    *navigation.FEATURES,
    *rename.FEATURES,
    *selection.FEATURES,
    *symbols.FEATURES,
    *signatures.FEATURES,
    *tokens.FEATURES,
)
COMMANDS: tuple[Command, ...] = (*commands.COMMANDS, *emitted.COMMANDS)
