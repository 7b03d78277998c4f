// Keys of the queue and of a request. Everything they do is on the page as a link or a button, too.
document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.getElementById("keys");
  if (!dialog) return;

  const rows = [...document.querySelectorAll("#result_list tbody tr, [data-members] > li")];
  const list = document.getElementById("result_list") !== null;
  let here = -1;

  const show = (next) => {
    if (!rows.length) return;
    if (here >= 0) rows[here].classList.remove("d-here");
    here = Math.max(0, Math.min(rows.length - 1, next));
    rows[here].classList.add("d-here");
    rows[here].scrollIntoView({ block: "nearest" });
  };
  const row = () => (here >= 0 ? rows[here] : undefined);
  const press = (selector, within = document) => within.querySelector(selector)?.click();

  // On the list a verb goes to the ticked rows, or opens the page of the row at this verb.
  const onList = (verb) => {
    const bulk = document.querySelector(`button[name="action"][value="${verb}_selected"]`);
    if (bulk && document.querySelector("input.action-select:checked")) { bulk.click(); return; }
    if (here < 0) show(0);
    const link = row()?.querySelector("a[href]");
    if (link) window.location.assign(`${link.href.split("#")[0]}#${verb}`);
  };
  const onPage = (verb) => {
    const part = document.querySelector(`details[data-verb="${verb}"]`);
    if (!part) return;
    part.open = true;
    part.scrollIntoView({ block: "nearest" });
    part.querySelector("textarea, input:not([type=hidden]), select, button")?.focus();
  };
  const act = list ? onList : onPage;
  const undo = () => {
    const link = document.querySelector("a[data-undo]");
    if (link) { window.location.assign(link.href); return; }
    document.querySelector("[data-undoing] button[type=submit]")?.focus();
  };

  const keys = {
    j: () => show(here + 1),
    k: () => show(here < 0 ? rows.length - 1 : here - 1),
    x: () => { const tick = row()?.querySelector("input[type=checkbox]"); if (tick) tick.click(); },
    o: () => { if (list) press("a[href]", row() ?? document.createElement("p")); },
    n: () => press("[data-next] button"),
    a: () => act("approve"),
    r: () => act("reject"),
    m: () => act("merge"),
    e: () => act("edit"),
    u: undo,
    "?": () => dialog.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || dialog.open) return;
    const writes = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
    const key = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!key || writes) return;
    event.preventDefault();
    key();
  });

  document.querySelectorAll("[data-help]").forEach((button) => {
    button.addEventListener("click", () => dialog.showModal());
  });
  document.querySelectorAll("select[data-goto]").forEach((select) => {
    select.addEventListener("change", () => { window.location.search = select.value; });
  });
  // No element has these names as its id: moving to a fragment would take the focus away again.
  const asked = window.location.hash.slice(1);
  if (["approve", "reject", "merge", "edit"].includes(asked)) onPage(asked);
  if (asked === "undo") undo();
});
