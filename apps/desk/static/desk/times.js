// Times of the server are UTC; here they are told in the reader's zone, with UTC on pointing at them.
document.addEventListener("DOMContentLoaded", () => {
  const language = document.documentElement.lang || undefined;
  const told = new Intl.DateTimeFormat(language, {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const tell = (time) => {
    if (time.dataset.told) return;
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    time.dataset.told = "1";
    time.textContent = told.format(at);
  };
  document.querySelectorAll("time[datetime]").forEach(tell);
  // What the worker is at: the page asks again until it has come to its end.
  if (document.querySelector("[data-again]")) setTimeout(() => window.location.reload(), 3000);
  document.body.addEventListener("htmx:afterSwap", () => document.querySelectorAll("time[datetime]").forEach(tell));
});
