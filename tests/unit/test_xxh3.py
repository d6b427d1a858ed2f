"""What the hashes of columns of text promise: they are those of XXH3, for a column of any layout."""

import random

import pyarrow as pa
import pytest
import xxhash

from inference_events.xxh3 import CLASSES, MIN_ROWS, hash_strings

LONGEST = int(CLASSES[-1]) + 200
SEEDS = [0, 1, 0x9E3779B97F4A7C15, 2**64 - 1]
ALPHABET = "aZ0 -\n\0äß€語😀"
# Hashes that are stored in data directories: texts of as many letters "x", with the seed 0 and with the seed 7.
VECTORS = {
    0: (3244421341483603138, 10464923555624353464),
    1: (16929150178197425425, 4248060192468963510),
    3: (8471848575777087875, 12437711362949121671),
    4: (14096116099537817804, 16906188215802435592),
    8: (4785048751006858391, 7770511424825850733),
    9: (8922708419860521897, 10165202109421416291),
    16: (16102337951141043935, 14125656054621827331),
    17: (9914496920434203153, 12008711824742880639),
    32: (5624044276391559295, 14024741313025028592),
    33: (12896119279217565335, 12006278504523948118),
    36: (13159244326229057615, 17407327186812662112),
    64: (2782303138923156036, 18291147311948544448),
    65: (17979550226353564146, 9205076625773348410),
    96: (13855717124047208676, 3754871487440774109),
    97: (7617601882344325554, 948671559966251268),
    128: (5522396673332862231, 16718587731394913630),
    129: (16499346395082139612, 14014793470331185791),
    240: (4473985974101920616, 168025526260626176),
    241: (1502687544462699037, 13939047342936794600),
    1000: (13881368916332952194, 12011178006697514372),
}


def texts(count: int, longest: int) -> list[str]:
    """Return random texts of all lengths, most of which have characters of several bytes."""
    chosen = random.Random(5)
    return ["".join(chosen.choices(ALPHABET, k=chosen.randrange(longest + 1))) for _ in range(count)]


def library(values: list[str], seed: int) -> list[int]:
    return [xxhash.xxh3_64_intdigest(value.encode(), seed) for value in values]


def hashed(values: list[str], seed: int = 0) -> list[int]:
    listed: list[int] = hash_strings(pa.array(values, pa.string()), seed).tolist()
    return listed


@pytest.mark.parametrize("seed", SEEDS)
def test_each_length_hashes_as_in_the_library(seed: int) -> None:
    """A text of any length has the hash that the library gives its UTF-8 bytes."""
    for letter in "x", "\0":
        values = [letter * length for length in range(LONGEST)]
        assert hashed(values, seed) == library(values, seed)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [0, 1, MIN_ROWS - 1, MIN_ROWS, 20_000])
def test_each_size_of_column_hashes_as_in_the_library(count: int, seed: int) -> None:
    """It does not matter how many texts are hashed together."""
    values = texts(count, 60)
    assert hashed(values, seed) == library(values, seed)


@pytest.mark.parametrize("length", [*(int(bound) for bound in CLASSES), *(int(bound) + 1 for bound in CLASSES)])
def test_columns_of_one_length_hash_as_in_the_library(length: int) -> None:
    """Ids of one length are the usual case: no text of another class helps to fill the buffers."""
    values = [f"{number:0{length}x}"[-length:] if length else "" for number in range(9_000)]
    assert hashed(values, 3) == library(values, 3)


def test_stored_hashes_never_change() -> None:
    """Hashes are stored with the events: every version and build must make the same of a text."""
    for length, expected in VECTORS.items():
        many = ["x" * length] * MIN_ROWS
        assert tuple(hashed(many[:1], seed)[0] for seed in (0, 7)) == expected
        assert tuple(hashed(many, seed)[0] for seed in (0, 7)) == expected


def test_slices_hash_like_wholes() -> None:
    """A slice of a column has the hashes of its rows."""
    whole = pa.array(texts(3_000, 150), pa.string())
    hashes = hash_strings(whole).tolist()
    for low, high in ((0, 3_000), (1, 2_999), (700, 1_500), (2_950, 3_000), (10, 10)):
        assert hash_strings(whole[low:high]).tolist() == hashes[low:high]


def test_nulls_do_not_disturb_their_neighbours() -> None:
    """Texts beside nulls hash as they do alone."""
    values = texts(1_000, 40)
    holed = pa.array([None if row % 3 else value for row, value in enumerate(values)], pa.string())
    assert hash_strings(holed).tolist()[::3] == library(values[::3], 0)


def test_similar_texts_get_different_hashes() -> None:
    """A collision of two ids costs a second look, one of two contents an update: families of like texts have none."""
    families = [
        [f"{number}" for number in range(100_000)],
        [f"user-{number % 300}/{number // 300}" for number in range(100_000)],
        ["a" * left + "b" * right for left in range(128) for right in range(128)],
        ["\0" * length for length in range(129)],
        [f"{'0' * (number % 120)}{number:08b}" for number in range(50_000)],
    ]
    for family in families:
        assert len(set(hashed(family))) == len(set(family))


@pytest.mark.parametrize("length", [3, 8, 16, 32, 64, 96, 128])
def test_each_bit_of_a_text_changes_half_of_the_hash(length: int) -> None:
    """Texts that differ in one bit differ in about half of the bits of their hashes."""
    text = bytearray(b"\x40" * length)
    flipped = []
    for bit in range(7 * length):
        other = bytearray(text)
        other[bit // 7] ^= 1 << bit % 7
        flipped.append(other.decode())
    many = [text.decode()] * MIN_ROWS + flipped
    first, *_ = hashes = hashed(many)
    changed = [(first ^ other).bit_count() for other in hashes[MIN_ROWS:]]
    assert 28 < sum(changed) / len(changed) < 36
    assert min(changed) >= 10
