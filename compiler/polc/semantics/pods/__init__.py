"""Pod Security Standards, and what hardening components make of pods."""
