"""The names of a definition: what they could mean if they are unknown."""

from collections.abc import Collection
from difflib import get_close_matches
from typing import NoReturn

from inference_events.monitoring.fql.errors import FqlError, shown
from inference_events.monitoring.fql.syntax import Name
from inference_events.monitoring.subject import Subject

# A comparison of two names takes time in their product, and a model may have thousands of columns.
_MAX_COMPARED = 60
_MAX_CANDIDATES = 1_000


def find_column(subject: Subject, tree: Name) -> str:
    """Return the name of a declared column. Raises FqlError."""
    if tree.name not in subject.columns:
        _refuse(subject, tree)
    return tree.name


def suggestion(name: str, known: Collection[str]) -> str | None:
    """Return the known name that a wrong one most likely stands for."""
    if len(name) > _MAX_COMPARED:
        return None
    if same := next((one for one in known if one.lower() == name.lower()), None):
        return same
    alike = [one for one in known if abs(len(one) - len(name)) <= 3][:_MAX_CANDIDATES]
    return next(iter(get_close_matches(name, alike, n=1)), None)


def _refuse(subject: Subject, tree: Name) -> NoReturn:
    hint = None
    if near := suggestion(tree.name, subject.columns):
        hint = f"did you mean {shown(near)}?"
    elif tree.is_quoted:
        hint = "write texts in single quotes"
    raise FqlError(f"unknown column {shown(tree.name)}", tree.position, hint=hint)
