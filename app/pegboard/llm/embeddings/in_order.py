"""Do a thing to many items, a few at a time, and keep their order."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def each_in_order(
    items: Iterable[Item], do: Callable[[Item], Awaitable[Result]], *, at_once: int
) -> list[Result]:
    """The results in the order of the items. The first failure ends the rest and is raised."""
    numbered = enumerate(items)
    results: dict[int, Result] = {}
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(_take_turns(numbered, do, results))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [results[index] for index in range(len(results))]


async def _take_turns(
    numbered: Iterator[tuple[int, Item]],
    do: Callable[[Item], Awaitable[Result]],
    results: dict[int, Result],
) -> None:
    for index, item in numbered:
        results[index] = await do(item)
