// The one place the page gets its answers from. Each is a promise, so that a server can give them live: another
// object with these functions is all that takes. Here they are read from what the page holds.

function embeddedSource(payload) {
  const opened = new Map();
  const open = (packed) => {
    if (!opened.has(packed)) opened.set(packed, unpack(packed));
    return opened.get(packed);
  };
  const { forecasts, code_map: map, what_ifs: whatIfs } = payload;
  const firstClass = [0];
  payload.factors.forEach((factor) => firstClass.push(firstClass[firstClass.length - 1] + factor.classes.length));

  return {
    // What there is to choose from, and all that needs no choice.
    async about() {
      return payload;
    },
    // { times, nPast, truth, mean, quantiles } of a series from an origin.
    async forecast(origin, series) {
      return {
        times: forecasts.times[origin],
        nPast: forecasts.n_past,
        truth: along(open(forecasts.truth), [origin, null, series]),
        mean: along(open(forecasts.mean), [origin, null, series]),
        quantiles: [0, 1, 2, 3].map((level) => along(open(forecasts.quantiles), [level, origin, null, series])),
      };
    },
    // A dimension of the code, a value a window.
    async codes(dimension) {
      return along(open(map.codes), [null, dimension]);
    },
    // { steps, truth, mean } of a window and series.
    async window(window, series) {
      return {
        steps: map.steps,
        truth: along(open(map.truth), [window, null, series]),
        mean: along(open(map.mean), [window, null, series]),
      };
    },
    // { grid, prior, classes } of a dimension of a factor's block.
    async density(factor, dimension) {
      const block = payload.densities[factor];
      const n = block.classes.shape[0];
      return {
        grid: along(open(block.grid), [null, dimension]),
        prior: along(open(block.prior), [null, dimension]),
        classes: Array.from({ length: n }, (_, k) => along(open(block.classes), [k, null, dimension])),
      };
    },
    // { times, nPast, truth, factual, counterfactual }, these two of mean, lower and upper bound.
    async whatIf(origin, series, factor, label) {
      const curves = (packed, head) => [0, 1, 2].map((at) => along(open(packed), [...head, at, origin, null, series]));
      return {
        times: whatIfs.times[origin],
        nPast: whatIfs.n_past,
        truth: along(open(whatIfs.truth), [origin, null, series]),
        factual: curves(whatIfs.factual, []),
        counterfactual: curves(whatIfs.answers, [firstClass[factor] + label]),
      };
    },
    // (cell) the highest rarity of a series.
    async oddSeries(series) {
      return along(open(payload.oddness.strip.by_series), [null, series]);
    },
  };
}
