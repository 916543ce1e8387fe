// What a tells of recordings, in words, and windows along its two leading directions.

function buildToldByA(host, told) {
  const points = unpack(told.points);
  const [x, y] = [0, 1].map((axis) => along(points, [null, axis]));
  const figure = figureElement("Windows along the two leading directions of a");
  const key = element("div", {});
  const show = async () => {
    const property = told.properties[colouring.chosen];
    const isNumber = !property.classes.length;
    const colours = classColours({ classes: property.classes, kind: "plain" });
    const missing = property.values.some((value) => value < 0);
    const colour = isNumber ? property.values : property.values.map((value) => (value < 0 ? MISSING : colours[value]));
    key.replaceChildren(isNumber ? paragraph(`${property.name}: low is blue, high is red.`, "note")
      : legend([...property.classes, ...(missing ? ["no label"] : [])], [...colours, MISSING]));
    const scale = isNumber ? { colorscale: LINE.map((stop, at) => [at / (LINE.length - 1), stop]) } : {};
    await draw(figure, () => [
      { type: "scatter", mode: "markers", x, y, hoverinfo: "none", marker: { size: 7, opacity: 0.85, color: colour, ...scale } },
    ], () => ({ height: 380, hovermode: "closest", xaxis: { title: { text: "first direction of a" } }, yaxis: { title: { text: "second direction" } } }));
  };
  const colouring = picker("Colour (what a tells)", told.properties.map((property) => property.name), 0, show);
  host.append(paragraph(told.note, "note"), element("ul", {}, ...told.properties.map((property) => element("li", {}, property.sentence))));
  host.append(paragraph(`The two directions have ${Math.round(100 * told.share)}% of the variance of a, each of its dimensions in units of its spread.`));
  host.append(controls(colouring), figure, key);
  return show();
}
