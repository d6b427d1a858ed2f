"""Values that a careless writer or reader of files changes; uses only the standard library, for any environment."""

TEXTS = [
    "plain", "with, comma", 'with "quotes"', '"', "line\nfeed", "line\r\nfeeds", "\r", "\n", " padded ", "\t", "=1+1",
    "+1", "-1", "@A1", "true", "1.50", "007", "[1, 2]", '["a"]', "é", "e\u0301", "\U0001f600", "\ufeffbom", "\x00",
    "\x7f\u2028\u0085", "\\", "'", "null", "NULL", "NaN", "x" * 70_000,
]  # fmt: skip
FLOATS = [0.1, 1 / 3, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 1.2345678901234567e20, 2.0**53, -1.5]
INTS = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
