"""Figures on the stored events: segments, custom metrics, drift, integrity and performance."""
