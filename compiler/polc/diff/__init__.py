"""What a change permits and takes away: two programs to a list of changes, and that to text."""
