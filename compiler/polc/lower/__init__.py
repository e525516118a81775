"""From resolved declarations to the IR, checking each statement on the way."""
