"""At most so many at once, at most so many waiting, and none for ever."""

import asyncio
import threading
import time

import pytest
import torch

from divecast.explorer.explorer import Explorer
from divecast.web.cached import Cached
from divecast.web.pool import Pool
from divecast.web.refusal import BusyError, TooLongError
from explorer.asking import Asked, explorer_of, send
from loops import run
from worlds import hours


def test_no_more_than_at_once_run_and_the_rest_wait_in_turn():
    lock, now, most = threading.Lock(), [], []

    def work(number):
        with lock:
            now.append(number)
            most.append(len(now))
        time.sleep(0.01)
        with lock:
            now.remove(number)
        return number

    async def ask():
        pool = Pool(3, 9, 30.0)
        found = await asyncio.gather(*(pool.run(lambda n=n: work(n)) for n in range(12)))
        pool.close()
        return found

    assert run(ask()) == list(range(12))
    assert max(most) == 3


def test_beyond_the_waiting_ones_they_are_sent_away_at_once_and_later_let_in():
    gate = threading.Event()

    async def ask():
        pool = Pool(1, 2, 30.0)
        kept = [asyncio.ensure_future(pool.run(gate.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        for _ in range(5):
            with pytest.raises(BusyError):
                await pool.run(lambda: None)
        gate.set()
        await asyncio.gather(*kept)
        return await pool.run(lambda: "in")

    assert run(ask()) == "in"


def test_too_long_is_given_up_but_keeps_its_place_and_what_waits_is_never_begun():
    gate, begun = threading.Event(), []

    async def ask():
        pool = Pool(1, 1, 0.05)
        both = await asyncio.gather(pool.run(gate.wait), pool.run(lambda: begun.append(1)), return_exceptions=True)
        assert [type(each) for each in both] == [TooLongError, TooLongError]
        third = asyncio.ensure_future(pool.run(lambda: "third"))  # takes the place of the one that was cancelled
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await pool.run(lambda: None)
        gate.set()
        assert await third == "third"

    run(ask())
    assert begun == []


def test_an_error_of_the_work_is_the_callers(of_hours):
    async def ask():
        pool = Pool(1, 0, 30.0)
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
        return await pool.run(lambda: "goes on")

    assert run(ask()) == "goes on"


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopIteration])
def test_work_that_ends_its_thread_ends_neither_the_loop_nor_the_wait(end):
    def work():
        raise end

    async def ask():
        pool = Pool(1, 1, 5.0)
        with pytest.raises(RuntimeError, match=end.__name__):
            await pool.run(work)
        return await pool.run(lambda: "goes on")

    assert run(ask()) == "goes on"


def test_the_server_says_503_504_and_500_and_goes_on(hours_model, monkeypatch):
    gate, entered, former = threading.Event(), threading.Event(), Explorer.encode

    def slow(self, question):
        if question.at == ["fail"]:
            raise MemoryError
        if question.at == ["slow"]:
            entered.set()
            gate.wait(5)
        return former(self, question)

    monkeypatch.setattr(Explorer, "encode", slow)
    asked = Asked(explorer_of(hours_model, hours().panel, at_once=1, waiting=0, seconds=0.3))
    stuck = ("POST", "/encode", {"json": {"at": ["slow"]}})
    first, *others = send(asked.app, [stuck, ("POST", "/encode", {"json": {}}), ("GET", "/model", {})])
    assert (first.status_code, others[0].status_code, others[1].status_code) == (504, 503, 200)
    assert others[0].headers["retry-after"] == "1"
    gate.set()
    while asked.post("/encode", {}).status_code == 503:  # until the thread that was given up is done
        time.sleep(0.01)
    response = asked.post("/encode", {"at": ["fail"]})
    assert (response.status_code, "log" in response.json()["error"]) == (500, True)
    assert response.headers["connection"] == "close"
    assert asked.post("/encode", {}).status_code == 200


def test_many_at_once_get_each_their_own_answer(of_hours):
    bodies = [{"at": [f"2024-01-{day:02d}T{hour:02d}:00"]} for day in (10, 11) for hour in (0, 7, 13, 20)]
    alone = [of_hours.answer("/forecast", body) for body in bodies]
    together = send(of_hours.app, [("POST", "/forecast", {"json": body}) for body in bodies])
    assert [response.json() for response in together] == alone


def test_a_cached_value_is_computed_once_by_many_threads_and_again_after_an_error():
    made = []

    def make():
        made.append(1)
        time.sleep(0.01)
        if len(made) == 1:
            raise ValueError("not yet")
        return "value"

    cached, found = Cached(make), []
    with pytest.raises(ValueError, match="not yet"):
        cached()
    threads = [threading.Thread(target=lambda: found.append(cached())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), found) == (2, ["value"] * 4)


def test_the_global_random_state_is_left_alone(of_hours):
    before = torch.get_rng_state()
    of_hours.answer("/what-if", {"to": {"hour": "03"}})
    of_hours.answer("/anomalies", {"every": 50})
    assert torch.equal(torch.get_rng_state(), before)
