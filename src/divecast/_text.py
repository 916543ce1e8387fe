"""Numbers of things in words."""


def plural(n: int, thing: str) -> str:
    """Say how many: "1 window", "2,000 windows".

    Args:
        n: the number.
        thing: one of them, whose plural ends in s: "window", "series" for what has none.
    """
    ending = "" if n == 1 or thing.endswith("s") else "s"
    return f"{n:,} {thing}{ending}"
