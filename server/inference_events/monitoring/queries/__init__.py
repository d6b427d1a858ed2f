"""Figures as charts, cards and alerts ask for them: what is asked, of which events, and one way to compute it."""

from inference_events.monitoring.queries.compute import Query, compute_figures, revision
from inference_events.monitoring.queries.known import KnownModel, known_model
from inference_events.monitoring.queries.service import FigureService
from inference_events.monitoring.queries.windows import Baseline, Window

__all__ = [
    "Baseline",
    "FigureService",
    "KnownModel",
    "Query",
    "Window",
    "compute_figures",
    "known_model",
    "revision",
]
