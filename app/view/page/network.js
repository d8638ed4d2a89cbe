// The network: agents where the server put them, messages as dots between sending and arrival.

import { COLOURS } from "./words.js";

const FLIGHT = 0.35; // seconds that the shortest flight is seen
const LEAST = 22;

export class Network {
  constructor(canvas, chosen) {
    this.canvas = canvas;
    this.agents = [];
    this.places = new Map();
    this.links = [];
    this.colours = new Map();
    canvas.addEventListener("click", (click) => {
      const box = canvas.getBoundingClientRect();
      const name = this.at(click.clientX - box.left, click.clientY - box.top);
      if (name !== null) chosen(name);
    });
  }

  show({ agents, links, changes }) {
    this.agents = agents.filter((agent) => agent.place !== null);
    this.links = links;
    this.changes = changes;
    this.colours = new Map();
    for (const agent of agents) if (!this.colours.has(agent.group)) this.colours.set(agent.group, COLOURS[this.colours.size % COLOURS.length]);
    this.groups = new Map(agents.map((agent) => [agent.name, agent.group]));
  }

  colour(name) {
    return this.colours.get(this.groups.get(name)) ?? COLOURS[7];
  }

  lay() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const margin = { x: Math.min(60, width / 8), y: 34 };
    this.places.clear();
    for (const agent of this.agents) {
      this.places.set(agent.name, [
        margin.x + agent.place[0] * (width - 2 * margin.x),
        margin.y + agent.place[1] * (height - 2 * margin.y),
      ]);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  at(x, y) {
    let best = null, least = LEAST;
    for (const [name, [px, py]] of this.places) {
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [best, least] = [name, distance];
    }
    return best;
  }

  // Those that are down at a time.
  down(t, s) {
    const down = new Set();
    for (const [time, sequence, one, other, up] of this.changes ?? []) {
      if (time > t || (time === t && s !== null && sequence > s)) break;
      const key = JSON.stringify([one, other].sort());
      if (up) down.delete(key); else down.add(key);
    }
    return down;
  }

  draw({ t, s, messages, speed, agent, event, counts, playing }) {
    const pen = this.lay();
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const down = this.down(t, s);
    pen.lineWidth = 1;
    pen.strokeStyle = read("--soft");
    const faint = this.links.length > 400 ? 0.25 : 0.55;
    for (const [one, other] of this.links) {
      pen.globalAlpha = agent === null || one === agent || other === agent ? faint : 0.4 * faint;
      pen.setLineDash(down.size && down.has(JSON.stringify([one, other].sort())) ? [3, 5] : []);
      this.stroke(pen, one, other);
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
    if (event && event.receiver) {
      pen.strokeStyle = read("--mark");
      pen.lineWidth = 2;
      this.stroke(pen, event.sender, event.receiver);
    }
    let flying = 0;
    const visible = playing ? FLIGHT * speed : 0;
    for (const [sequence, , time, arrival, sender, receiver] of messages) {
      const until = Math.max(arrival, time + visible);
      const present = s !== null && time === t ? sequence <= s : time <= t;
      const here = event && event.sequence === sequence;
      if (!here && (!present || until <= t)) continue;
      const from = this.places.get(sender), to = this.places.get(receiver);
      if (!from || !to) continue;
      const way = here && !playing ? 0.5 : (t - time) / (until - time);
      pen.beginPath();
      pen.arc(from[0] + way * (to[0] - from[0]), from[1] + way * (to[1] - from[1]), here ? 6 : 4, 0, 7);
      pen.fillStyle = here ? read("--mark") : this.colour(sender);
      pen.fill();
      flying += 1;
    }
    const few = this.agents.length <= 40;
    const named = few && this.canvas.clientWidth * this.canvas.clientHeight > 5000 * this.agents.length;
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    for (const { name } of this.agents) {
      const [x, y] = this.places.get(name);
      const size = few ? 9 : 5;
      pen.beginPath();
      pen.arc(x, y, size, 0, 7);
      pen.fillStyle = this.colour(name);
      pen.fill();
      if (name === agent || (event && (event.agent === name || event.sender === name))) {
        pen.lineWidth = 2.5;
        pen.strokeStyle = name === agent ? read("--ink") : read("--mark");
        pen.beginPath();
        pen.arc(x, y, size + 4, 0, 7);
        pen.stroke();
      }
      if (named || name === agent) {
        pen.fillStyle = read("--ink");
        const long = name.length > 24 ? `${name.slice(0, 23)}…` : name;
        pen.fillText(long, x, y - size - 7);
      }
    }
    return flying;
  }

  stroke(pen, one, other) {
    const from = this.places.get(one), to = this.places.get(other);
    if (!from || !to) return;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
  }
}
