// What is said of an agent, of an event, and of why it happened.

import { element, facts, sentence, short } from "./words.js";

function button(event, text, go) {
  const made = element("button", text, { type: "button", class: "event" });
  made.addEventListener("click", () => go(event));
  return made;
}

export function tellEvent(box, event, go, why) {
  box.replaceChildren();
  if (!event) return void box.append(element("p", "Nothing has happened yet. Arrow keys go from event to event."));
  box.append(element("p", `${sentence(event)}, event ${event.sequence} at ${short(event.time)}`));
  const shared = {};
  if (event.latency) shared.latency = event.latency;
  box.append(facts({ ...event.fields, ...shared }, "event"));
  const asked = element("button", "Why?", { type: "button", id: "ask-why" });
  asked.addEventListener("click", () => why(event.sequence));
  box.append(element("p"), asked);
}

export function tellAgent(box, agent, go) {
  box.replaceChildren();
  const kind = [agent.kind, agent.group !== agent.kind ? agent.group : ""].filter(Boolean).join(", ");
  box.append(element("p", kind));
  box.append(element("h3", "so far"), facts(agent.counts, "counts"));
  for (const [table, row] of Object.entries(agent.latest)) {
    const { episode, time, sequence, cause, agent: name, ...own } = row;
    box.append(element("h3", `${table.replaceAll("_", " ")}, at ${short(time)}`), facts({ ...own, sequence }, table));
  }
  box.append(element("h3", "last messages"));
  const list = box.appendChild(element("ol"));
  for (const message of agent.messages) {
    const values = Object.entries(message.fields).slice(0, 3).map(([key, value]) => `${key} ${short(value)}`).join(", ");
    const item = list.appendChild(element("li"));
    item.append(button(message, `${short(message.time)}  ${sentence(message)}  ${values}`, go));
  }
  if (!agent.messages.length) list.append(element("li", "none"));
  if (agent.type !== null) {
    const { type, ...rest } = typeof agent.type === "object" ? agent.type : { type: agent.type };
    const flat = type && typeof type === "object" ? { ...rest, ...type } : { ...rest, ...(type === undefined ? {} : { type }) };
    box.append(element("h3", "type"), facts(flat, "type"));
  }
}

export function tellWhy(box, chain, go) {
  box.replaceChildren();
  const list = box.appendChild(element("ol"));
  for (const event of chain) {
    const item = list.appendChild(element("li", "", { "data-sequence": event.sequence }));
    item.append(button(event, `${short(event.time)}  ${sentence(event)}`, go));
    const values = Object.entries(event.fields).map(([key, value]) => `${key} ${short(value)}`).join(", ");
    item.append(element("span", values, { class: "soft" }));
    if (event.decision) {
      const { observation, action } = event.decision.fields;
      item.append(button(event.decision, `decided: action ${short(action)}; it saw ${short(observation)}`, go));
    }
  }
  const first = chain.at(-1);
  const end = !first ? "" : first.cause ? "What led to this is not in the log." : `This ${first.sender ?? first.agent} did on its own.`;
  box.append(element("p", end));
}
