// Colours that can be told apart also by the colour-blind: those of Okabe and Ito (2008), and ways between them.

const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
const CIRCLE = ["#0072B2", "#56B4E9", "#009E73", "#F0E442", "#E69F00", "#D55E00", "#CC79A7", "#0072B2"];
const LINE = ["#0072B2", "#56B4E9", "#F0E442", "#E69F00", "#D55E00"];
const MISSING = "#8a8f96";

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// The colour at a share, 0 to 1, of the way through stops.
function between(stops, share) {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const at = Math.min(Math.floor(place), stops.length - 2);
  const [low, high] = [channels(stops[at]), channels(stops[at + 1])];
  const mixed = low.map((value, i) => Math.round(value + (place - at) * (high[i] - value)));
  return `rgb(${mixed.join(", ")})`;
}

// One colour a class: as they come where they are few, around a circle or along a line where they are many.
function classColours(factor) {
  const n = factor.classes.length;
  if (n <= OKABE_ITO.length) return factor.classes.map((_, at) => OKABE_ITO[at]);
  const cyclic = factor.kind === "cyclic";
  return factor.classes.map((_, at) => between(cyclic ? CIRCLE : LINE, at / (cyclic ? n : n - 1)));
}

// Stops of a scale of oddness, as plotly wants them: from the page's own quiet colour to a loud one.
function oddScale() {
  return [[0, cssColour("--line")], [0.35, "#56B4E9"], [0.7, "#E69F00"], [1, "#D55E00"]];
}

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
