"""Alert rules: when they are valid, what they bind, and what a judgement of a bin leaves behind."""
