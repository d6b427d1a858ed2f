"""Partials: aggregates of cells of time, kept at their data revision, of which figures are merged.

A cell is a quarter of an hour of UTC, because every time zone in use begins on one; bins of minutes and seconds have
cells of their own length. A partial is what a statement finds in a cell. It is kept under the statement itself, with
all values that are bound to it, the environment, the revision of the schema and the segment; so it depends on nothing
that its key lacks. It stays valid until a change names its hour.

They are kept in the memory of the process, for both engines. A table in the database would save each replica its first
computation, but then every read would write, and a bound on its size would need one place that counts for all replicas.
What is kept is exact either way: its revision is compared in the snapshot that the figures are computed from.
"""

from inference_events.monitoring.partials.computing import with_partials
from inference_events.monitoring.partials.whole_bins import figures_of_bins

__all__ = ["figures_of_bins", "with_partials"]
