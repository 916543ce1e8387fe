"""What the KL of a code is made of, on average over windows: information, total correlation, and the rest."""

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.losses.terms import normal_kl
from laws import EXACT


def test_mean_kl_is_information_plus_total_correlation_plus_kl_of_each_dimension() -> None:
    """Chen et al. 2018, eq. 2, for four windows and two dimensions, every term on its own by quadrature."""
    loc = torch.tensor([[-1.0, -0.8], [0.2, 0.5], [1.1, 0.9], [0.4, -1.2]], dtype=torch.float64)
    scale = torch.tensor([[0.5, 0.4], [0.7, 0.3], [0.4, 0.6], [0.3, 0.5]], dtype=torch.float64)
    q, standard = Normal(loc, scale), Normal(torch.zeros_like(loc), torch.ones_like(loc))
    line = torch.linspace(-8.0, 8.0, 801, dtype=torch.float64)
    area = float(line[1] - line[0]) ** 2

    apart = q.log_prob(line[:, None, None]).exp()  # (point, window, dim)
    together = torch.einsum("pn,rn->npr", apart[..., 0], apart[..., 1])  # q(a|x), (window, point, point)
    aggregated, edges = together.mean(0), apart.mean(1)
    product = edges[:, None, 0] * edges[None, :, 1]

    def kl(one: Tensor, other: Tensor, cell: float) -> Tensor:
        return cell * torch.special.xlogy(one, one / other.clamp(min=1e-300)).sum()

    information = torch.stack([kl(window, aggregated, area) for window in together]).mean()
    correlation = kl(aggregated, product, area)
    density = Normal(0.0, 1.0).log_prob(line).exp()
    each = sum(kl(edges[:, j], density, area**0.5) for j in range(2))
    torch.testing.assert_close(normal_kl(q, standard).mean(), information + correlation + each, atol=EXACT, rtol=0)
    assert min(information, correlation, each) > 0.05  # none of them is idle here
