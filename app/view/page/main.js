// Puts the parts together: what the address says is asked of the server and shown.

import { ask, replaced } from "./ask.js";
import { tellAgent, tellEvent, tellWhy } from "./details.js";
import { Network } from "./network.js";
import { place, read, write } from "./place.js";
import { Timeline } from "./timeline.js";
import { element, sentence, short } from "./words.js";

const byId = (id) => document.getElementById(id);
const network = new Network(byId("network"), (name) => choose(name === place.agent ? null : name));
const timeline = new Timeline(byId("density"), (t) => { pause(); goTo(t, null); });
const shown = { run: null, event: null, messages: [], from: 0, to: 0, episode: null, density: "", why: null, cast: "" };
let playing = false;
let last = 0;
let shownAt = 0;
let fetching = false;
let asking = false;
let moved = false;

const episode = () => shown.run.episodes.find((one) => one.episode === place.episode);
const which = () => ({ kind: place.kinds, agent: place.only ? place.agent : null });
const nothing = () => place.kinds !== null && !place.kinds.length;
const at = () => ({ episode: place.episode, t: place.t, sequence: place.s });

function say(text, wrong = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("wrong", wrong);
}

const guard = (work) => async (...given) => {
  try {
    return await work(...given);
  } catch (error) {
    if (!replaced(error)) say(error.message, true);
  }
};

// -- what stands on the page -------------------------------------------------------------------------------------

function option(value, text) {
  return element("option", text, { value });
}

function speeds() {
  const { start, end, events } = episode();
  const base = (20 * (end - start)) / Math.max(events, 1) || 1; // about twenty events a second
  const unit = Number(base.toPrecision(1));
  const all = [1 / 64, 1 / 16, 1 / 4, 1, 4, 16, 64].map((factor) => unit * factor);
  place.speed ??= unit;
  if (!all.includes(place.speed)) all.push(place.speed);
  byId("speed").replaceChildren(...all.map((one) => option(one, `${short(Number(one.toPrecision(3)))} / s`)));
  byId("speed").value = place.speed;
}

function settle() {
  const { run } = shown;
  if (!run.episodes.some((one) => one.episode === place.episode)) place.episode = run.episodes[0].episode;
  const { start, end } = episode();
  place.t = place.t === null ? start : place.t;
  if (place.kinds !== null) place.kinds = place.kinds.filter((kind) => run.kinds.some((one) => one.kind === kind));
  byId("episode").value = place.episode;
  span();
  speeds();
}

// The part of the episode that the time line shows: it follows the time that it would lose.
function span() {
  const { start, end } = episode();
  if (place.from === null || place.to === null || !(place.from < place.to)) place.from = place.to = null;
  else if (place.t < place.from || place.t > place.to) around(place.to - place.from);
  timeline.start = place.from ?? start;
  timeline.end = place.to ?? (end > start ? end : start + 1);
  byId("start").textContent = short(timeline.start);
  byId("end").textContent = short(timeline.end);
}

function around(width) {
  const { start, end } = episode();
  const from = Math.max(start, Math.min(place.t - width / 2, end - width));
  const whole = width >= end - start || !(from < from + width);
  [place.from, place.to] = whole ? [null, null] : [from, from + width];
}

function zoom(factor) {
  around((timeline.end - timeline.start) * factor);
  update();
}

function tellRun() {
  const { run } = shown;
  document.title = `${run.name} - Catallaxy`;
  byId("title").textContent = run.name;
  const level = run.level === "all" ? "" : `, logged with level '${run.level}'`;
  const state = run.complete ? "" : run.live ? ", under way" : ", did not come to its end";
  const events = run.episodes.reduce((sum, one) => sum + one.events, 0).toLocaleString("en");
  byId("about").textContent = `${run.market ? `${run.market} market, ` : ""}seed ${run.seed}, ${events} events${level}${state}`;
  const known = new Set([...byId("episode").options].map((one) => one.value));
  for (const one of run.episodes) if (!known.has(String(one.episode))) byId("episode").append(option(one.episode, one.episode));
  const boxes = new Set([...byId("kinds").querySelectorAll("input")].map((one) => one.value));
  for (const { kind } of run.kinds) {
    if (boxes.has(kind)) continue;
    const label = byId("kinds").appendChild(element("label"));
    const box = label.appendChild(element("input", "", { type: "checkbox", value: kind }));
    label.append(kind.replaceAll("_", " "));
    box.addEventListener("change", filter);
  }
}

function tellFilter() {
  for (const box of byId("kinds").querySelectorAll("input")) box.checked = place.kinds === null || place.kinds.includes(box.value);
  byId("filtered").textContent = place.kinds === null ? "all kinds" : place.kinds.length === 1 ? `${place.kinds[0].replaceAll("_", " ")} only` : `${place.kinds.length} kinds`;
  byId("only").checked = place.only;
  byId("only").disabled = place.agent === null;
}

