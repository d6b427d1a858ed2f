"""A file with any damage ends as rows or as unreadable: never as an internal error, a crash or a hang."""

import base64
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest

from inference_events.events.ingest.readers import ENDED, FileReaders
from inference_events.events.ingest.rows import TableRows
from inference_events.events.ingest.unreadable import Unreadable
from tests.unit.ingested import column, published, schema
from tests.uploads import source_of

FILES = 1000
ROWS = 200
MIB = 1024 * 1024
SEED = 1


def plain() -> pa.Table:
    numbers = range(ROWS)
    return pa.table(
        {
            "id": [f"e{number}" for number in numbers],
            "number": pa.array(numbers, pa.int64()),
            "flag": [number % 3 == 0 for number in numbers],
            "time": pa.array(numbers, pa.timestamp("us", "UTC")),
            "price": pa.array([Decimal(number) / 4 for number in numbers], pa.decimal128(12, 2)),
            "none": pa.nulls(ROWS),
        }
    )


def nested() -> pa.Table:
    lists = [None if number % 7 == 0 else [float(number)] * (number % 4) for number in range(ROWS)]
    structs = [{"a": number, "b": ["x"] * (number % 3)} for number in range(ROWS)]
    maps = pa.array([[("k", number)] for number in range(ROWS)], pa.map_(pa.string(), pa.int32()))
    fixed = pa.array([[1, 2, 3]] * ROWS, pa.list_(pa.int16(), 3))
    return pa.table({"list": lists, "struct": structs, "map": maps, "fixed": fixed})


def repeated() -> pa.Table:
    texts = pa.array(["red", "green", None, "blue"] * (ROWS // 4))
    return pa.table({"category": texts.dictionary_encode(), "text": texts, "bytes": texts.cast(pa.binary())})


def parquet(make: Callable[[], pa.Table], **options: object) -> Callable[[Path], None]:
    return lambda path: pq.write_table(make(), path, row_group_size=ROWS // 2, **options)


def csv(path: Path) -> None:
    pc.write_csv(plain().drop_columns(["price"]), path)


WRITERS: list[tuple[str, Callable[[Path], None]]] = [
    ("PARQUET", parquet(plain)),
    ("PARQUET", parquet(plain, compression="none", use_dictionary=False)),
    ("PARQUET", parquet(nested)),
    ("PARQUET", parquet(nested, compression="none", data_page_version="2.0")),
    ("PARQUET", parquet(repeated, compression="zstd")),
    ("PARQUET", parquet(repeated, compression="none", write_page_index=True, write_page_checksum=True)),
    ("PARQUET", parquet(plain, compression="gzip", store_schema=False)),
    ("CSV", csv),
]


def damaged(whole: bytes, random: random.Random) -> bytes:
    """Flip, cut out, repeat or insert bytes, most of them where Parquet keeps its metadata."""
    content = bytearray(whole)
    for _ in range(random.choice([1, 1, 2, 8])):
        place = random.randrange(len(content))
        if random.random() < 0.5:
            place = max(0, len(content) - 1 - random.randrange(min(len(content), 1500)))
        length = random.choice([1, 1, 4, 64])
        match random.randrange(5):
            case 0 | 1:
                content[place] ^= 1 << random.randrange(8)
            case 2:
                content[place : place + length] = random.randbytes(length)
            case 3:
                del content[place : place + length]
            case 4:
                content[place:place] = content[place : place + length] or b"\0"
        content = content or bytearray(b"\0")
    return bytes(content)


@pytest.fixture
def readers() -> Iterator[FileReaders]:
    readers = FileReaders(1024 * MIB, 20)
    yield readers
    readers.close()


@pytest.mark.timeout(600)
def test_a_damaged_file_ends_as_rows_or_as_unreadable(readers: FileReaders, tmp_path: Path) -> None:
    """Of 1,000 damaged files each is read and made events, or refused. None ends the process that reads it."""
    whole: list[tuple[str, bytes]] = []
    for type, write in WRITERS:
        write(tmp_path / "whole")
        whole.append((type, (tmp_path / "whole").read_bytes()))
    random_ = random.Random(SEED)
    outcomes = {"read": 0, "unreadable": 0, "ended": 0}
    model = schema(column("str", "id"), column("int", "number"), column("category", "category"), column("bool", "flag"))
    for number in range(FILES):
        type, content = whole[number % len(whole)]
        path = tmp_path / "damaged"
        path.write_bytes(damaged(content, random_))
        try:
            readers.column_names(source_of(path), type)
            for chunk in readers.read_chunks(source_of(path), type, start=0, size=1000):
                published(TableRows(chunk.table, is_csv=type == "CSV"), model, makes_missing_ids=True)
                assert np.all(chunk.rows[1:] > chunk.rows[:-1])
            outcomes["read"] += 1
            readers.propose_columns(source_of(path), type, sample_size=100, max_cardinality=10)
        except Unreadable as error:
            outcomes["ended" if ENDED in str(error) else "unreadable"] += 1
    assert outcomes["ended"] == 0
    assert min(outcomes["read"], outcomes["unreadable"]) > FILES // 10


class Keys(encryption.KmsClient):  # type: ignore[misc]
    """Keep the keys of an encrypted file as they are."""

    def __init__(self, _: object) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _: str) -> bytes:
        return base64.b64encode(key)


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_an_encrypted_file_is_unreadable(readers: FileReaders, tmp_path: Path, plaintext_footer: bool) -> None:
    """An encrypted Parquet file is unreadable, and the message says why."""
    configuration = encryption.EncryptionConfiguration(
        footer_key="key", column_keys={"key": ["id"]}, plaintext_footer=plaintext_footer
    )
    factory = encryption.CryptoFactory(Keys)
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), configuration)
    path = tmp_path / "file.parquet"
    pq.write_table(plain(), path, encryption_properties=properties)
    with pytest.raises(Unreadable, match="it is encrypted; write it without encryption"):
        assert list(readers.read_chunks(source_of(path), "PARQUET", start=0, size=10)) == []
    with pytest.raises(Unreadable, match="it is encrypted; write it without encryption"):
        readers.propose_columns(source_of(path), "PARQUET", sample_size=10, max_cardinality=10)
