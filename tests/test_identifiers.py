"""Ids sort by the time they were made."""

from pegboard.identifiers import new_id


def test_ids_are_distinct_uuids_of_version_7_in_order() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
