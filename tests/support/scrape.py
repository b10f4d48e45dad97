"""What `/metrics` tells, as values."""

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.support.deadlines import patience, wait_until
from tests.support.server import Server

Labels = dict[str, str]


def families(server: Server) -> list[Metric]:
    answer = httpx.get(f"{server.url}/metrics", timeout=patience(10))
    assert answer.status_code == 200
    metrics = text_string_to_metric_families(answer.text)
    return [one for one in metrics if one.name.startswith("pegboard_")]


def series(server: Server, name: str) -> list[tuple[Labels, float]]:
    """The samples of that very name."""
    return [
        (sample.labels, sample.value)
        for family in families(server)
        for sample in family.samples
        if sample.name == name
    ]


def value(server: Server, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels; 0 where there are none."""
    samples = series(server, name)
    return sum(figure for had, figure in samples if labels.items() <= had.items())


def becomes(server: Server, figure: float, name: str, **labels: str) -> None:
    """Wait until a value is this."""
    wait_until(lambda: value(server, name, **labels) == figure, seconds=30)
