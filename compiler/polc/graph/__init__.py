"""Who may reach whom, drawn: a program to nodes and edges, to places, to one of five formats."""
