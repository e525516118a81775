"""Rules that concern more than one declaration, each a function from the program to findings."""
