"""Damaged copies of what divecast saves: by accident, or by a stranger who makes the checksum right again."""

import hashlib
import json
import random
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import load, save
from torch import Tensor

Json = Any
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A damaged file.

    Attributes:
        kind: what was done, in a word or two.
        file: its name.
        content: its bytes.
        signed: whether its checksum fits.
    """

    kind: str
    file: str
    content: bytes
    signed: bool


HOSTILE: tuple[Json, ...] = (
    *(None, True, False, -1, 0, 1, 2, 10**6, 10**9, 10**18, 10**400, -(10**9), 1e308, 0.5, 1e-320),
    *(float("nan"), float("inf"), "", "NaN", "3", "..", "../../../../etc/passwd", "/dev/zero", "store.json", "\ud800"),
    *("\0", "<script>alert(1)</script>", "__import__('os').system('touch ran')", "x" * 5000, "%s%s%n", "{0.__class__}"),
    *([], {}, [[]], [None] * 3, [0.5] * 1000, {"type": "Calendar"}, {"__reduce__": ["os.system", "touch ran"]}),
)
NEST = "[" * 100_000
TOKENS = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, NEST, '{"a":' * 100_000, '"\\ud800"', "")


def accident(name: str, content: bytes, draw: random.Random) -> Mutation:
    """Flip bits, cut, insert, exchange stretches or blank one."""
    at, n = draw.randrange(len(content)), draw.randint(1, 64)
    other = draw.randrange(len(content))
    first, second = sorted((at, other))
    swapped = content[second : second + n] + content[first + n : second] + content[first : first + n]
    bits = bytes([content[at] ^ (1 << draw.randrange(8))])
    ways = {
        "bit flipped": content[:at] + bits + content[at + 1 :],
        "cut": content[:at] if draw.random() < 0.5 else content[:at] + content[at + n :],
        "inserted": content[:at] + draw.randbytes(n) + content[at:],
        "exchanged": content[:first] + swapped + content[second + n :] if second > first + n else content[n:],
        "blanked": content[:at] + bytes(n) + content[at + n :],
    }
    kind = draw.choice(list(ways))
    return Mutation(kind, name, ways[kind], signed=False)


def header(name: str, content: bytes, draw: random.Random) -> Mutation:
    """Declare other tensors than there are, in the header of safetensors."""
    length = struct.unpack("<Q", content[:8])[0]
    parts, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    if draw.random() < 0.1:
        huge = struct.pack("<Q", draw.choice([2**63, 2**40, 10**8, length + 1, 0]))
        return Mutation("declared length", name, huge + content[8:], signed=False)
    one, other = draw.sample([key for key in parts if key != "__metadata__"], 2)
    entry, last = dict(parts[one]), len(data)
    ways: dict[str, Callable[[], Json]] = {
        "declared shape": lambda: {one: entry | {"shape": [draw.choice([10**9, 2**62, 2**63, 0, -1]), 4]}},
        "declared dtype": lambda: {one: entry | {"dtype": draw.choice(["F64", "I8", "F8_E4M3", "F4", "C64"])}},
        "declared offsets": lambda: {one: entry | {"data_offsets": draw.choice([[0, last], [last, 10**15], [-1, 4]])}},
        "swapped tensors": lambda: {one: parts[other], other: parts[one]},
        "path in a name": lambda: {one: None, f"../../{one}": entry},
        "huge and empty": lambda: {"empty": {"dtype": "F32", "shape": [0, 2**62], "data_offsets": [last, last]}},
    }
    kind = draw.choice(list(ways))
    edited = {key: value for key, value in (parts | ways[kind]()).items() if value is not None}
    text = json.dumps(edited).encode()
    return Mutation(kind, name, struct.pack("<Q", len(text)) + text + data, signed=False)


def tensors(name: str, content: bytes, draw: random.Random) -> Mutation:
    """Exchange, lose, add or change tensors, and sign."""
    text, found = opened(content)
    one, other = draw.sample(sorted(key for key, tensor in found.items() if tensor.numel()), 2)
    same = [key for key in found if key != one and found[key].shape == found[one].shape] or [other]
    like, twin = found[one], draw.choice(same)
    flat = like.reshape(-1).clone()
    flat[: 1 + draw.randrange(len(flat))] = draw.choice([torch.nan, torch.inf, -torch.inf])
    ways: dict[str, dict[str, Tensor | None]] = {
        "swapped tensors": {one: found[twin].clone(), twin: like.clone()},
        "lost tensor": {one: None},
        "extra tensor": {draw.choice(["../../extra", "network.extra", "best.x", "optimiser.marginal.7.step"]): like},
        "other dtype": {one: like.to(draw.choice([torch.float64, torch.float16, torch.int64, torch.bool]))},
        "other shape": {one: draw.choice([torch.cat([flat, flat]), like[None], like.reshape(-1)[:1], torch.empty(0)])},
        "not finite": {one: flat.reshape(like.shape)},
        "huge and empty": {one: torch.empty(0, 2**40)},
    }
    kind = draw.choice(list(ways))
    kept = {key: value.clone().contiguous() for key, value in (found | ways[kind]).items() if value is not None}
    return Mutation(f"{kind}, signed", name, signed(text, kept), signed=True)


def document(name: str, content: bytes, draw: random.Random) -> Mutation:
    """Edit the JSON document, and sign."""
    text, found = opened(content)
    kind, edited = edit(json.loads(text), draw)
    return Mutation(f"{kind}, signed", name, signed(edited, found), signed=True)


def store_header(content: bytes, values: bytes, draw: random.Random) -> Mutation:
    """Edit store.json, and sign where what is signed is still there."""
    kind, text = edit(json.loads(content), draw)
    try:
        edited = json.loads(text)
        facts = json.dumps([edited["channels"], edited["clock"]]).encode()
        if kind != "edited" or edited.get("sha256") == json.loads(content)["sha256"]:
            edited["sha256"] = hashlib.sha256(values + facts).hexdigest()
        text = json.dumps(edited, indent=1)
    except (ValueError, LookupError, TypeError, RecursionError):
        pass
    return Mutation(f"{kind}, signed", "store.json", text.encode("utf-8", "surrogatepass"), signed=True)


def edit(found: Json, draw: random.Random) -> tuple[str, str]:
    """Return what was done to JSON values, and the text."""
    path = draw.choice(list(places(found)))
    parent, key = at(found, path[:-1]), path[-1]
    way = draw.choice(["edited"] * 6 + ["lost", "unknown", "doubled", "token"])
    if way == "token":
        parent[key] = "@@"
        return "broken JSON", json.dumps(found).replace('"@@"', draw.choice(TOKENS))
    if way == "edited":
        parent[key] = draw.choice(HOSTILE)
    elif way == "lost":
        del parent[key]
    elif isinstance(parent, dict):
        parent[draw.choice(["../../x", "__class__", "__init__", "extra", f"{key} "])] = draw.choice(HOSTILE)
    else:
        parent.append(parent[0])
    return way if way != "doubled" else "unknown", json.dumps(found)


def places(found: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything within JSON values, what lies deep as often as what does not."""
    for key in found if isinstance(found, dict) else range(min(len(found), 3)):
        yield (*path, key)
        if isinstance(found[key], dict | list):
            yield from places(found[key], (*path, key))


def at(found: Json, path: Path) -> Json:
    """Return what lies at a path."""
    for key in path:
        found = found[key]
    return found


def opened(content: bytes) -> tuple[str, dict[str, Tensor]]:
    """Return the document and the tensors of an artifact, unchecked."""
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length])["__metadata__"]["divecast"], load(content)


def signed(text: str, found: dict[str, Tensor]) -> bytes:
    """Return an artifact whose checksum fits."""
    return save(found, {"divecast": text, "sha256": checksum(text, found)})


def checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    """Return the checksum that a model file carries, as anyone who reads the source can compute it."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
