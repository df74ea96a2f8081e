"use strict";
(() => {
  const data = JSON.parse(document.getElementById("plots").textContent);
  const holders = [...document.querySelectorAll(".canvas")];
  const plots = [];
  const full = { min: data.start, max: data.end };
  let setting = false;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif';

  const zoneDate = (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.zone);

  function showSpan(min, max) {
    if (setting) return;
    setting = true;
    for (const plot of plots) plot.setScale("x", { min, max });
    setting = false;
  }

  function zoom(factor) {
    const { min, max } = plots[0].scales.x;
    const keep = data.onset && data.onset > min && data.onset < max ? data.onset : (min + max) / 2;
    const wide = Math.min((max - min) * factor, full.max - full.min);
    if (wide < 1) return;
    move(keep - (keep - min) * (wide / (max - min)), wide);
  }

  function move(from, wide) {
    const min = Math.min(Math.max(from, full.min), full.max - wide);
    showSpan(min, min + wide);
  }

  function pan(part) {
    const { min, max } = plots[0].scales.x;
    move(min + (max - min) * part, max - min);
  }

  const reset = () => showSpan(full.min, full.max);

  // The usual range, the onset with its uncertainty, and the signal's own onset, beneath and above the line.
  function marks(chart) {
    const across = (u, time, name, dash, label, leftward) => {
      if (!time || time < u.scales.x.min || time > u.scales.x.max) return;
      const x = Math.round(u.valToPos(time, "x", true)), { top, height, left, width } = u.bbox, ratio = devicePixelRatio;
      const c = u.ctx;
      c.save();
      c.strokeStyle = c.fillStyle = colour(name);
      c.lineWidth = 1.5 * ratio;
      c.setLineDash(dash.map((part) => part * ratio));
      c.beginPath(); c.moveTo(x, top); c.lineTo(x, top + height); c.stroke();
      c.font = `${11 * ratio}px system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif`;
      const wide = c.measureText(label).width;
      const from = leftward ? x - wide - 2 * ratio : x + 2 * ratio;
      c.textAlign = "left"; c.textBaseline = "bottom";
      c.fillText(label, Math.max(Math.min(from, left + width - wide), 0), top - 2 * ratio);
      c.restore();
    };
    const fill = (u, x1, x2, y1, y2, name) => {
      const c = u.ctx;
      c.save();
      c.beginPath(); c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height); c.clip();
      c.fillStyle = colour(name);
      c.fillRect(x1, y1, x2 - x1, y2 - y1);
      c.restore();
    };
    const under = (u) => {
      const { left, width, top, height } = u.bbox;
      if (chart.usual) fill(u, left, left + width, u.valToPos(chart.usual[1], "y", true), u.valToPos(chart.usual[0], "y", true), "--band");
      if (data.onset && data.uncertainty) {
        fill(u, u.valToPos(data.onset - data.uncertainty, "x", true), u.valToPos(data.onset + data.uncertainty, "x", true), top, top + height, "--vague");
      }
    };
    const over = (u) => {
      const short = (time) => zoneDate(time).toTimeString().slice(0, full.max - full.min < 1800 ? 8 : 5);
      // Two labels at the same place would hide each other.
      const apart = chart.own && data.onset ? u.valToPos(chart.own, "x") - u.valToPos(data.onset, "x") : Infinity;
      const near = Math.abs(apart) < 90;
      if (data.onset) across(u, data.onset, "--cause", [5, 4], `onset ${short(data.onset)}`, near && apart > 0);
      if (chart.own) across(u, chart.own, "--symptom", [2, 3], `here ${short(chart.own)}`, near && apart <= 0);
    };
    return { hooks: { drawClear: under, draw: over } };
  }

  function bounds(chart) {
    return (u, low, high) => {
      if (chart.states) return [-0.4, chart.states.length - 0.6];
      if (low === null) return [0, 1];
      const ends = chart.usual ? [Math.min(low, chart.usual[0]), Math.max(high, chart.usual[1])] : [low, high];
      const room = (ends[1] - ends[0]) * 0.08 || Math.abs(ends[0]) * 0.05 || 1;
      return [ends[0] - room, ends[1] + room];
    };
  }

  function vertical(chart, ink, grid) {
    const axis = { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 58, gap: 6 };
    if (!chart.states) return { ...axis, space: 22, label: chart.unit || " ", labelSize: 18, labelFont: font, labelGap: 0 };
    const short = (name) => (name.length > 11 ? name.slice(0, 10) + "…" : name);
    return { ...axis, size: 76, splits: () => chart.states.map((_, index) => index), values: (u, splits) => splits.map((at) => short(chart.states[at] ?? "")) };
  }

  function draw(holder) {
    const chart = data.charts[Number(holder.dataset.chart)];
    holder.replaceChildren();
    const ink = colour("--quiet"), grid = colour("--hair"), line = colour("--series");
    const plot = new uPlot({
      width: Math.max(holder.clientWidth, 120),
      height: holder.clientHeight,
      tzDate: zoneDate,
      legend: { show: false },
      padding: [18, 18, 0, 0],
      cursor: { sync: { key: "time" }, drag: { x: true, y: false }, y: false, points: { size: 6 }, bind: { dblclick: () => () => { reset(); return null; } } },
      scales: { x: { time: true, min: full.min, max: full.max }, y: { range: bounds(chart) } },
      series: [{}, {
        stroke: line, width: 1.5, points: { show: chart.times.length < 3 }, spanGaps: false,
        paths: chart.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
      }],
      axes: [
        { stroke: ink, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, space: 70, size: 40, gap: 4,
          values: [[86400, "{YYYY}-{MM}-{DD}", null, null, null, null, null, null, 1], [60, "{HH}:{mm}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1],
            [1, "{HH}:{mm}:{ss}", "\n{YYYY}-{MM}-{DD}", null, "\n{YYYY}-{MM}-{DD}", null, null, null, 1], [0.001, "{HH}:{mm}:{ss}.{fff}", null, null, null, null, null, null, 1]] },
        vertical(chart, ink, grid),
      ],
      plugins: [marks(chart)],
      hooks: { setScale: [(u, key) => { if (key === "x" && plots.length === holders.length) showSpan(u.scales.x.min, u.scales.x.max); }] },
    }, [chart.times, chart.values], holder);
    plot.setScale("x", full);
    return plot;
  }

  function drawAll() {
    const shown = plots.length ? { min: plots[0].scales.x.min, max: plots[0].scales.x.max } : full;
    for (const plot of plots.splice(0)) plot.destroy();
    plots.push(...holders.map(draw));
    if (plots.length) showSpan(shown.min, shown.max);
  }

  const keys = { "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), ArrowLeft: () => pan(-0.2), ArrowRight: () => pan(0.2), 0: reset, Escape: reset };
  for (const holder of holders) {
    holder.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
  for (const button of document.querySelectorAll("button[data-zoom]")) {
    button.addEventListener("click", () => (button.dataset.zoom === "reset" ? reset() : zoom(Number(button.dataset.zoom))));
  }

  document.documentElement.dataset.live = "";
  if (holders.length) {
    drawAll();
    new ResizeObserver(() => plots.forEach((plot, index) => {
      const { clientWidth: width, clientHeight: height } = holders[index];
      if (width && (plot.width !== width || plot.height !== height)) plot.setSize({ width, height });
    })).observe(document.body);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  }

  // Paper is white: draw in the light colours, with everything unfolded, and fold it back afterwards.
  const unfolded = [];
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.paper = "";
    unfolded.push(...document.querySelectorAll("details:not([open])"));
    for (const part of unfolded) part.open = true;
    drawAll();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.paper;
    for (const part of unfolded.splice(0)) part.open = false;
    drawAll();
  });

  // What the tests ask: how many charts there are, and the span that they show.
  globalThis.twinwrightReport = { span: () => plots.map((plot) => [plot.scales.x.min, plot.scales.x.max]) };
})();
