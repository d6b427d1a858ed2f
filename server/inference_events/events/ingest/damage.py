"""Find arrays whose buffers contradict each other. Reading such an array would read memory beyond its own."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inference_events.events.ingest.sizes import has_lengths


def check_structure(array: pa.Array) -> None:
    """Raise pa.ArrowInvalid for an array that is damaged. Unusual values are no damage: `normalize` handles them."""
    array.validate()
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        check_structure(array.storage)
    elif pa.types.is_dictionary(kind):
        _check_within(array.indices, len(array.dictionary))
        check_structure(array.dictionary)
    elif pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            check_structure(array.field(number))
    elif pa.types.is_map(kind):
        _check_offsets(array.offsets, min(len(array.keys), len(array.items)))
        check_structure(array.keys)
        check_structure(array.items)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        _check_offsets(array.offsets, len(array.values))
        check_structure(array.values)
    elif pa.types.is_fixed_size_list(kind):
        check_structure(array.values)
    elif has_lengths(kind) and not pa.types.is_fixed_size_binary(kind):
        lengths = pc.min(pc.binary_length(array)).as_py()
        if lengths is not None and lengths < 0:
            raise pa.ArrowInvalid("negative length")


def _check_within(indices: pa.Array, length: int) -> None:
    bounds = pc.min_max(indices).as_py()
    if bounds["min"] is not None and not 0 <= bounds["min"] <= bounds["max"] < length:
        raise pa.ArrowInvalid("an index is out of bounds")


def _check_offsets(offsets: pa.Array, length: int) -> None:
    numbers = offsets.to_numpy()
    if len(numbers) and (numbers[0] < 0 or numbers[-1] > length or np.any(numbers[1:] < numbers[:-1])):
        raise pa.ArrowInvalid("an offset is out of bounds")