function filter() {
  const boxes = [...byId("kinds").querySelectorAll("input")];
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  place.kinds = chosen.length === boxes.length ? null : chosen;
  forget();
  update();
}

const cast = guard(async () => {
  const found = await ask("agents", { episode: place.episode });
  shown.episode = place.episode;
  network.show(found);
  byId("network-text").textContent = found.text;
  const list = byId("agent");
  const texts = found.agents.map(({ name, group }) => [name, group && group !== name ? `${name} (${group})` : name]);
  const cast = JSON.stringify(texts);
  if (cast !== shown.cast) list.replaceChildren(option("", "none"), ...texts.map(([name, text]) => option(name, text)));
  shown.cast = cast;
  if (place.agent !== null && !found.agents.some(({ name }) => name === place.agent)) place.agent = null;
  list.value = place.agent ?? "";
});

// -- what is asked -----------------------------------------------------------------------------------------------

function forget() {
  shown.messages = [];
  shown.from = shown.to = NaN;
  shown.density = "";
}

const density = guard(async () => {
  const asked = JSON.stringify([place.episode, timeline.start, timeline.end, which(), shown.run.revision]);
  if (asked === shown.density) return;
  shown.density = asked;
  const bins = 240;
  const range = { episode: place.episode, start: timeline.start, end: timeline.end, bins };
  timeline.counts = nothing() ? [] : (await ask("density", { ...range, ...which() })).counts;
});

const flights = guard(async () => {
  const span = Math.max(2 * place.speed, 1e-12);
  if (place.t >= shown.from && place.t + (playing ? span / 2 : 0) <= shown.to) return;
  const from = place.t - 0.4 * place.speed, to = place.t + span;
  if (!(from < to)) return;
  const found = nothing() ? { messages: [], of: 0 } : await ask("window", { episode: place.episode, start: from, end: to, ...which() });
  Object.assign(shown, { messages: found.messages, from: place.t, to, of: found.of });
});

async function details() {
  const of = at();
  const events = nothing() ? [] : (await ask("events", { ...of, ...which(), limit: 1 })).events;
  shown.event = events[0] ?? null;
  tellEvent(byId("event"), shown.event, jump, explain);
  if (place.agent === null) {
    const { counts } = await ask("state", of);
    byId("agent-title").textContent = "Agents";
    const table = element("table", "", { class: "numbers" });
    const head = table.appendChild(element("tr"));
    for (const name of ["", "sent", "arrived", "recorded"]) head.append(element("th", name, { scope: "col" }));
    for (const [name, count] of Object.entries(counts).slice(0, 200)) {
      const row = table.appendChild(element("tr"));
      const cell = row.appendChild(element("td"));
      const chosen = cell.appendChild(element("button", name, { type: "button", class: "event" }));
      chosen.addEventListener("click", () => choose(name));
      for (const key of ["sent", "arrived", "recorded"]) row.append(element("td", count[key], { "data-agent": name, "data-field": key }));
    }
    byId("agent-details").replaceChildren(table);
  } else {
    const found = await ask("agent", { ...of, kind: nothing() ? null : place.kinds, agent: place.agent });
    byId("agent-title").textContent = found.name;
    tellAgent(byId("agent-details"), found, jump);
  }
}

const causes = guard(async () => {
  byId("why-part").hidden = place.why === null;
  const asked = JSON.stringify([place.episode, place.why]);
  if (asked === shown.why || place.why === null) return;
  tellWhy(byId("why"), (await ask("why", { episode: place.episode, sequence: place.why })).chain, jump);
  shown.why = asked;
});

// Asks for what stands at the place where the page is now, and shows it once it is all there.
const show = guard(async () => {
  if (shown.episode !== place.episode) await cast();
  const { t, s } = place, ready = JSON.stringify([place.episode, t, s]);
  write();
  tellFilter();
  if (document.activeElement !== byId("time")) byId("time").value = String(t);
  await Promise.all([density(), flights(), causes(), details()]);
  draw();
  const where = `time ${short(t)}${shown.event ? `, event ${shown.event.sequence}: ${sentence(shown.event)}` : ""}`;
  byId("where").textContent = where;
  if (!playing) say(where);
  document.body.dataset.ready = ready;
});

// One round of questions at a time: whoever scrubs fast sees the answers that can be had meanwhile, and then the last.
async function update() {
  moved = true;
  span();
  draw();
  if (asking) return;
  asking = true;
  while (moved) {
    moved = false;
    await show();
  }
  asking = false;
}

function draw() {
  if (place.t === null) return;
  const { t, s, speed, agent } = place;
  network.draw({ t, s, messages: shown.messages, speed, agent, event: playing ? null : shown.event, playing });
  timeline.draw(t);
}

// -- what one can do ---------------------------------------------------------------------------------------------

function goTo(t, s) {
  const { start, end } = episode();
  place.t = Math.min(Math.max(t, start), end);
  place.s = s;
  update();
}

