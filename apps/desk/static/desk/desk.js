// htmx, which the theme brings along, may neither evaluate strings nor add inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;

// A page of a run asks where it is while it is looked at, and loads again once it has ended.
document.addEventListener("DOMContentLoaded", () => {
  const shown = document.querySelector("[data-progress]");
  if (!shown) return;
  const say = (name, text) => { shown.querySelector(`[data-${name}]`).textContent = text; };
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(shown.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const run = await answer.json();
    if (!run.unfinished) { window.location.reload(); return; }
    shown.querySelector("progress").value = run.percent;
    say("percent", Math.round(run.percent));
    say("where", run.where);
    say("left", run.left);
    say("beat", run.beat);
  };
  setInterval(() => look().catch(() => {}), 1500);  // a lost connection: the next time, perhaps
});
