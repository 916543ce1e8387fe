"""A conditional variational autoencoder of whole vectors of errors: q(a|x,y,b), p(a|x,b), p(y|a,x,b)."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal, kl_divergence

_WIDTH, _READ = 64, 32
_PASSES, _BATCH, _PATIENCE = 40, 128, 6
_LEAST = 1e-3


class JointCode(nn.Module):
    """a tells what the errors of a window have in common over steps and series.

    Args:
        dims: dimensions of a.
        directions: (value, direction) principal directions of standardised error vectors, as many as are read.
        n_known: features that are known at the origin.
    """

    directions: Tensor

    def __init__(self, dims: int, directions: Tensor, n_known: int) -> None:
        super().__init__()
        self.register_buffer("directions", directions)
        self.enter = nn.Sequential(nn.Linear(_READ + n_known, _WIDTH), nn.GELU(), nn.Linear(_WIDTH, 2 * dims))
        self.ahead = nn.Sequential(nn.Dropout(0.2), nn.Linear(n_known, _WIDTH), nn.GELU(), nn.Linear(_WIDTH, 2 * dims))
        for parameter in self.ahead[-1].parameters():
            nn.init.zeros_(parameter)
        self.leave = nn.Linear(dims, len(directions), bias=False)
        self.leave.weight.data.copy_(directions[:, :dims])
        self.noise = nn.Parameter(torch.zeros(len(directions)))

    def posterior(self, z: Tensor, known: Tensor) -> Normal:
        """Return q(a|x,y,b), of errors, (window, value), and features."""
        return _normal(self.enter(torch.cat([z @ self.directions[:, :_READ], known], dim=1)))

    def prior(self, known: Tensor) -> Normal:
        """Return p(a|x,b)."""
        return _normal(self.ahead(known))

    def bound(self, z: Tensor, known: Tensor) -> Tensor:
        """Return the bound on log p(errors | what is known), nats per window, (window,)."""
        q = self.posterior(z, known)
        given = Normal(self.leave(q.rsample()), self.noise.exp() + _LEAST, validate_args=False)
        return given.log_prob(z).sum(1) - kl_divergence(q, self.prior(known)).sum(1)


def _normal(both: Tensor) -> Normal:
    loc, log_scale = both.chunk(2, dim=1)
    return Normal(loc, log_scale.clamp(-5.0, 5.0).exp(), validate_args=False)


def fitted_code(z: Tensor, known: Tensor, dims: int, seed: int) -> JointCode:
    """Fit to all but every fifth week of windows in order of time, which stop the fit.

    Args:
        z: (window, value) standardised errors.
        known: (window, feature) standardised features.
        dims: dimensions of a.
        seed: of all draws.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        out = torch.arange(len(z)) // 168 % 5 == 0
        directions = torch.pca_lowrank(z[~out][:: max(1, len(z) // 4000)], q=_READ, center=True)[2]
        code = JointCode(dims, directions, known.shape[1])
        optimiser = torch.optim.AdamW(code.parameters(), lr=1e-3, weight_decay=0.1)
        best, kept, since = -torch.inf, code.state_dict(), 0
        inside = torch.nonzero(~out)[:, 0]
        for _ in range(_PASSES):
            code.train()
            for index in inside[torch.randperm(len(inside))].split(_BATCH):
                optimiser.zero_grad()
                (-code.bound(z[index], known[index]).mean() / z.shape[1]).backward()
                optimiser.step()
            code.eval()
            with torch.no_grad():
                value = float(code.bound(z[out], known[out]).mean())
            since += 1
            if value > best:
                best, since = value, 0
                kept = {name: each.clone() for name, each in code.state_dict().items()}
            if since > _PATIENCE:
                break
        code.load_state_dict(kept)
    return code.eval()
