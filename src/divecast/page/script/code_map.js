// Windows in two dimensions of the code: the axes and the colour can be chosen, and each window shown.

function buildCodeMap(host, about, source) {
  const map = about.code_map;
  host.append(paragraph(map.note, "note"));
  if (!map.dimensions.length) {
    host.append(paragraph("This model's code has no dimensions to show.", "note"));
    return null;
  }
  const figure = figureElement("Windows as points in two dimensions of the code");
  const frame = element("div", { class: "host" }, figure);
  const key = element("div", {});
  const panel = windowPanel(about, source, "map");
  const colourings = [...(map.given.length ? about.factors.map((factor) => factor.name) : []), "anomaly score"];
  let chosen = 0;

  const show = async () => {
    const [x, y] = [await source.codes(across.chosen), await source.codes(up.chosen)];
    const title = (axis) => ({ title: { text: plain(map.dimensions[axis]) } });
    key.replaceChildren(mapLegend(about, colouring.chosen, colourings.length - 1));
    await draw(figure, () => [
      { type: "scatter", mode: "markers", x, y, hoverinfo: "none", marker: { size: 8, opacity: 0.85, line: { width: 0.5, color: cssColour("--soft") }, ...markerColours(about, colouring.chosen, colourings.length - 1) } },
      { type: "scatter", mode: "markers", x: [x[chosen]], y: [y[chosen]], hoverinfo: "skip", marker: { size: 16, symbol: "circle-open", color: cssColour("--ink"), line: { width: 2.5 } } },
    ], () => ({ height: 420, hovermode: "closest", xaxis: title(across.chosen), yaxis: title(up.chosen) }));
  };
  const choose = async (window) => {
    chosen = window;
    point.select.value = String(window);
    await Promise.all([show(), panel.show(window)]);
  };
  const across = picker("Across", map.dimensions, 0, show);
  const up = picker("Up", map.dimensions, Math.min(1, map.dimensions.length - 1), show);
  const colouring = picker("Colour", colourings, 0, show);
  const point = picker("Window", map.ends, 0, choose);
  host.append(paragraph("Every point is a window. Hover over it to see its curve; click it, or choose it in the list, to compare it with its reconstruction."));
  host.append(controls(across, up, colouring, point), element("div", { class: "side" }, element("div", {}, frame, key), panel.box));
  return choose(0).then(() => {
    onClick(figure, (clicked) => clicked.curveNumber === 0 && choose(clicked.pointNumber));
    addTip(frame, figure, about, source, panel);
  });
}

function markerColours(about, colouring, byScore) {
  const map = about.code_map;
  if (colouring === byScore) {
    return { color: map.score.map((score) => (score === null ? 0 : score)), colorscale: scoreScale(), cmin: 0, cmax: 4 };
  }
  const colours = classColours(about.factors[colouring]);
  return { color: map.given.map((row) => (row[colouring] < 0 ? MISSING : colours[row[colouring]])) };
}

function mapLegend(about, colouring, byScore) {
  if (colouring === byScore) return scoreLegend();
  const factor = about.factors[colouring];
  const missing = about.code_map.given.some((row) => row[colouring] < 0);
  return legend([...factor.classes, ...(missing ? ["no label"] : [])], [...classColours(factor), MISSING]);
}

function scoreLegend() {
  const bar = element("span", { class: "swatch bar", "aria-hidden": "true" });
  bar.style.background = "linear-gradient(to right, var(--line), #56B4E9 35%, #E69F00 70%, #D55E00)";
  return element("ul", { class: "legend" }, element("li", {}, "usual (0)", bar, "anomalous (4 or more)"));
}

// A tooltip beside the point under the mouse, with the window's curve.
function addTip(frame, figure, about, source, panel) {
  const tip = element("div", { class: "tip", hidden: "" });
  frame.append(tip);
  figure.on("plotly_unhover", () => { tip.hidden = true; });
  figure.on("plotly_hover", async (event) => {
    const at = event.points[0];
    if (at.curveNumber !== 0) return;
    const answer = await source.window(at.pointNumber, panel.series.chosen);
    const series = about.code_map.series[panel.series.chosen];
    const texts = [about.code_map.ends[at.pointNumber], ...windowFacts(about, at.pointNumber), series];
    tip.replaceChildren(...texts.map((text) => paragraph(text)), sparkline(answer.truth));
    tip.hidden = false;
    const x = at.xaxis.d2p(at.x) + at.xaxis._offset;
    const y = at.yaxis.d2p(at.y) + at.yaxis._offset;
    const left = x + 14 + tip.offsetWidth > frame.clientWidth ? x - 14 - tip.offsetWidth : x + 14;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${Math.max(0, Math.min(y, frame.clientHeight - tip.offsetHeight))}px`;
  });
}

function sparkline(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const scale = high > low ? 28 / (high - low) : 0;
  const points = values.map((value, at) => [(100 * at) / Math.max(1, values.length - 1), 30 - (value - low) * scale]);
  const svgElement = (tag, properties) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(properties).forEach(([name, value]) => node.setAttribute(name, value));
    return node;
  };
  const box = svgElement("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true" });
  const path = points.filter((point) => !Number.isNaN(point[1])).map((point) => point.join(",")).join(" ");
  box.append(svgElement("polyline", { points: path, fill: "none", stroke: "currentColor", "stroke-width": "1.2", "vector-effect": "non-scaling-stroke" }));
  return box;
}
