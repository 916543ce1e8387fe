"""The plan on paper and its page: formulas at known answers, and sections of others left alone."""

import pytest

from research.scale.page import replaced, stream_section
from research.scale.plan import ASSUMED, RANKS, SERIES, Constants, constants, counted, plan, section

FOUND = Constants(shared=1e6, own=100, linear=1000, operations=1e6, activations=1e4, start_seconds=0.01)


def test_a_section_takes_the_place_of_its_own_and_of_no_other() -> None:
    page = "# T\n\nintro\n\n## A\n\nold\n\n## B\n\nkept\n"
    assert replaced(page, "## A\n\nnew\n") == "# T\n\nintro\n\n## A\n\nnew\n\n## B\n\nkept\n"
    added = replaced(page, "## C\n\nnew\n")
    assert added == page + "\n## C\n\nnew\n"
    assert replaced(added, "## C\n\nnew\n") == added


def test_one_gpu_sends_nothing_and_shards_add_up() -> None:
    one = plan(FOUND, 1, ASSUMED, sharded=False)
    assert one == plan(FOUND, 1, ASSUMED, sharded=True)
    assert (one.sent, one.sending) == (0, 0)
    assert one.memory == pytest.approx(4 * (4 * (1e6 + 100 * SERIES) + 1000 * SERIES) + 1e4 * 128 * 384)
    whole, shard = (plan(FOUND, 8, ASSUMED, sharded) for sharded in (False, True))
    own = 4 * (4 * 100 + 1000) * SERIES
    assert whole.memory == one.memory
    assert shard.memory == pytest.approx(one.memory - own * 7 / 8)
    assert whole.sent == pytest.approx(2 * 7 / 8 * 4 * (1e6 + 100 * SERIES))
    assert shard.sent == pytest.approx(2 * 7 / 8 * 4 * 1e6)


def test_the_weights_are_those_of_a_network_of_any_width() -> None:
    shared, own, linear = counted()
    assert (own, linear) == (int(own), int(linear))
    assert linear > 24 * 168
    assert min(shared, own) > 0


def test_the_page_has_a_row_for_each_number_of_gpus() -> None:
    text = section(constants())
    assert [text.count(f"\n| {ranks} |") for ranks in RANKS] == [2, 2, 2]


@pytest.mark.parametrize(("peak", "said"), [(1900, "all stayed"), (1908, "0 of 1 stayed")])
def test_the_page_says_whether_memory_was_held(peak: int, said: str) -> None:
    line = dict.fromkeys(("origins", "rows", "out_mib", "model_mib", "panel_mib", "seconds", "cpu_seconds"), 1)
    line |= {"series": 10, "hours": 20, "input": "store", "ray": None, "peak_mib": peak, "machine": "m", "threads": 1}
    text = stream_section([line, line | {"ray": "local", "workers": 2}])
    assert f"{said} below 2 GB" in text
    assert text.count("| store, 1 MiB |") == 2
