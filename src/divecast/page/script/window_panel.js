// One window beside what the code gives back of it, in a panel; the map and the odd windows each have one.

function windowPanel(about, source, name) {
  const map = about.code_map;
  const title = element("h3", { "aria-live": "polite" }, "");
  const facts = element("div", {});
  const figure = figureElement("The window and what the code gives back of it");
  const state = { window: null };
  const show = async (window, reasons) => {
    state.window = window;
    curves.hidden = false;
    title.textContent = `Window that ends ${map.ends[window]}`;
    facts.replaceChildren(...windowFacts(about, window).map((text) => paragraph(text, "note")), ...(reasons || []).map((text) => paragraph(text)));
    const answer = await source.window(window, series.chosen);
    await draw(figure, () => [
      line("observed", answer.steps, answer.truth, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 1.5 } }),
      line("from the code", answer.steps, answer.mean, "#D55E00"),
    ], () => ({ height: 280, xaxis: { title: { text: plain(map.unit) } } }));
  };
  const typical = Math.max(0, map.series.indexOf(about.forecasts.typical));
  const series = picker(`Series (${name})`, map.series, typical, () => state.window !== null && show(state.window, state.reasons));
  const curves = element("div", {}, controls(series), figure, legend(["observed", "from the code"], ["var(--ink)", "#D55E00"]));
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

// What is known of a window: its classes, given and read, and how odd it is.
function windowFacts(about, window) {
  const map = about.code_map;
  const facts = about.factors.map((factor, at) => {
    if (!map.given.length) return null;
    const [given, read] = [map.given[window][at], map.read[window][at]];
    const told = given < 0 ? "not given" : factor.classes[given];
    return `${factor.name}: ${told}${read === given ? ", read right" : `, read as ${factor.classes[read]}`}`;
  });
  const odd = map.odd[window];
  return [...facts.filter((fact) => fact !== null), ...(odd === null ? [] : [`oddness ${odd.toFixed(1)}`])];
}
