// Each recording with its labels and anomalies, and conditions compared over people.

function sentenceList(sentences) {
  return element("ul", {}, ...sentences.map((text) => element("li", {}, text)));
}

function buildRecordings(host, told) {
  const head = ["recording", ...told.factors.map((name) => `${name}, as read`), "mean anomaly score", "reasons"];
  const rows = told.rows.map((row) => element("tr", {},
    element("th", { scope: "row" }, row.name),
    ...row.labels.map((text, at) => element("td", row.differs[at] ? { class: "mark problem" } : {}, text)),
    element("td", { class: "figures" }, rounded(row.score, 3)),
    element("td", {}, row.reasons.join("; "))));
  const top = element("tr", {}, ...head.map((text) => element("th", {}, text)));
  const table = element("table", {}, element("thead", {}, top), element("tbody", {}, ...rows));
  host.append(sentenceList(told.sentences), element("div", { class: "scroll tall" }, table));
}

function buildComparison(host, told) {
  const figure = figureElement("Differences of a condition from the reference, with intervals");
  const y = told.names.map((_, at) => at);
  const show = () => {
    const { difference, low, high } = told.contrasts[shown.chosen];
    const certain = y.map((at) => low[at] > 0 || (high[at] !== null && high[at] < 0));
    const colour = certain.map((sure) => (sure ? OKABE_ITO[0] : MISSING));
    const ends = y.map((at) => ({ type: "line", x0: low[at], x1: high[at], y0: at, y1: at, line: { color: colour[at], width: 2 } }));
    const zero = { type: "line", x0: 0, x1: 0, yref: "paper", y0: 0, y1: 1, line: { color: cssColour("--soft"), width: 1 } };
    return draw(figure, () => [
      { type: "scatter", mode: "markers", x: difference, y, hoverinfo: "none", marker: { size: 7, color: colour } },
    ], () => ({
      height: 90 + 20 * y.length,
      hovermode: false,
      shapes: [zero, ...ends.filter((each) => each.x0 !== null)],
      xaxis: { title: { text: "difference, in units of the spread over windows" } },
      yaxis: { tickvals: y, ticktext: told.names.map(plain), range: [y.length - 0.4, -0.6] },
    }));
  };
  const shown = picker("Conditions", told.contrasts.map((each) => each.title), 0, show);
  host.append(sentenceList(told.sentences), controls(shown), figure, paragraph("Blue: the interval leaves out 0. All intervals of a block, such as those of a, hold together.", "note"));
  return show();
}
