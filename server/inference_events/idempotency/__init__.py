"""Idempotency: a repeated request gets the first response, and its effect only once."""
