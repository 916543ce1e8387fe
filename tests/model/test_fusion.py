"""Attention over factors: weights sum to one and follow the order of the tokens."""

import pytest
import torch

from divecast.config import DecoderConfig
from divecast.model.fusion import Fusion
from divecast.types import Code

CLASSES, BLOCKS = (4, 3, 2), (2, 1, 5)
KINDS = ("attention", "concatenation", "gating")


def sized(kind: str = "attention") -> DecoderConfig:
    return DecoderConfig(fusion=kind, token_width=16, n_heads=4)


def fusion_and_code(kind: str = "attention", n_conditional: int = 3) -> tuple[Fusion, Code]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fusion = Fusion(n_conditional, CLASSES, BLOCKS, sized(kind))
        classes = tuple(torch.randn(6, k).softmax(1) for k in CLASSES)
        return fusion, Code(torch.randn(6, n_conditional), torch.randn(6, sum(BLOCKS)), classes)


def test_attention_of_every_head_sums_to_one() -> None:
    fusion, code = fusion_and_code()
    fused, weights = fusion(code)
    assert fused.shape == (6, 16)
    assert weights.shape == (6, 4, 3)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(2), torch.ones(6, 4))


def test_reordered_factors_reorder_the_weights_and_leave_the_result() -> None:
    fusion, code = fusion_and_code()
    order = [2, 0, 1]
    other = Fusion(3, [CLASSES[i] for i in order], [BLOCKS[i] for i in order], sized())
    state = {name: value for name, value in fusion.state_dict().items() if not name.startswith("tokens.")}
    for new, old in enumerate(order):
        state |= {f"tokens.{new}.{name}": value for name, value in fusion.tokens[old].state_dict().items()}
    other.load_state_dict(state)
    blocks = code.b.split(BLOCKS, dim=1)
    turned = Code(code.a, torch.cat([blocks[i] for i in order], 1), tuple(code.classes[i] for i in order))
    (fused, weights), (again, turned_weights) = fusion(code), other(turned)
    torch.testing.assert_close(again, fused)
    torch.testing.assert_close(turned_weights, weights[:, :, order])
    assert not torch.allclose(weights, turned_weights)


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_the_code_reaches_the_result(kind: str) -> None:
    fusion, code = fusion_and_code(kind)
    fused, _ = fusion(code)
    shares = [list(code.classes) for _ in CLASSES]
    for i, changed in enumerate(shares):
        changed[i] = changed[i].roll(1, dims=1)
    others = [Code(code.a + 1, code.b, code.classes), Code(code.a, code.b + 1, code.classes)]
    others += [Code(code.a, code.b, tuple(changed)) for changed in shares]
    for other in others:
        assert not torch.allclose(fusion(other)[0], fused, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_windows_of_one_label_code_are_alike(kind: str) -> None:
    fusion, code = fusion_and_code(kind, n_conditional=0)
    fused, _ = fusion(code)
    assert not torch.allclose(fused[0], fused[1], atol=1e-4)
    alike = Code(code.a, code.b[:1].expand(6, -1), tuple(shares[:1].expand(6, -1) for shares in code.classes))
    torch.testing.assert_close(fusion(alike)[0], fused[:1].expand(6, -1))


def test_gates_lie_between_0_and_1_and_shut_a_factor_out() -> None:
    fusion, code = fusion_and_code("gating")
    _, gates = fusion(code)
    assert gates.shape == (6, 1, 3)
    assert ((gates > 0) & (gates < 1)).all()
    with torch.no_grad():
        fusion.join.gate.bias[0] = -1e4
    first = Code(code.a, code.b, (code.classes[0].roll(1, dims=1), *code.classes[1:]))
    second = Code(code.a, code.b, (code.classes[0], code.classes[1].roll(1, dims=1), code.classes[2]))
    torch.testing.assert_close(fusion(first)[0], fusion(code)[0])
    assert not torch.allclose(fusion(second)[0], fusion(code)[0], atol=1e-4)


def test_concatenation_has_no_weights_to_read() -> None:
    fusion, code = fusion_and_code("concatenation")
    assert fusion(code)[1].shape == (6, 0, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_without_factors_it_is_a_map_of_a(kind: str) -> None:
    fusion = Fusion(3, (), (), sized(kind))
    fused, weights = fusion(Code(torch.randn(5, 3), torch.empty(5, 0), ()))
    assert fused.shape == (5, 16)
    assert weights.shape == (5, 0, 0)
