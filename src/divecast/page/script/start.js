// Build every part from the source; the page says when it is done.

async function start(source) {
  const about = await source.about();
  const parts = [];
  const add = (id, part, build) => fill(id, part, (host, found) => parts.push(build(host, found)));
  add("summary", about.summary, buildSummary);
  add("forecast", about.forecasts, (host) => buildForecast(host, about, source));
  add("code-map", about.code_map, (host) => buildCodeMap(host, about, source));
  add("densities", about.densities, (host) => buildDensities(host, about, source));
  add("what-if", about.what_ifs, (host) => buildWhatIf(host, about, source));
  add("why", about.reasons, (host) => buildWhy(host, about));
  add("odd", about.oddness, (host) => buildOdd(host, about, source));
  add("health", about.health, buildHealth);
  add("settings", about.settings, buildSettings);
  await Promise.all(parts);
  document.documentElement.dataset.ready = "yes";
}

window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
start(embeddedSource(JSON.parse(document.getElementById("payload").textContent)));
