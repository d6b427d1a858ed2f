"""Files of other formats that are named CSV or Parquet, recognized by their first bytes."""

from inference_events.files.source import FileSource

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
PARQUET = b"PAR1"
# The names of an archive's files stand before each file, and all of them once more at its end.
EXCEL_PARTS = (b"[Content_Types].xml", b"xl/workbook")
HEAD_BYTES = 4096
TAIL_BYTES = 64 * 1024


def describe_other_format(source: FileSource, type: str) -> str | None:
    """Return what a file looks like and a remedy, None if it may be a file of `type`, CSV or PARQUET."""
    with source.open() as file:
        head = file.read(HEAD_BYTES)
        file.seek(max(0, source.size - TAIL_BYTES))
        tail = file.read()
    if head.startswith(GZIP):
        return "it looks like gzip, send it unpacked"
    if head.startswith(OLD_EXCEL) or (head.startswith(ZIP) and any(part in head + tail for part in EXCEL_PARTS)):
        return "it looks like an Excel file, save it as CSV"
    if head.startswith(ZIP):
        return "it looks like zip, send it unpacked"
    if head.startswith(PARQUET) and type == "CSV":
        return "it looks like Parquet, give it a name that ends in .parquet"
    return None
