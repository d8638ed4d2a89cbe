// Elements and numbers. Names come from the log and are only ever set as text.

export function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

export function short(value) {
  if (typeof value === "number" && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  if (Array.isArray(value)) return value.map(short).join(", ");
  if (value === null || value === undefined) return "";
  if (typeof value === "object") return JSON.stringify(value);
  return String(value);
}

// A table of names and values; each cell also holds its value in full.
export function facts(values, of = "") {
  const table = element("table");
  for (const [name, value] of Object.entries(values)) {
    const row = table.appendChild(element("tr"));
    row.append(element("th", name.replaceAll("_", " "), { scope: "row" }));
    const exact = JSON.stringify(value);
    row.append(element("td", short(value), { "data-of": of, "data-field": name, "data-value": exact, title: exact }));
  }
  return table;
}

export const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#8c6bb1", "#7a7a7a"];

export function sentence(event) {
  const what = event.table.replaceAll("_", " ");
  if ("sender" in event) return `${what}: ${event.sender} → ${event.receiver ?? "all"}`;
  return `${what}: ${event.agent}`;
}
