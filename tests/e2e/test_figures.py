"""`/metrics`: at an address of its own, summed over workers, and on the main port for this machine alone."""

import re
from pathlib import Path

import httpx
import pytest

from tests.e2e.processes import free_port, serving, start


@pytest.mark.parametrize("workers", ["1", "2"])
def test_figures_of_all_workers_are_served_at_an_address_of_their_own(
    deployment: dict[str, str], tmp_path: Path, workers: str
) -> None:
    # mutants: no listener; the figures of the process that listens alone, which serves nobody where it has workers
    port = free_port()
    environ = deployment | {"IJAA_METRICS_BIND": f"127.0.0.1:{port}"}
    with serving(["--workers", workers], environ, tmp_path / "log") as url:
        for _ in range(10):
            httpx.get(f"{url}/api/v1/events").raise_for_status()
        figures = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        counted = re.findall(r'_count\{method="GET",route="/api/v1/events",status="200"\} ([\d.]+)', figures)
        assert sum(map(float, counted)) == 10
        assert "ijaa_http_request" in httpx.get(f"{url}/metrics").text
        for header in ("X-Forwarded-For", "Forwarded"):
            proxied = httpx.get(f"{url}/metrics", headers={header: "for=192.0.2.7"})
            assert proxied.status_code == 404, "a proxy on this machine speaks for others"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/metrics")


def test_an_address_that_is_taken_is_named(deployment: dict[str, str], tmp_path: Path) -> None:
    with serving([], deployment, tmp_path / "log") as url:
        taken = {"IJAA_METRICS_BIND": url.removeprefix("http://")}
        process = start(["serve", "--port", "0"], deployment | taken, tmp_path / "second")
        assert process.wait(timeout=60) == 2
    assert "IJAA_METRICS_BIND cannot be used" in (tmp_path / "second").read_text()
