// Build every section; the attribute data-ready says when all are done.

async function start(source) {
  const about = await source.about();
  const parts = [];
  const add = (id, part, build) => fill(id, part, (host, content) => parts.push(build(host, content)));
  add("summary", about.summary, buildSummary);
  add("forecast", about.forecasts, (host) => buildForecast(host, about, source));
  add("parts", about.parts, (host) => buildParts(host, about, source));
  add("effects", about.effects, (host) => buildEffects(host, about, source));
  add("code-map", about.code_map, (host) => buildCodeMap(host, about, source));
  add("densities", about.densities, (host) => buildDensities(host, about, source));
  add("told-by-a", about.told_by_a, buildToldByA);
  add("recordings", about.recordings, buildRecordings);
  add("comparison", about.comparison, buildComparison);
  add("what-if", about.what_ifs, (host) => buildWhatIf(host, about, source));
  add("why", about.reasons, (host) => buildWhy(host, about));
  add("anomalies", about.anomalies, (host) => buildAnomalies(host, about, source));
  add("diagnosis", about.diagnosis, buildDiagnosis);
  add("settings", about.settings, buildSettings);
  await Promise.all(parts);
  document.documentElement.dataset.ready = "yes";
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
start(embeddedSource(JSON.parse(document.getElementById("payload").textContent)));
