// Live questions about any window: its forecast, what-if forecasts, and traversals of the code.

async function ask(path, question) {
  const response = await fetch(path, question && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(refusalText(answer));
  return answer;
}

function refusalText({ error, fields }) {
  return fields.map(({ field, message }) => `${field}: ${message}`).join(" ") || error;
}

async function buildLive(host, model) {
  const figure = figureElement("Forecast computed by the server");
  const sentence = element("p", { "aria-live": "polite", id: "live-sentence" });
  const legends = element("div");
  const factors = Object.keys(model.factors).filter((name) => model.factors[name].in_code);
  const questions = ["What the forecast is made of", ...factors.map((name) => `What if: ${name}`), ...model.dimensions.map((name) => `Traverse ${name}`)];
  const latest = { number: 0 };
  const show = async () => {
    latest.number += 1;
    const number = latest.number;
    sentence.textContent = "Computing …";
    try {
      const view = await viewOf(model, factors, { place: place.value, series: series.chosen, question: question.chosen, label: label.chosen });
      if (number !== latest.number) return; // a later question has been asked since
      sentence.textContent = view.sentence;
      legends.replaceChildren(legend(...view.legend));
      await view.draw(figure);
    } catch (error) {
      if (number === latest.number) sentence.textContent = error.message;
    }
  };
  const change = () => {
    const factor = model.factors[factors[question.chosen - 1]];
    refill(label.select, factor ? factor.classes : [], factor ? Math.floor(factor.classes.length / 2) : 0);
    label.label.style.display = factor ? "" : "none";
    return show();
  };
  const place = placeControl(model, show);
  const series = picker("Series (live)", model.channels, 0, show);
  const question = picker("Question (live)", questions, Math.min(1, questions.length - 1), change);
  const label = picker("Class (live)", [], 0, show);
  host.append(
    paragraph("Computed by the server for any window of its data; times are in the time zone of the data.", "note"),
    element("div", { class: "controls" }, place.label, ...[series, question, label].map((control) => control.label)), sentence, figure, legends,
  );
  return change();
}

// Which window: the first time of its forecast, or a recording and the second at which it ends.
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

// Ask the server; return the sentence, the legend and how to draw the answer.
async function viewOf(model, factors, chosen) {
  const windows = { at: [chosen.place], channels: [model.channels[chosen.series]] };
  const factor = factors[chosen.question - 1];
  if (factor) {
    const to = model.factors[factor].classes[chosen.label];
    const answer = (await ask("what-if", { ...windows, to: { [factor]: to }, levels: [0.05, 0.95] })).windows[0];
    const curves = asCurves(answer);
    return {
      sentence: differenceInWords(curves, factor, answer.before[factor].name, to),
      draw: (host) => drawWhatIf(host, curves),
      legend: [["observed", "forecast", "what-if forecast"], ["var(--ink)", "var(--accent)", "#E69F00"]],
    };
  }
  const dimension = model.dimensions[chosen.question - 1 - factors.length];
  if (dimension) {
    const traversal = await ask("traverse", { ...windows, dimension });
    const own = traversal.windows[0];
    const position = traversal.unit === "class" ? traversal.classes[own.own_position] : `${rounded(own.own_position, 3)} ${traversal.unit}`;
    const { stops } = own;
    return {
      sentence: `The window's own position in ${dimension} is ${position}.`,
      draw: (host) => drawTraversal(host, traversal),
      legend: [["its own code", ...[0, stops.length - 1].map((at) => `at ${stopName(traversal, at)}`)], ["var(--ink)", LINE[0], LINE[LINE.length - 1]]],
    };
  }
  const forecast = (await ask("forecast", { ...windows, levels: [], parts: true })).windows[0];
  const names = forecast.parts.map((part) => part.name);
  return {
    sentence: "The parts add up to the forecast mean.",
    draw: (host) => drawParts(host, names, forecast.times, forecast.parts.map((part) => part.values[0])),
    legend: partsLegend(names),
  };
}

function curvesOf(code) {
  return [code.mean[0], code.quantiles[0][0], code.quantiles[1][0]];
}

function asCurves(answer) {
  return {
    times: [...answer.window_times, ...answer.times],
    nPast: answer.window_times.length,
    truth: answer.truth[0],
    factual: curvesOf(answer.factual),
    counterfactual: curvesOf(answer.counterfactual),
  };
}

// The position of a stop as text; a closed traversal ends at the class it began with.
function stopName(traversal, at) {
  const { position } = traversal.windows[0].stops[at];
  return traversal.unit === "class" ? traversal.classes[position % traversal.classes.length] : `${rounded(position, 3)} sd`;
}

function drawTraversal(host, traversal) {
  const own = traversal.windows[0];
  const times = [...own.window_times, ...own.times];
  const whole = (window, forecast) => [...window[0], ...forecast[0]];
  const last = Math.max(1, own.stops.length - 1);
  return draw(host, () => [
    ...own.stops.map((stop, at) => line(stopName(traversal, at), times, whole(stop.window, stop.forecast), between(LINE, at / last), { line: { color: between(LINE, at / last), width: 1 } })),
    line("own", times, whole(own.own_window, own.own_forecast), cssColour("--ink"), { line: { color: cssColour("--ink"), width: 2.5 } }),
  ], () => ({ shapes: [startLine(own.times[0])], hovermode: "closest", xaxis: { title: { text: timeTitle(times) } } }));
}

async function startLive() {
  const host = element("section", { id: "live" }, element("h2", {}, "Live questions"));
  document.getElementById("what-if").after(host);
  document.querySelector("nav").append(element("a", { href: "#live" }, "Live questions"));
  try {
    await buildLive(host, await ask("model"));
  } catch (error) {
    host.append(paragraph(error.message, "note"));
  }
  document.documentElement.dataset.live = "yes";
}

startLive();
