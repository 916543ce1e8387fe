// Settings of the fit and the fingerprint of the data, in a table that can be expanded.

function buildSettings(host, settings) {
  const rows = settings.map(([name, value]) => element("tr", {}, element("td", {}, name), element("td", {}, value)));
  const head = element("tr", {}, element("th", {}, "setting"), element("th", {}, "value"));
  const table = element("table", { class: "wrapped" }, element("thead", {}, head), element("tbody", {}, ...rows));
  host.append(element("details", {}, element("summary", {}, `All ${settings.length} settings and the fingerprint of the data`), element("div", { class: "scroll" }, table)));
}
