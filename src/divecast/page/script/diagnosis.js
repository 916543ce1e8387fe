// Findings on the code, and what to do about them.

const MARKS = { fine: "OK", problem: "Problem", unknown: "Not measured" };

function buildDiagnosis(host, diagnosis) {
  const order = { problem: 0, unknown: 1, fine: 2 };
  const sorted = [...diagnosis.findings].sort((one, other) => order[one.state] - order[other.state]);
  const entries = sorted.map((finding) => element("li", {},
    element("span", { class: `mark ${finding.state}` }, MARKS[finding.state]), finding.text,
    finding.advice ? paragraph(`What to do: ${finding.advice}`) : null));
  host.append(paragraph(diagnosis.note, "note"), element("ul", { class: "findings" }, ...entries));
}
