// The findings on the code, and what to do.

const MARKS = { fine: "fine", look: "look", unknown: "not measured" };

function buildHealth(host, health) {
  const worth = { look: 0, unknown: 1, fine: 2 };
  const sorted = [...health.findings].sort((one, other) => worth[one.state] - worth[other.state]);
  const entries = sorted.map((finding) => element("li", {},
    element("span", { class: `mark ${finding.state}` }, MARKS[finding.state]), finding.text,
    finding.advice ? paragraph(`What to do: ${finding.advice}`) : null));
  host.append(paragraph(health.note, "note"), element("ul", { class: "findings" }, ...entries));
}
