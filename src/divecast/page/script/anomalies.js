// The most anomalous windows with their reasons, and the scores of all windows on a calendar.

function buildAnomalies(host, about, source) {
  const part = about.anomalies;
  const panel = windowPanel(about, source, "anomalies");
  const events = element("ol", { class: "events" });
  const press = (at) => {
    [...events.querySelectorAll("button")].forEach((button, place) => button.setAttribute("aria-pressed", String(place === at)));
    return at < 0 ? null : showEvent(part.events[at], about, panel);
  };
  part.events.forEach((event, at) => {
    const button = element("button", { type: "button", "aria-pressed": "false", onclick: () => press(at) },
      element("span", { class: "score" }, `${event.score.toFixed(1)}  `), `${event.end}: ${event.reasons[0]}`);
    events.append(element("li", {}, button));
  });
  host.append(paragraph(part.note, "note"));
  const strip = typeof part.strip === "string" ? null : addStrip(host, about, source, (cell, score) => showCell(part, cell, score, panel, press));
  if (strip === null) host.append(paragraph(part.strip, "note"));
  host.append(element("div", { class: "side" }, element("div", {}, element("h3", {}, "Most anomalous"), events), panel.box));
  return Promise.all([strip, part.events.length ? press(0) : null]);
}

function showEvent(event, about, panel) {
  const at = about.code_map.series.indexOf(event.channel);
  if (at >= 0) panel.series.select.value = String(at);
  return panel.show(event.window, [`Score ${event.score.toFixed(1)}: ${event.rarity}.`, ...event.reasons.map((reason) => `${reason}.`)]);
}

// A cell of the calendar: its score and the reason.
function showCell(part, cell, score, panel, press) {
  const when = part.strip.cells[cell];
  const reason = part.strip.reason[cell];
  press(-1);
  panel.say(when, [
    `Score ${score === null || Number.isNaN(score) ? "none" : score.toFixed(1)}.`,
    reason ? `Most anomalous here: ${reason}.` : "Nothing is anomalous here.",
  ]);
}

function addStrip(host, about, source, choose) {
  const { strip } = about.anomalies;
  const figure = figureElement("Calendar of anomaly scores");
  const highest = strip.score.reduce((best, score, at) => ((score || 0) > (strip.score[best] || 0) ? at : best), 0);
  let shown = [];
  const show = async () => {
    const mode = rows.chosen;
    if (mode === 1) {
      shown = await Promise.all(strip.series.map((_, at) => source.seriesScores(at)));
      return drawSeriesRows(figure, strip, shown);
    }
    shown = mode === 0 ? strip.score.map((score) => (score === null ? NaN : score)) : await source.seriesScores(mode - 2);
    return drawCalendar(figure, strip, shown);
  };
  const pick = (at) => choose(at, rows.chosen === 1 ? strip.score[at] : shown[at]);
  const rows = picker("Rows of the calendar", ["all series and labels together", `one row per series: ${strip.note}`, ...strip.series], 0, show);
  const time = picker("Time (anomalies)", strip.cells, highest, pick);
  host.append(controls(rows, time), figure, element("div", {}, scoreLegend()));
  return show().then(() => onClick(figure, (clicked) => {
    const cell = rows.chosen === 1 ? clicked.pointIndex[1] : clicked.customdata;
    if (cell === null || cell === undefined) return;
    time.select.value = String(cell);
    choose(cell, rows.chosen === 1 ? shown[clicked.pointIndex[0]][cell] : shown[cell]);
  }));
}

const heat = () => ({ type: "heatmap", colorscale: scoreScale(), zmin: 0, zmax: 4, showscale: false, hoverongaps: false, hoverinfo: "text" });

// One row per month and one column per day, or days and hours, or years and months.
function drawCalendar(host, strip, scores) {
  const empty = (value) => strip.rows.map(() => strip.columns.map(() => value));
  const [z, cell, text] = [empty(null), empty(null), empty("")];
  scores.forEach((score, at) => {
    const [row, column] = [strip.row[at], strip.column[at]];
    z[row][column] = Number.isNaN(score) ? null : score;
    cell[row][column] = at;
    text[row][column] = `${strip.cells[at]}: ${rounded(score, 2)}`;
  });
  return draw(host, () => [{ ...heat(), x: strip.columns.map((_, at) => at), y: strip.rows.map((_, at) => at), z, customdata: cell, text, xgap: 2, ygap: 2 }], () => ({
    height: 70 + Math.max(12, Math.min(24, 800 / strip.rows.length)) * strip.rows.length,
    hovermode: "closest",
    xaxis: { ...ticks(strip.columns, 8), showgrid: false, zeroline: false },
    yaxis: { ...ticks(strip.rows, 24), autorange: "reversed", showgrid: false, zeroline: false },
  }));
}

function drawSeriesRows(host, strip, scores) {
  const z = scores.map((row) => row.map((score) => (Number.isNaN(score) ? null : score)));
  const text = z.map((row, at) => row.map((score, cell) => plain(`${strip.series[at]}, ${strip.cells[cell]}: ${rounded(score, 2)}`)));
  return draw(host, () => [{ ...heat(), y: strip.series.map((_, at) => at), x: strip.cells.map((_, at) => at), z, text }], () => ({
    height: 70 + Math.max(10, Math.min(20, 900 / strip.series.length)) * strip.series.length,
    hovermode: "closest",
    xaxis: { ...ticks(strip.cells, Math.max(2, Math.floor(host.clientWidth / 140))), showgrid: false, zeroline: false },
    yaxis: { ...ticks(strip.series.map(shortened), 30), autorange: "reversed", showgrid: false, zeroline: false },
  }));
}

// At most `most` names at integer positions, so that plotly takes them for neither numbers nor dates.
function ticks(names, most) {
  const every = Math.ceil(names.length / most);
  const kept = names.map((_, at) => at).filter((at) => at % every === 0);
  return { tickvals: kept, ticktext: kept.map((at) => plain(names[at])) };
}

function shortened(name) {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}