const jump = (event) => { pause(); goTo(event.time, event.sequence); };

function explain(sequence) {
  place.why = sequence;
  update();
}

function choose(name) {
  place.agent = name;
  byId("agent").value = name ?? "";
  if (name === null) place.only = false;
  if (place.only) forget();
  update();
}

const step = guard(async (towards) => {
  pause();
  if (nothing()) return;
  const { event } = await ask("step", { ...at(), ...which(), towards });
  if (event) goTo(event.time, event.sequence);
  else say(towards === "next" ? "That was the last event." : "That was the first event.");
});

function label() {
  byId("play").textContent = playing ? "Pause" : "Play";
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  byId("play").setAttribute("aria-pressed", String(playing));
}

function pause() {
  playing = false;
  label();
}

function toggle() {
  playing = !playing;
  label();
  if (!playing) return void update();
  if (place.t >= episode().end) place.t = episode().start;
  place.s = null;
  last = performance.now();
  requestAnimationFrame(frame);
}

function frame(now) {
  if (!playing) return;
  place.t = Math.min(place.t + (place.speed * Math.min(now - last, 250)) / 1000, episode().end);
  last = now;
  draw();
  byId("where").textContent = `time ${short(place.t)}`;
  if (!fetching) {
    fetching = true;
    const late = now - shownAt > 300;
    if (late) shownAt = now;
    (late ? update() : flights()).finally(() => { fetching = false; });
  }
  if (place.t >= episode().end && !shown.run.live) {
    pause();
    update();
  } else requestAnimationFrame(frame);
}

function keys(press) {
  if (press.ctrlKey || press.metaKey || press.altKey) return;
  const inside = press.target instanceof Element ? press.target.closest("input, select, textarea, button, summary") : null;
  const { start, end } = episode();
  const done = {
    " ": () => toggle(),
    ArrowRight: () => step("next"),
    ArrowLeft: () => step("previous"),
    Home: () => { pause(); goTo(start, null); },
    End: () => { pause(); goTo(end, null); },
    PageDown: () => { pause(); goTo(place.t + (end - start) / 20, null); },
    PageUp: () => { pause(); goTo(place.t - (end - start) / 20, null); },
    "+": () => zoom(1 / 4),
    "-": () => zoom(4),
    Escape: () => choose(null),
  }[press.key];
  if (!done || (inside && (press.key === " " || inside.matches("input, select, textarea")))) return;
  press.preventDefault();
  done();
}

const look = guard(async () => {
  const before = shown.run;
  const standing = before === null ? null : atTheEnd();
  shown.run = await ask("run");
  const { run } = shown;
  if (before !== null && before.revision === run.revision && before.complete === run.complete) return;
  if (!run.episodes.length) return say("Nothing has been written yet.");
  tellRun();
  if (run.live && (standing || (standing === null && place.t === null && !run.complete))) follow();
  settle();
  if (before !== null) {
    await cast();
    shown.from = NaN;
  }
  await update();
});

// Whoever stands at the end of a log that grows goes with it.
function atTheEnd() {
  const last = shown.run.episodes.at(-1);
  return last === undefined ? null : place.episode === last.episode && place.t >= last.end;
}

// Playing it meets what is new at its own speed, otherwise it stands at the new end.
function follow() {
  const { episode, start, end } = shown.run.episodes.at(-1);
  if (!playing) Object.assign(place, { episode, t: end, s: null });
  else if (episode !== place.episode) Object.assign(place, { episode, t: start, s: null });
}

async function watch() {
  await look();
  if (shown.run?.live && !shown.run.complete) setTimeout(watch, 1000);
}

byId("controls").addEventListener("submit", (submit) => submit.preventDefault());
byId("play").addEventListener("click", toggle);
byId("next").addEventListener("click", () => step("next"));
byId("nearer").addEventListener("click", () => zoom(1 / 4));
byId("farther").addEventListener("click", () => zoom(4));
byId("previous").addEventListener("click", () => step("previous"));
byId("time").addEventListener("change", () => {
  const t = Number(byId("time").value);
  if (byId("time").value.trim() === "" || !Number.isFinite(t)) say("A time is a number.", true);
  else { pause(); goTo(t, null); }
});
byId("speed").addEventListener("change", () => { place.speed = Number(byId("speed").value); shown.from = NaN; update(); });
byId("agent").addEventListener("change", () => choose(byId("agent").value || null));
byId("only").addEventListener("change", () => { place.only = byId("only").checked; forget(); update(); });
byId("episode").addEventListener("change", () => {
  Object.assign(place, { episode: Number(byId("episode").value), t: null, s: null, why: null, speed: null, from: null, to: null });
  forget();
  settle();
  update();
});
document.addEventListener("keydown", (press) => shown.run?.episodes.length && keys(press));
window.addEventListener("hashchange", () => { read(); forget(); settle(); update(); });
window.addEventListener("resize", draw);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

read();
watch();
