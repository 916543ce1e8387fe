// Figures in the page's own colours, redrawn when these change.

const drawn = new Map();
const HEIGHT = 340;

// plotly interprets <b>, <a href> and entities in every text; names from the data must not be interpreted.
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function figureElement(label) {
  return element("div", { class: "figure", role: "img", "aria-label": label });
}

// Draw the traces and the layout that these functions return, now and whenever the colours change.
async function draw(host, traces, layout) {
  drawn.set(host, { traces, layout });
  host.style.height = `${layout().height || HEIGHT}px`; // plotly forgets its own height when the window is resized
  await Plotly.react(host, traces(), withDefaults(layout(), host), { displayModeBar: false, responsive: true });
}

function withDefaults(layout, host) {
  const axis = { gridcolor: cssColour("--line"), zerolinecolor: cssColour("--line"), linecolor: cssColour("--soft"), automargin: true };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
  const across = { ...axis, nticks: Math.max(5, Math.floor(host.clientWidth / 100)) };
  const allAxes = { xaxis: across, yaxis: { ...axis } };
  axes.forEach((name) => { allAxes[name] = { ...(allAxes[name] || axis), ...layout[name] }; });
  return {
    margin: { l: 48, r: 12, t: 12, b: 44 },
    height: HEIGHT,
    showlegend: false,
    hovermode: "x unified",
    hoverlabel: { bgcolor: cssColour("--paper"), bordercolor: cssColour("--soft"), font: { color: cssColour("--ink") } },
    dragmode: false,
    ...layout,
    ...allAxes,
    paper_bgcolor: "rgba(0, 0, 0, 0)",
    plot_bgcolor: "rgba(0, 0, 0, 0)",
    font: { color: cssColour("--ink"), family: "system-ui, sans-serif", size: 12 },
  };
}

function redrawAll() {
  drawn.forEach(({ traces, layout }, host) => {
    Plotly.react(host, traces(), withDefaults(layout(), host), { displayModeBar: false, responsive: true });
  });
}

function line(name, x, y, colour, more) {
  return { type: "scatter", mode: "lines", name: plain(name), x, y, line: { color: colour, width: 2 }, ...more };
}

// The area between two curves.
function band(name, x, low, high, colour) {
  const edge = { type: "scatter", mode: "lines", x, line: { width: 0 }, hoverinfo: "skip" };
  return [{ ...edge, y: low }, { ...edge, y: high, name: plain(name), fill: "tonexty", fillcolor: colour }];
}

function translucent(colour, opacity) {
  const [red, green, blue] = channels(colour);
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

// A line where the forecast begins.
function startLine(time) {
  return { type: "line", x0: time, x1: time, yref: "paper", y0: 0, y1: 1, line: { color: cssColour("--soft"), width: 1, dash: "dot" } };
}

// Call `choose` with the clicked point; every click has a counterpart in a select, for the keyboard.
function onClick(host, choose) {
  host.on("plotly_click", (event) => choose(event.points[0]));
}
