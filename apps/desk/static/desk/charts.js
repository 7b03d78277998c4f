// Charts of the dashboard, drawn by Chart.js from the JSON beside them, in the colours of the theme.
document.addEventListener("DOMContentLoaded", () => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--d-${name}`).trim();
  const drawn = [];

  const scale = (shown, panel) => ({
    stacked: panel.stacked,
    display: shown,
    grid: { color: colour("line"), drawTicks: false },
    border: { display: false },
    ticks: { color: colour("quiet"), precision: 0, maxRotation: 0, autoSkipPadding: 12 },
    beginAtZero: true,
  });

  const draw = (canvas) => {
    const panel = JSON.parse(document.getElementById(canvas.dataset.chart).textContent);
    const words = { ...scale(true, panel), grid: { display: false } };
    if (panel.flat) {  // long words stand in the table; beside the bars only their beginning
      // the axis gets at most half of the plot, whatever its words take, and cuts them at the front
      const most = Math.max(6, Math.min(16, Math.floor(canvas.parentElement.clientWidth / 17)));
      words.ticks = { ...words.ticks, callback: (_, place) => {
        const label = panel.labels[place];
        return label.length > most ? `${label.slice(0, most - 1)}…` : label;
      } };
      words.ticks.autoSkipPadding = 0;  // a bar without its name says nothing
    }
    const numbers = scale(true, panel);
    return new Chart(canvas, {
      type: panel.kind,
      data: {
        labels: panel.labels,
        datasets: panel.series.map((one) => ({
          label: one.label,
          data: one.values,
          backgroundColor: colour(one.tint),
          borderColor: colour(one.tint),
          borderWidth: panel.kind === "line" ? 2 : 0,
          borderRadius: 3,
          maxBarThickness: 22,
          pointRadius: 0,
          pointHitRadius: 12,
          tension: 0.25,
        })),
      },
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        indexAxis: panel.flat ? "y" : "x",
        interaction: { mode: "index", intersect: false, axis: panel.flat ? "y" : "x" },
        scales: panel.flat ? { x: numbers, y: words } : { x: words, y: numbers },
        plugins: {
          legend: {
            display: panel.series.length > 1,
            position: "bottom",
            labels: { color: colour("text"), boxWidth: 10, boxHeight: 10 },
          },
        },
      },
    });
  };

  const all = () => {
    while (drawn.length) drawn.pop().destroy();
    document.querySelectorAll("canvas[data-chart]").forEach((canvas) => drawn.push(draw(canvas)));
  };
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  all();
  new MutationObserver(all).observe(document.documentElement, { attributeFilter: ["class"] });

  // Figures that change while somebody looks. A run that begins brings its bar with the next page.
  const place = document.querySelector("[data-standing]");
  if (!place) return;
  const under = document.querySelector("[data-progress]") !== null;
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(place.dataset.standing, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const now = await answer.json();
    if (now.run && !under) { window.location.reload(); return; }
    document.querySelectorAll("[data-figure]").forEach((figure) => {
      figure.textContent = now[figure.dataset.figure];
    });
  };
  setInterval(() => look().catch(() => {}), 5000);  // a lost connection: the next time, perhaps
});
