"""Mutants: bugs planted in a copy of the server, one at a time, to measure which checks catch them."""
