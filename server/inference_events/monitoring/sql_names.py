"""Names in SQL, quoted in one place. The rows relation has a model's columns under the names of `events.columns`."""

from inference_events.events.columns import label_name, value_name


def quoted(name: str) -> str:
    """Quote a name."""
    return '"' + name.replace('"', '""') + '"'


def value_column(name: str) -> str:
    """Return the rows relation's column with the values of a model's column."""
    return quoted(value_name(name))


def label_column(name: str) -> str:
    """Return the rows relation's column with the times at which a target was labelled."""
    return quoted(label_name(name))
