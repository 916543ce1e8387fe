// The forecast of a window, and its forecast under another class.

function buildWhatIf(host, about, source) {
  const part = about.what_ifs;
  const figure = figureElement("Forecast and what-if forecast");
  const difference = figureElement("Difference of the two forecasts");
  const sentence = element("p", { "aria-live": "polite" });
  const show = async () => {
    const factor = about.factors[which.chosen];
    const answer = await source.whatIf(origin.chosen, series.chosen, which.chosen, label.chosen);
    const [old, other] = [part.before[origin.chosen][which.chosen], factor.classes[label.chosen]];
    sentence.textContent = differenceInWords(answer, factor.name, old, other);
    await drawWhatIf(figure, answer);
    await drawDifference(difference, answer);
  };
  const change = () => {
    const { classes } = about.factors[which.chosen];
    refill(label.select, classes, farthest(classes, part.before[origin.chosen][which.chosen]));
    return show();
  };
  const series = picker("Series (what if)", part.series, Math.max(0, part.series.indexOf(about.forecasts.typical)), show);
  const origin = picker("Forecast starts (what if)", part.origins, 0, show);
  const first = Math.max(0, about.factors.findIndex((factor) => factor.name === "weekday"));
  const which = picker("Factor (what if)", about.factors.map((factor) => factor.name), first, change);
  const label = picker("Class (what if)", [], 0, show);
  host.append(paragraph(part.note, "note"), controls(series, origin, which, label), sentence, figure,
    legend(["observed", "forecast", "what-if forecast"], ["var(--ink)", "var(--accent)", "#E69F00"]), difference);
  return change();
}

// The class half the list away: for cyclic factors the most different one.
function farthest(classes, old) {
  return (Math.max(0, classes.indexOf(old)) + Math.ceil(classes.length / 2)) % classes.length;
}

function differenceInWords(answer, factor, old, other) {
  const gaps = answer.counterfactual[0].map((value, at) => value - answer.factual[0][at]);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const far = gaps.reduce((worst, gap, at) => (Math.abs(gap) > Math.abs(gaps[worst]) ? at : worst), 0);
  const sign = (value) => `${value < 0 ? "−" : "+"}${rounded(Math.abs(value), 3)}`;
  if (old === other) return `The last row of this window already has ${factor} ${old}.`;
  return `The last row of this window has ${factor} ${old}. With ${other} the forecast would differ by ${sign(mean)} on average, and by ${sign(gaps[far])} at step ${far + 1}, where it differs most.`;
}

function drawWhatIf(host, answer) {
  const ahead = answer.times.slice(answer.nPast);
  const [own, other] = [answer.factual, answer.counterfactual];
  return draw(host, () => [
    ...band("90 %", ahead, own[1], own[2], `rgba(${cssColour("--band")}, 0.2)`),
    ...band("90 %, what-if", ahead, other[1], other[2], translucent("#E69F00", 0.25)),
    line("observed", answer.times, answer.truth, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 1.5 } }),
    line("forecast", ahead, own[0], cssColour("--accent")),
    line("what-if forecast", ahead, other[0], "#E69F00", { line: { color: "#E69F00", width: 2.5, dash: "dash" } }),
  ], () => ({ shapes: [startLine(ahead[0])], xaxis: { title: { text: timeTitle(answer.times) } } }));
}

function drawDifference(host, answer) {
  const ahead = answer.times.slice(answer.nPast);
  const gaps = answer.counterfactual[0].map((value, at) => value - answer.factual[0][at]);
  return draw(host, () => [{ type: "bar", x: ahead, y: gaps, name: "difference", marker: { color: "#E69F00" } }],
    () => ({ height: 180, yaxis: { title: { text: "difference" } } }));
}
