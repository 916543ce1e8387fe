// What forecasts are made of, stacked from the level, and the curves of effects.

function partColours(names) {
  return names.slice(1).map((_, at) => OKABE_ITO[at % OKABE_ITO.length]);
}

// Bars from the level: parts above 0 upwards, those below downwards.
function drawParts(host, names, times, parts) {
  const colours = partColours(names);
  const [level, ...others] = parts;
  const above = [...level];
  const below = [...level];
  const bases = others.map((part) => part.map((value, at) => {
    const base = value >= 0 ? above[at] : below[at];
    (value >= 0 ? above : below)[at] += value;
    return base;
  }));
  const mean = level.map((value, at) => others.reduce((sum, part) => sum + part[at], value));
  return draw(host, () => [
    ...others.map((part, at) => ({ type: "bar", name: plain(names[at + 1]), x: times, y: part, base: bases[at], marker: { color: colours[at] }, customdata: part, hovertemplate: "%{customdata:.4g}" })),
    line(names[0], times, level, cssColour("--soft"), { line: { color: cssColour("--soft"), width: 1.5 } }),
    line("forecast", times, mean, cssColour("--ink")),
  ], () => ({ barmode: "overlay", bargap: 0.1, height: 380, xaxis: { title: { text: timeTitle(times) } } }));
}

function partsLegend(names) {
  return [[...names, "forecast"], ["var(--soft)", ...partColours(names), "var(--ink)"]];
}

function buildParts(host, about, source) {
  const part = about.parts;
  const figure = figureElement("Parts of the forecast, stacked from the level");
  const show = async () => {
    const answer = await source.parts(origin.chosen, series.chosen);
    await drawParts(figure, part.names, answer.times, answer.parts);
  };
  const series = picker("Series of the parts", part.series, Math.max(0, part.series.indexOf(about.forecasts.typical)), show);
  const { origins } = about.forecasts;
  const origin = picker("Parts of the forecast that starts", origins, origins.length - 1, show);
  host.append(paragraph(part.note, "note"), paragraph(part.sentence), controls(series, origin), figure, legend(...partsLegend(part.names)));
  return show();
}

function buildEffects(host, about, source) {
  const part = about.effects;
  const figure = figureElement("Effect of each class or value");
  const key = element("div");
  const share = element("p", { "aria-live": "polite" });
  const show = async () => {
    const curve = part.curves[which.chosen];
    const lines = await source.effect(which.chosen, series.chosen);
    const colours = curve.by.map((_, at) => (curve.by.length <= OKABE_ITO.length ? OKABE_ITO[at] : between(LINE, at / (curve.by.length - 1))));
    share.textContent = `${(100 * curve.share[series.chosen]).toFixed(1)} % of the variance of the series in the training part.`;
    key.replaceChildren(curve.by.length > 1 ? legend(curve.by, colours) : "");
    const own = Array.isArray(curve.values[0]) ? curve.values[series.chosen] : curve.values;
    const isNumber = typeof own[0] === "number";
    const values = isNumber ? own : own.map(plain);
    const bars = curve.by.length === 1 && !isNumber;
    await draw(figure, () => lines.map((effect, at) => (bars
      ? { type: "bar", x: values, y: effect, marker: { color: cssColour("--accent") } }
      : line(curve.by[at] || "effect", values, effect, curve.by.length > 1 ? colours[at] : cssColour("--accent")))),
    () => ({ hovermode: "closest", xaxis: { title: { text: plain(curve.title) }, type: isNumber ? "linear" : "category" }, yaxis: { title: { text: "effect" } } }));
  };
  const series = picker("Series of the effects", part.series, Math.max(0, part.series.indexOf(about.forecasts.typical)), show);
  const which = picker("Effect of", part.curves.map((curve) => curve.title), 0, show);
  host.append(paragraph(part.note, "note"), controls(series, which), share, figure, key);
  return show();
}
