"""Run the command line with `python -m inference_events`."""

from inference_events.cli import app

app()
