"""What a store promises of ids that are too long for an index."""

from tests.stores.opened import NOW, Opened

LENGTH = 65_536


def test_ids_of_any_length_are_told_apart(opened: Opened) -> None:
    """Ids that differ in their last character only name different events, in the order of their bytes."""
    ids = [letter * (LENGTH - 1) + end for letter in ("a", "\U0001f600") for end in "xyz"] + ["a" * 2000, "a"]
    opened.publish(*({"id": each, "n": place} for place, each in enumerate(ids)))
    assert opened.ids() == sorted(ids, key=str.encode)
    assert [opened.event(each)["values"]["n"] for each in ids] == list(range(len(ids)))
    assert opened.update({"id": ids[1], "n": 9}) == ["updated"]
    assert opened.publish({"id": ids[0], "n": 0}, {"id": ids[2], "n": 7}) == ["unchanged", "replaced"]
    after = opened.ids()[3]
    assert opened.ids(after=(NOW, after)) == sorted(ids, key=str.encode)[4:]
    assert opened.delete(opened.accept_job(), event_ids=ids[:2]) == 2
    assert opened.ids() == sorted(ids[2:], key=str.encode)
