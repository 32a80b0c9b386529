"""What is refused because enough is under way is written down, and cheaply."""

import asyncio

from structlog.testing import capture_logs

from ijaa.shared.http.admission import READS, Admission


async def test_refusals_are_one_line_a_second_with_their_number() -> None:
    # mutants: no line at all; one for each of thousands
    admission = Admission()
    slot = ("events", True)
    assert all(admission.admits(slot) for _ in range(READS))
    with capture_logs() as said:
        assert not any(admission.admits(slot) for _ in range(250))
        assert said == []
        async with asyncio.timeout(10):
            while not said:
                await asyncio.sleep(0.05)
    assert [(line["log_level"], line["events"]) for line in said] == [("warning", 250)]
