// Any window, asked live: the forecast as it is and under another class, and the way through a dimension of the code.

async function ask(path, question) {
  const response = await fetch(path, question && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(refusedInWords(answer));
  return answer;
}

function refusedInWords({ error, fields }) {
  const said = fields.map(({ field, expected, got }) => `${field}: expected ${expected}${got === null ? "" : `, got ${got}`}`);
  return said.join("; ") || error;
}

async function buildLive(host, model) {
  const figure = figureElement("The forecast, asked live");
  const said = element("p", { "aria-live": "polite", id: "live-said" });
  const legends = element("div");
  const factors = Object.keys(model.factors).filter((name) => model.factors[name].in_code);
  const ways = [...factors.map((name) => `What if: ${name}`), ...model.dimensions.map((name) => `Move ${name}`)];
  const latest = { number: 0 };
  const show = async () => {
    latest.number += 1;
    const number = latest.number;
    said.textContent = "Asking …";
    try {
      const drawn = await answered(model, factors, { place: place.value, series: series.chosen, way: way.chosen, label: label.chosen });
      if (number !== latest.number) return; // a later question was asked meanwhile
      said.textContent = drawn.said;
      legends.replaceChildren(legend(...drawn.legend));
      await drawn.draw(figure);
    } catch (error) {
      if (number === latest.number) said.textContent = error.message;
    }
  };
  const change = () => {
    const factor = model.factors[factors[way.chosen]];
    refill(label.select, factor ? factor.classes : [], factor ? Math.floor(factor.classes.length / 2) : 0);
    label.label.style.display = factor ? "" : "none";
    return show();
  };
  const place = placeControl(model, show);
  const series = picker("Series (live)", model.channels, 0, show);
  const way = picker("Question (live)", ways, 0, change);
  const label = picker("Class (live)", [], 0, show);
  host.append(
    paragraph("Computed by the server for any window of its data; times are those of the data's zone.", "note"),
    element("div", { class: "controls" }, place.label, ...[series, way, label].map((each) => each.label)), said, figure, legends,
  );
  return ways.length ? change() : show();
}

// Where the window is: the first time of its forecast, or a recording and the second it ends at.
function placeControl(model, onchange) {
  if (!model.data.recordings) {
    const input = element("input", { type: "datetime-local", id: "live-place", value: model.data.last, min: model.data.first, max: model.data.last, step: "1" });
    input.style.font = "inherit";
    input.addEventListener("change", onchange);
    return { label: element("label", { for: "live-place" }, "Forecast starts (live)", input), get value() { return input.value; } };
  }
  const names = Object.keys(model.data.recordings);
  const recording = picker("Recording (live)", names, 0, onchange);
  const second = element("input", { type: "number", id: "live-second", min: "0", step: "any", placeholder: "its end" });
  second.addEventListener("change", onchange);
  return {
    label: element("span", { class: "controls" }, recording.label, element("label", { for: "live-second" }, "Window ends at second (live)", second)),
    get value() {
      const name = names[recording.chosen];
      return second.value === "" ? name : { recording: name, second: Number(second.value) };
    },
  };
}

// Ask, and return what to say and how to draw it.
async function answered(model, factors, chosen) {
  const question = { at: [chosen.place], channels: [model.channels[chosen.series]] };
  const factor = factors[chosen.way];
  if (factor) {
    const to = model.factors[factor].classes[chosen.label];
    const found = (await ask("what-if", { ...question, to: { [factor]: to }, levels: [0.05, 0.95] })).windows[0];
    const answer = asAnswer(found);
    return {
      said: differenceInWords(answer, factor, found.before[factor].name, to),
      draw: (host) => drawWhatIf(host, answer),
      legend: [["observed", "as it is", "as the other class"], ["var(--ink)", "var(--accent)", "#E69F00"]],
    };
  }
  const dimension = model.dimensions[chosen.way - factors.length];
  if (dimension) {
    const found = await ask("traverse", { ...question, dimension });
    const own = found.windows[0];
    const where = found.unit === "class" ? found.classes[own.own_position] : `${rounded(own.own_position, 3)} ${found.unit}`;
    const { stops } = own;
    return {
      said: `The window's own place in ${dimension} is ${where}.`,
      draw: (host) => drawWay(host, found),
      legend: [["its own code", ...[0, stops.length - 1].map((at) => `at ${stopName(found, at)}`)], ["var(--ink)", LINE[0], LINE[LINE.length - 1]]],
    };
  }
  const found = (await ask("forecast", { ...question, levels: [0.05, 0.95] })).windows[0];
  const answer = { times: found.times, nPast: 0, truth: [], factual: curvesOf(found), counterfactual: [[], [], []] };
  return { said: "", draw: (host) => drawWhatIf(host, answer), legend: [["forecast"], ["var(--accent)"]] };
}

function curvesOf(code) {
  return [code.mean[0], code.quantiles[0][0], code.quantiles[1][0]];
}

function asAnswer(found) {
  return {
    times: [...found.window_times, ...found.times],
    nPast: found.window_times.length,
    truth: found.truth[0],
    factual: curvesOf(found.factual),
    counterfactual: curvesOf(found.counterfactual),
  };
}

// A position in words; a way that closes ends at the class it began with.
function stopName(found, at) {
  const { position } = found.windows[0].stops[at];
  return found.unit === "class" ? found.classes[position % found.classes.length] : `${rounded(position, 3)} sd`;
}

function drawWay(host, found) {
  const own = found.windows[0];
  const times = [...own.window_times, ...own.times];
  const whole = (window, forecast) => [...window[0], ...forecast[0]];
  const last = Math.max(1, own.stops.length - 1);
  return draw(host, () => [
    ...own.stops.map((stop, at) => line(stopName(found, at), times, whole(stop.window, stop.forecast), between(LINE, at / last), { line: { color: between(LINE, at / last), width: 1 } })),
    line("own", times, whole(own.own_window, own.own_forecast), cssColour("--ink"), { line: { color: cssColour("--ink"), width: 2.5 } }),
  ], () => ({ shapes: [startLine(own.times[0])], hovermode: "closest", xaxis: { title: { text: timeTitle(times) } } }));
}

async function startLive() {
  const host = element("section", { id: "live" }, element("h2", {}, "Ask live"));
  document.getElementById("what-if").after(host);
  document.querySelector("nav").append(element("a", { href: "#live" }, "Ask live"));
  try {
    await buildLive(host, await ask("model"));
  } catch (error) {
    host.append(paragraph(error.message, "note"));
  }
  document.documentElement.dataset.live = "yes";
}

startLive();
