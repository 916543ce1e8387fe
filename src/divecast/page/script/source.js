// Where the page gets its numbers from: promises, read from what the page holds.

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
    async about() {
      return payload;
    },
    // { times, nPast, truth, mean, quantiles } of one series from one forecast origin.
    async forecast(origin, series) {
      return {
        times: forecasts.times[origin],
        nPast: forecasts.n_past,
        truth: along(open(forecasts.truth), [origin, null, series]),
        mean: along(open(forecasts.mean), [origin, null, series]),
        quantiles: [0, 1, 2, 3].map((level) => along(open(forecasts.quantiles), [level, origin, null, series])),
      };
    },
    // { times, parts } of one series from one forecast origin.
    async parts(origin, series) {
      const { times, names, values } = payload.parts;
      return { times: times[origin], parts: names.map((_, at) => along(open(values), [at, origin, null, series])) };
    },
    // The lines of one effect on one series.
    async effect(which, series) {
      const curve = payload.effects.curves[which];
      return curve.by.map((_, at) => along(open(curve.effect), [null, at, series]));
    },
    // One dimension of the code, one value per window.
    async codes(dimension) {
      return along(open(map.codes), [null, dimension]);
    },
    // { steps, truth, mean } of one window and series.
    async window(window, series) {
      return {
        steps: map.steps,
        truth: along(open(map.truth), [window, null, series]),
        mean: along(open(map.mean), [window, null, series]),
      };
    },
    // { grid, prior, classes } of one dimension of a factor's block.
    async density(factor, dimension) {
      const block = payload.densities[factor];
      const n = block.classes.shape[0];
      return {
        grid: along(open(block.grid), [null, dimension]),
        prior: along(open(block.prior), [null, dimension]),
        classes: Array.from({ length: n }, (_, k) => along(open(block.classes), [k, null, dimension])),
      };
    },
    // { times, nPast, truth, factual, counterfactual }; the last two hold mean, lower and upper bound.
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
    // The highest score of one series in each cell of the calendar.
    async seriesScores(series) {
      return along(open(payload.anomalies.strip.by_series), [null, series]);
    },
  };
}
