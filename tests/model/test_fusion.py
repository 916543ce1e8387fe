"""Attention over factors: weights sum to one and follow the order of the tokens."""

import torch

from divecast.model.fusion import CrossAttentionFusion
from divecast.types import Code

CLASSES, BLOCKS = (4, 3, 2), (2, 1, 5)


def fusion_and_code(seed: int = 0) -> tuple[CrossAttentionFusion, Code]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        fusion = CrossAttentionFusion(3, CLASSES, BLOCKS, 16, 4)
        classes = tuple(torch.randn(6, k).softmax(1) for k in CLASSES)
        return fusion, Code(torch.randn(6, 3), torch.randn(6, sum(BLOCKS)), classes)


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
    other = CrossAttentionFusion(3, [CLASSES[i] for i in order], [BLOCKS[i] for i in order], 16, 4)
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


def test_every_part_of_the_code_reaches_the_result() -> None:
    fusion, code = fusion_and_code()
    fused, _ = fusion(code)
    shares = [list(code.classes) for _ in CLASSES]
    for i, changed in enumerate(shares):
        changed[i] = changed[i].roll(1, dims=1)
    others = [Code(code.a + 1, code.b, code.classes), Code(code.a, code.b + 1, code.classes)]
    others += [Code(code.a, code.b, tuple(changed)) for changed in shares]
    for other in others:
        assert not torch.allclose(fusion(other)[0], fused, atol=1e-4)


def test_without_factors_it_is_a_map_of_a() -> None:
    fusion = CrossAttentionFusion(3, (), (), 16, 4)
    fused, weights = fusion(Code(torch.randn(5, 3), torch.empty(5, 0), ()))
    assert fused.shape == (5, 16)
    assert weights.shape == (5, 4, 0)
