// The time line: how many events when, and a handle to scrub.

export class Timeline {
  constructor(canvas, moved) {
    this.canvas = canvas;
    this.counts = [];
    this.start = 0;
    this.end = 1;
    let held = false;
    const move = (press) => {
      const box = canvas.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (press.clientX - box.left) / box.width));
      moved(this.start + part * (this.end - this.start));
    };
    canvas.addEventListener("pointerdown", (press) => {
      held = true;
      canvas.setPointerCapture(press.pointerId);
      move(press);
    });
    canvas.addEventListener("pointermove", (press) => held && move(press));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { held = false; });
  }

  draw(t) {
    const { canvas, counts } = this;
    const scale = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(document.documentElement);
    const most = Math.max(1, ...counts);
    pen.fillStyle = style.getPropertyValue("--soft");
    pen.globalAlpha = 0.55;
    counts.forEach((count, number) => {
      const high = count ? Math.max(1, (height - 8) * Math.sqrt(count / most)) : 0;
      pen.fillRect((number * width) / counts.length, height - high, width / counts.length - 0.4, high);
    });
    pen.globalAlpha = 1;
    const x = ((t - this.start) / (this.end - this.start)) * width;
    pen.fillStyle = style.getPropertyValue("--mark");
    pen.fillRect(Math.min(width - 2, Math.max(0, x - 1)), 0, 2, height);
    canvas.setAttribute("aria-valuemin", this.start);
    canvas.setAttribute("aria-valuemax", this.end);
    canvas.setAttribute("aria-valuenow", t);
  }
}
