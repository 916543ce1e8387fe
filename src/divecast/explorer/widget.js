const NAMESPACE = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [760, 300, 56, 34, 12];
const BLUE = "#1f6feb", ORANGE = "#d9730d";

function element(name, attributes = {}, children = []) {
  const made = document.createElement(name);
  Object.assign(made, attributes);
  made.append(...children);
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Return a picture of the window, the forecast and, if there is one, the forecast under other classes. */
function picture(answer) {
  const past = answer.past.length, n = past + answer.mean.length;
  const numbers = [answer.past, answer.low, answer.high, answer.other ?? []].flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const x = (place) => LEFT + ((WIDTH - LEFT - 8) * place) / Math.max(1, n - 1);
  const y = (value) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low || 1);
  const path = (values, first) => {
    let pen = "M", text = "";
    values.forEach((value, place) => {
      if (value === null) pen = "M";
      else {
        text += `${pen}${x(first + place).toFixed(1)},${y(value).toFixed(1)}`;
        pen = "L";
      }
    });
    return text;
  };
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", width: "100%" });
  svg.append(shape("title", {}));
  svg.firstChild.textContent = `Forecast of ${answer.series} from ${answer.times[0]}`;
  const points = [
    ...answer.high.map((value, place) => [place, value]),
    ...answer.low.map((value, place) => [place, value]).reverse(),
  ].map(([place, value]) => `${x(past + place).toFixed(1)},${y(value).toFixed(1)}`);
  svg.append(
    shape("polygon", { points: points.join(" "), fill: BLUE, opacity: 0.2 }),
    shape("path", { d: path(answer.past, 0), stroke: "currentColor", fill: "none", class: "past" }),
    shape("path", { d: path(answer.mean, past), stroke: BLUE, fill: "none", "stroke-width": 2, class: "forecast" }),
  );
  if (answer.other)
    svg.append(shape("path", { d: path(answer.other, past), stroke: ORANGE, fill: "none", "stroke-width": 2, class: "other" }));
  const label = (text, at, height, anchor) => {
    const made = shape("text", { x: at, y: height, "text-anchor": anchor, "font-size": 12, fill: "currentColor" });
    made.textContent = text;
    svg.append(made);
  };
  label(high.toPrecision(4), LEFT - 6, TOP + 8, "end");
  label(low.toPrecision(4), LEFT - 6, HEIGHT - BOTTOM, "end");
  label(answer.past_times[0], LEFT, HEIGHT - 8, "start");
  label(answer.times[0], x(past), HEIGHT - 8, "middle");
  label(answer.times.at(-1), WIDTH - 8, HEIGHT - 8, "end");
  return svg;
}

function select(options, chosen, label) {
  const made = element("select", { ariaLabel: label }, options.map((value) => element("option", { value, textContent: value })));
  made.value = chosen;
  return made;
}

function render({ model, el }) {
  const about = model.get("about"), nothing = "as it is";
  const question = () => model.get("question");
  const ask = (change) => {
    model.set("question", { ...question(), ...change });
    model.save_changes();
  };
  const series = select(about.series, question().series, "series");
  const at = select(about.at, question().at, "first step of the forecast");
  const classes = Object.entries(about.factors).map(([factor, names]) => {
    const made = select([nothing, ...names], question().to?.[factor] ?? nothing, factor);
    made.dataset.factor = factor;
    return made;
  });
  const move = (by) => {
    const place = Math.min(Math.max(0, at.selectedIndex + by), about.at.length - 1);
    at.selectedIndex = place;
    ask({ at: at.value });
  };
  series.onchange = () => ask({ series: series.value });
  at.onchange = () => ask({ at: at.value });
  for (const made of classes)
    made.onchange = () => {
      const to = classes.filter((each) => each.value !== nothing).map((each) => [each.dataset.factor, each.value]);
      ask({ to: to.length ? Object.fromEntries(to) : null });
    };
  const back = element("button", { textContent: "←", ariaLabel: "earlier", onclick: () => move(-1) });
  const on = element("button", { textContent: "→", ariaLabel: "later", onclick: () => move(1) });
  const named = classes.map((made) => element("label", { textContent: `${made.dataset.factor} ` }, [made]));
  const bar = element("div", {}, [series, back, at, on, ...named]);
  Object.assign(bar.style, { display: "flex", gap: ".5rem", flexWrap: "wrap", alignItems: "center" });
  const shown = element("div"), note = element("p", { className: "note" });
  el.append(bar, shown, note);
  const show = () => {
    const answer = model.get("answer");
    note.textContent = answer.error ?? answer.told;
    if (!answer.error) shown.replaceChildren(picture(answer));
  };
  model.on("change:answer", show);
  show();
}

export default { render };
