// Questions to the server. A newer question of the same kind replaces one that is still open.

const open = new Map();

export async function ask(name, parameters = {}, slot = name) {
  open.get(slot)?.abort();
  const controller = new AbortController();
  open.set(slot, controller);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  const response = await fetch(`api/${name}?${query}`, { signal: controller.signal });
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

export const replaced = (error) => error.name === "AbortError";
