"use strict";
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const theme = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const grid = { gridcolor: read("--line"), zerolinecolor: read("--line"), linecolor: read("--line") };
    return { ink: read("--ink"), soft: read("--soft"), grid };
  };

  const layout = (figure) => {
    const { ink, soft, grid } = theme();
    return {
      ...figure.layout,
      title: undefined,
      xaxis: { ...figure.layout.xaxis, ...grid },
      yaxis: { ...figure.layout.yaxis, ...grid },
      font: { color: ink, size: 12 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 55, r: 10, t: 26, b: 45 },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: soft, activecolor: ink },
      legend: { orientation: "h", y: -0.22 },
      hovermode: "closest",
      autosize: true,
    };
  };

  const draw = (element) => {
    const figure = figures[Number(element.dataset.figure)];
    Plotly.react(element, figure.data, layout(figure), { responsive: true, displaylogo: false });
  };

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "600px" });

  const elements = [...document.querySelectorAll(".figure")];
  elements.forEach((element) => seen.observe(element));
  dark.addEventListener("change", () => elements.filter((element) => element.data).forEach(draw));
  window.addEventListener("beforeprint", () => elements.filter((element) => !element.data).forEach(draw));
})();
