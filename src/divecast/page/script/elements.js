// Elements of the page. Names from the data are only ever inserted as text: nothing here writes HTML.

function element(tag, properties, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

function paragraph(text, kind) {
  return element("p", kind ? { class: kind } : {}, text);
}

let nControls = 0;

// A labelled select; `choices` are texts, and `onchange` gets the index of the chosen one.
function picker(name, choices, chosen, onchange) {
  nControls += 1;
  const id = `control-${nControls}`;
  const select = element("select", { id, "data-control": name });
  choices.forEach((text, at) => select.append(element("option", { value: String(at) }, text)));
  select.value = String(chosen);
  select.addEventListener("change", () => onchange(Number(select.value)));
  const label = element("label", { for: id }, name, select);
  return { label, select, get chosen() { return Number(select.value); } };
}

function refill(select, choices, chosen) {
  select.replaceChildren(...choices.map((text, at) => element("option", { value: String(at) }, text)));
  select.value = String(chosen);
}

function controls(...pickers) {
  return element("div", { class: "controls" }, ...pickers.map(({ label }) => label));
}

function section(id) {
  return document.getElementById(id);
}

// Fill a section, or say why it is empty.
function fill(id, part, build) {
  if (typeof part === "string") section(id).append(paragraph(part, "note"));
  else build(section(id), part);
}

function legend(names, colours) {
  const entries = names.map((name, at) => {
    const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
    swatch.style.background = colours[at];
    return element("li", {}, swatch, name);
  });
  return element("ul", { class: "legend" }, ...entries);
}

function rounded(value, digits) {
  return value === null || Number.isNaN(value) ? "–" : Number(value.toPrecision(digits || 4)).toLocaleString("en", { maximumSignificantDigits: digits || 4 });
}
