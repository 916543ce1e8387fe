// What was fitted, how accurate it is, how well it infers labels, and what is anomalous.

function buildSummary(host, summary) {
  host.append(paragraph(summary.fitted), paragraph(summary.accuracy));
  if (summary.scores.length) host.append(scoreTable(summary.scores));
  host.append(paragraph(summary.labels), element("h3", {}, "Most anomalous windows"));
  host.append(element("ol", {}, ...summary.anomalies.map((text) => element("li", {}, text))));
}

function scoreTable(scores) {
  const head = ["", "RRSE", "MASE", "CRPS", "coverage of the 90 % interval"];
  const cell = (text, at, tag) => (at ? element(tag, { class: "figures" }, text) : element("th", tag === "td" ? { scope: "row" } : {}, text));
  const rows = scores.map((score, at) => {
    const held = score.coverage === null ? "–" : `${(100 * score.coverage).toFixed(1)} %`;
    const texts = [score.name, ...[score.rrse, score.mase, score.crps].map((value) => rounded(value)), held];
    return element("tr", at ? {} : { class: "own" }, ...texts.map((text, place) => cell(text, place, "td")));
  });
  const top = element("tr", {}, ...head.map((text, at) => cell(text, at, "th")));
  return element("div", { class: "scroll" }, element("table", {}, element("thead", {}, top), element("tbody", {}, ...rows)));
}
