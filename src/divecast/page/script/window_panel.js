// A panel with one window and its reconstruction; the map and the anomalies have one each.

function windowPanel(about, source, name) {
  const map = about.code_map;
  const title = element("h3", { "aria-live": "polite" }, "");
  const facts = element("div", {});
  const figure = figureElement("The window and its reconstruction");
  const state = { window: null };
  const show = async (window, reasons) => {
    state.window = window;
    curves.hidden = false;
    title.textContent = `Window that ends ${map.ends[window]}`;
    facts.replaceChildren(...windowFacts(about, window).map((text) => paragraph(text, "note")), ...(reasons || []).map((text) => paragraph(text)));
    const answer = await source.window(window, series.chosen);
    await draw(figure, () => [
      line("observed", answer.steps, answer.truth, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 1.5 } }),
      line("reconstruction", answer.steps, answer.mean, "#D55E00"),
    ], () => ({ height: 280, xaxis: { title: { text: plain(map.unit) } } }));
  };
  const typical = Math.max(0, map.series.indexOf(about.forecasts.typical));
  const series = picker(`Series (${name})`, map.series, typical, () => state.window !== null && show(state.window, state.reasons));
  const curves = element("div", {}, controls(series), figure, legend(["observed", "reconstruction"], ["var(--ink)", "#D55E00"]));
  const box = element("div", { class: "panel", "data-panel": name }, title, facts, curves);
  return {
    box,
    series,
    show(window, reasons) {
      state.reasons = reasons;
      return show(window, reasons);
    },
    say(heading, reasons) {
      state.window = null;
      title.textContent = heading;
      facts.replaceChildren(...reasons.map((text) => paragraph(text)));
      curves.hidden = true; // the page does not hold this window's values
      drawn.delete(figure);
    },
  };
}

// The labels of a window, as given and as inferred, and its anomaly score.
function windowFacts(about, window) {
  const map = about.code_map;
  const facts = about.factors.map((factor, at) => {
    if (!map.given.length) return null;
    const [given, inferred] = [map.given[window][at], map.inferred[window][at]];
    const label = given < 0 ? "no label" : factor.classes[given];
    return `${factor.name}: ${label}${inferred === given ? ", inferred correctly" : `, inferred as ${factor.classes[inferred]}`}`;
  });
  const score = map.score[window];
  return [...facts.filter((fact) => fact !== null), ...(score === null ? [] : [`anomaly score ${score.toFixed(1)}`])];
}
