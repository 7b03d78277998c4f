// Times of the server are UTC; here they are told in the reader's zone, with UTC on pointing at them.
document.addEventListener("DOMContentLoaded", () => {
  // The page's language as this reader has it: British and American days are written unlike
  const language = document.documentElement.lang || navigator.language;
  const base = language.split("-")[0];
  const own = navigator.languages.find((one) => one.split("-")[0] === base) || language;
  const form = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  };
  const told = new Intl.DateTimeFormat(own, form);
  const precise = new Intl.DateTimeFormat(own, { ...form, second: "2-digit" });
  const tell = (time) => {
    if (time.dataset.told) return;
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    time.dataset.told = "1";
    time.textContent = ("seconds" in time.dataset ? precise : told).format(at);
  };
  document.querySelectorAll("time[datetime]").forEach(tell);
  // What the worker is at: the page asks again until it has come to its end.
  if (document.querySelector("[data-again]")) setTimeout(() => window.location.reload(), 3000);
  document.body.addEventListener("htmx:afterSwap", () => document.querySelectorAll("time[datetime]").forEach(tell));
});
