"""Random events: any JSON in the columns of the prepared models and in others."""

from hypothesis import strategies as st

from tests.contract.fuzz.fixtures import COLUMNS

NAMES = [column["name"] for column in COLUMNS[1:]]
NUMBERS = st.integers(-(2**70), 2**70) | st.integers(-2, 6000) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.sampled_from(["AA", "3", "true", "2024-01-01"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
EVENTS = st.lists(
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), VALUES, min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)
