"""What does a program declare? The IR in the terms of `polc.semantics`."""
