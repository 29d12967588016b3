"""Counts for whoever watches the desk: `/metrics`, in the text format of Prometheus. Names of CAs, never data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from sulku_console.visitor import parts_of
from sulku_revocation.circuit_counts import CaCounts, read_counts
from sulku_revocation.domain.circuit import CircuitState

router = APIRouter()

# What each counts; docs/metrics.md is made of this.
METRICS = {
    "sulku_ca_calls_total": "Calls to a CA.",
    "sulku_ca_failures_total": "Calls to a CA that got no answer, or none to trust.",
    "sulku_ca_circuit_opened_total": "How often a CA was left alone because it did not answer.",
    "sulku_ca_circuit_state": "1 for the state that the circuit breaker of a CA is in: closed, open or half_open.",
}


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """What has been counted so far."""
    with parts_of(request).storage.desk.reading() as connection:
        counts = read_counts(connection)
    registry = CollectorRegistry()
    registry.register(_Counted(counts))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Counted(Collector):
    def __init__(self, counts: Iterable[CaCounts]) -> None:
        self._counts = list(counts)

    def collect(self) -> Iterator[Metric]:
        """Called by the library."""
        for name, of in (("calls", "calls"), ("failures", "failures"), ("circuit_opened", "opened")):
            full = f"sulku_ca_{name}_total"
            counter = CounterMetricFamily(full, METRICS[full], labels=["ca"])
            for one in self._counts:
                counter.add_metric([one.ca], getattr(one, of))
            yield counter
        state = GaugeMetricFamily("sulku_ca_circuit_state", METRICS["sulku_ca_circuit_state"], labels=["ca", "state"])
        for one in self._counts:
            for word in CircuitState:
                state.add_metric([one.ca, word.value], float(one.state is word))
        yield state
