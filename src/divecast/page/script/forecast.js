// A forecast with its intervals and the observed values.

function buildForecast(host, about, source) {
  const part = about.forecasts;
  const figure = figureElement("Forecast with intervals and observed values");
  const show = async () => {
    const answer = await source.forecast(origin.chosen, series.chosen);
    const [past, ahead] = [answer.times.slice(0, answer.nPast), answer.times.slice(answer.nPast)];
    const [q05, q25, q75, q95] = answer.quantiles;
    await draw(figure, () => [
      ...band("90 %", ahead, q05, q95, `rgba(${cssColour("--band")}, 0.18)`),
      ...band("50 %", ahead, q25, q75, `rgba(${cssColour("--band")}, 0.3)`),
      line("observed", answer.times, answer.truth, cssColour("--ink"), { line: { color: cssColour("--ink"), width: 1.5 } }),
      line("forecast", ahead, answer.mean, cssColour("--accent")),
    ], () => ({ shapes: [startLine(past.length ? ahead[0] : null)], xaxis: { title: { text: timeTitle(answer.times) } } }));
  };
  const series = picker("Series", part.series, Math.max(0, part.series.indexOf(part.typical)), show);
  const origin = picker("Forecast starts", part.origins, Math.max(0, part.origins.length - 2), show);
  host.append(paragraph(part.note, "note"), controls(series, origin), figure);
  host.append(legend(["observed", "forecast (mean)", "50 % and 90 % interval"], ["var(--ink)", "var(--accent)", "rgba(var(--band), 0.3)"]));
  return show();
}

function timeTitle(times) {
  return typeof times[0] === "number" ? "seconds since the start of the recording" : "";
}
