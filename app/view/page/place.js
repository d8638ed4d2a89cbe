// The state of the view: where it stands and what it shows. The address keeps all of it.

export const place = {
  episode: null,
  t: null,
  s: null, // an event at t on which the view stands; null: behind everything of that time
  agent: null,
  kinds: null, // null: all
  only: false,
  speed: null,
  from: null, // the part of the episode that the time line shows; null: all of it
  to: null,
  why: null, // the event whose causes are shown
};

const numbers = ["episode", "t", "s", "speed", "from", "to", "why"];

export function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const key of numbers) {
    const value = asked.get(key);
    place[key] = value === null || value === "" || !Number.isFinite(Number(value)) ? null : Number(value);
  }
  place.agent = asked.get("agent");
  place.kinds = asked.has("kind") ? asked.getAll("kind").filter((kind) => kind !== "") : null;
  place.only = asked.get("only") === "1";
}

export function address() {
  const said = new URLSearchParams();
  for (const key of numbers) if (place[key] !== null) said.set(key, String(place[key]));
  if (place.agent !== null) said.set("agent", place.agent);
  if (place.kinds !== null) {
    for (const kind of place.kinds) said.append("kind", kind);
    if (!place.kinds.length) said.set("kind", "");
  }
  if (place.only) said.set("only", "1");
  return `#${said}`;
}

export function write() {
  const now = address();
  if (now !== location.hash) history.replaceState(null, "", now);
}
