"""Segments and custom metrics as stored things: when they are valid, and what they bind."""
