"""Read parts that are objects of a bucket, by range."""

import threading
from collections import OrderedDict

from inference_events.files.bucket import Bucket
from inference_events.files.source import SourcePart
from inference_events.limits import MIB

BLOCK_BYTES = 8 * MIB
# A parser reads the columns of a row group in turn; these blocks hold most row groups.
MAX_BLOCKS = 8
# A request costs about 20 ms. Reads of this size or more are sent unchanged; smaller ones are served from blocks.
DIRECT_BYTES = MIB


class BucketContent:
    """Reads parts of a bucket. Small reads are served from the blocks that were read last. Any thread may use it."""

    def __init__(self, url: str) -> None:
        self._bucket = Bucket(url)
        self._lock = threading.Lock()
        self._blocks: OrderedDict[tuple[str, int], memoryview] = OrderedDict()

    def size(self, part: SourcePart) -> int:
        return self._bucket.size(part.location)

    def read_into(self, part: SourcePart, start: int, buffer: memoryview) -> int:
        count = min(len(buffer), part.size - start)
        if count <= 0:
            return 0
        found = self._buffered(part, start, count)
        if found is None:
            found = self._bucket.read(part.location, start, count)
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Keep the blocks: the file may be opened again."""

    def _buffered(self, part: SourcePart, start: int, count: int) -> memoryview | None:
        """Return up to `count` bytes of the block at `start`, None for a large read outside the blocks."""
        number = start // BLOCK_BYTES
        with self._lock:
            block = self._blocks.pop((part.location, number), None)
            if block is None:
                if count >= DIRECT_BYTES:
                    return None
                first = number * BLOCK_BYTES
                block = self._bucket.read(part.location, first, min(BLOCK_BYTES, part.size - first))
            self._blocks[part.location, number] = block
            if len(self._blocks) > MAX_BLOCKS:
                self._blocks.popitem(last=False)
        return block[start - number * BLOCK_BYTES :][:count]
