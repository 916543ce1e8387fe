"""Workers that are killed, models that are replaced, and the end of the service."""

import os
import re
import shutil
import signal
import threading
import time

import httpx
import numpy as np
import pytest

from divecast import DeepDIVE
from service.requests_to import json_of, table_of
from slow.service.serving import serving, workers_of
from worlds import fit_hours, hours

pytestmark = pytest.mark.skipif(os.name == "nt", reason="processes are counted in /proc")


@pytest.fixture(scope="module")
def model_file(tmp_path_factory, hours_model):
    path = tmp_path_factory.mktemp("served") / "hours.safetensors"
    hours_model.save(path)
    return path


class Asking(threading.Thread):
    """Sends requests until told to stop; what got no answer is sent again."""

    def __init__(self, address, bodies, wanted):
        super().__init__()
        self.address, self.bodies, self.wanted = address, bodies, wanted
        self.ended, self.right, self.wrong, self.again = threading.Event(), 0, [], 0

    def run(self):
        number = 0
        while not self.ended.is_set():
            number = (number + 1) % len(self.bodies)
            try:
                response = httpx.post(f"{self.address}models/hours/forecast", json=self.bodies[number], timeout=30)
            except httpx.TransportError:  # the worker was killed before it answered
                self.again += 1
                continue
            mean = np.array(response.json()["windows"][0]["mean"]).T if response.status_code == 200 else np.nan
            if np.allclose(mean, self.wanted[number], rtol=1e-4):
                self.right += 1
            else:
                self.wrong.append(response.text)


@pytest.mark.timeout(1000)
def test_workers_that_are_killed_lose_no_answer_and_are_replaced(model_file, hours_model):
    panel = hours().panel
    tables = [table_of(panel.rows(30 * number, 30 * number + 48)) for number in range(20)]
    bodies = [{"rows": json_of(table)} for table in tables]
    wanted = [hours_model.forecast(table).mean[0] for table in tables]
    with serving(model_file, "--workers", "2") as (address, process):
        httpx.post(f"{address}models/hours/forecast", json=bodies[0], timeout=60).raise_for_status()
        first = set(workers_of(process))
        asking = [Asking(address, bodies, wanted) for _ in range(4)]
        for thread in asking:
            thread.start()
        killed = set()
        for _ in range(3):
            time.sleep(2.0)
            before = sum(thread.right for thread in asking)
            victim = next(worker for worker in workers_of(process) if worker not in killed)
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
            until = time.monotonic() + 240  # a worker imports and reads the model first, on whatever machine this is
            while len(set(workers_of(process)) - killed) < 2 or sum(thread.right for thread in asking) < before + 20:
                assert time.monotonic() < until
                time.sleep(0.1)
        for thread in asking:
            thread.ended.set()
        for thread in asking:
            thread.join(60)
        assert len(first) == 2
        assert not killed & set(workers_of(process))
        assert [thread.wrong for thread in asking] == [[]] * 4
        assert min(thread.right for thread in asking) > 10
        counted = httpx.get(f"{address}metrics").text
        assert "divecast_requests_open 0.0" in counted  # also of requests that were open in killed workers
        total = re.search(
            r'divecast_requests_total\{model="hours",question="forecast",status="200"\} ([\d.]+)', counted
        )
        assert float(total[1]) >= sum(thread.right for thread in asking)  # those of killed workers, too


def test_a_new_file_is_read_at_sighup_without_a_refusal(model_file, tmp_path):
    path = tmp_path / "hours.safetensors"
    shutil.copy(model_file, path)
    rows = table_of(hours().panel.rows(1000, 1060))
    with serving(path, "--workers", "1") as (address, process):
        ask = lambda: httpx.post(f"{address}models/hours/forecast", json={"rows": json_of(rows)}, timeout=60)  # noqa: E731
        before = ask().json()["windows"][0]["mean"]
        other = fit_hours(epochs=1, seed=5)
        other.save(path)
        process.send_signal(signal.SIGHUP)
        wanted, until = DeepDIVE.load(path).forecast(rows).mean[0].T, time.monotonic() + 60
        while np.allclose(found := ask().raise_for_status().json()["windows"][0]["mean"], before):
            assert time.monotonic() < until
            time.sleep(0.1)
        assert np.allclose(found, wanted, rtol=1e-4)


def test_it_ends_at_ctrl_c_and_says_nothing_of_it(model_file):
    with serving(model_file) as (address, process):
        assert httpx.get(f"{address}ready", timeout=60).json() == {"status": "ready"}
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in err) == (0, False)
