// Density of each class along every dimension of a factor's block, and of the prior.

function buildDensities(host, about, source) {
  const figures = element("div", { class: "several" });
  const key = element("div", {});
  const show = async () => {
    const factor = about.factors[block.chosen];
    const { dimensions } = about.densities[block.chosen];
    figures.querySelectorAll(".figure").forEach((old) => { drawn.delete(old); Plotly.purge(old); });
    const hosts = dimensions.map((name) => figureElement(`Density of the classes of ${factor.name} along ${name}`));
    figures.replaceChildren(...hosts);
    key.replaceChildren(legend([...factor.classes, "all classes together (dotted)", "prior"], [...classColours(factor), "var(--soft)", "var(--ink)"]));
    await Promise.all(dimensions.map((name, at) => drawDensity(hosts[at], name, factor, highlight.chosen - 1, source.density(block.chosen, at))));
  };
  const change = () => {
    refill(highlight.select, ["all", ...about.factors[block.chosen].classes], 0);
    return show();
  };
  const block = picker("Factor (densities)", about.factors.map((factor) => factor.name), 0, change);
  const highlight = picker("Class (densities)", ["all", ...about.factors[0].classes], 0, show);
  host.append(paragraph("Share of each class times the mean posterior q(b|x) of its windows. Where the peaks lie apart, the dimension separates the classes; where the dotted sum follows the prior, the codes are distributed as the prior assumes.", "note"));
  host.append(controls(block, highlight), key, figures);
  return show();
}

async function drawDensity(host, name, factor, only, answer) {
  const { grid, prior, classes } = await answer;
  const colours = classColours(factor);
  const total = grid.map((_, at) => classes.reduce((sum, density) => sum + density[at], 0));
  const shown = classes.map((_, k) => k).filter((k) => only < 0 || only === k);
  await draw(host, () => [
    ...shown.map((k) => line(factor.classes[k], grid, classes[k], colours[k], { line: { color: colours[k], width: 1.5 }, fill: "tozeroy", fillcolor: only < 0 ? "rgba(0, 0, 0, 0)" : undefined })),
    line("all classes", grid, total, cssColour("--soft"), { line: { color: cssColour("--soft"), width: 1.5, dash: "dot" } }),
    line("prior", grid, prior, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 1.5 } }),
  ], () => ({ height: 220, hovermode: "closest", xaxis: { title: { text: plain(name) } }, yaxis: { rangemode: "tozero", showticklabels: false } }));
}
