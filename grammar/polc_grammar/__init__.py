"""The grammar of the language, and the tables and lexer built from it."""
