"""Uploaded files: where their content is stored, and how it is read."""
