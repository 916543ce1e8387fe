// What the forecasts depend on, by step ahead.

function buildWhy(host, about) {
  const part = about.reasons;
  const figure = figureElement("Share of each component of the code, by step ahead");
  const colours = part.components.map((_, at) => OKABE_ITO[at % OKABE_ITO.length]);
  const steps = part.alone.map((_, at) => at + 1);
  host.append(paragraph(part.note, "note"), ...part.sentences.map((text) => paragraph(text)), figure);
  host.append(legend([...part.components, "share of variance without the code"], [...colours, "var(--ink)"]));
  return draw(figure, () => [
    ...part.components.map((name, at) => ({ type: "bar", name: plain(name), x: steps, y: part.share[at], marker: { color: colours[at] } })),
    line("without the code", steps, part.alone, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 2, dash: "dot" } }),
  ], () => ({ barmode: "stack", height: 300, xaxis: { title: { text: "step ahead" } }, yaxis: { title: { text: "share" }, tickformat: ".0%" } }));
}
