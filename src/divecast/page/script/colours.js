// Colours for all kinds of colour vision: the palette of Okabe and Ito (2008), and scales between its colours.

const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
const CIRCLE = ["#0072B2", "#56B4E9", "#009E73", "#F0E442", "#E69F00", "#D55E00", "#CC79A7", "#0072B2"];
const LINE = ["#0072B2", "#56B4E9", "#F0E442", "#E69F00", "#D55E00"];
const MISSING = "#8a8f96";

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// The colour at a position from 0 to 1 along a scale.
function between(stops, share) {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const at = Math.min(Math.floor(place), stops.length - 2);
  const [low, high] = [channels(stops[at]), channels(stops[at + 1])];
  const mixed = low.map((value, i) => Math.round(value + (place - at) * (high[i] - value)));
  return `rgb(${mixed.join(", ")})`;
}

// One colour per class: the palette for few classes, a cyclic or linear scale for many.
function classColours(factor) {
  const n = factor.classes.length;
  if (n <= OKABE_ITO.length) return factor.classes.map((_, at) => OKABE_ITO[at]);
  const cyclic = factor.kind === "cyclic";
  return factor.classes.map((_, at) => between(cyclic ? CIRCLE : LINE, at / (cyclic ? n : n - 1)));
}

// plotly's colour scale of the anomaly scores.
function scoreScale() {
  return [[0, cssColour("--line")], [0.35, "#56B4E9"], [0.7, "#E69F00"], [1, "#D55E00"]];
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
