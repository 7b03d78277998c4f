// htmx, which the theme brings along, may neither evaluate strings nor add inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;

// A page of something under way looks again, after the seconds it names, while it is looked at.
document.addEventListener("DOMContentLoaded", () => {
  const waiting = document.querySelector("[data-look-again]");
  if (waiting) {
    const seconds = Number(waiting.dataset.lookAgain);
    setInterval(() => document.hidden || window.location.reload(), seconds * 1000);
  }
});
