// While a policy is filled in: what its values would have decided lately, told by the server.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-preview]");
  if (!form) return;
  const shown = form.querySelector("[data-shown]");
  const cell = (text, kind) => {
    const made = document.createElement("td");
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const tell = (told) => {
    shown.querySelector("[data-sentence]").textContent = told.sentence;
    shown.querySelector("[data-rows]").replaceChildren(...told.rows.map(([verdict, before, after]) => {
      const row = document.createElement("tr");
      row.append(cell(verdict), cell(before, "d-number"), cell(after, "d-number"));
      return row;
    }));
  };
  const mark = (errors) => form.querySelectorAll("[name]").forEach((field) => {
    const wrong = errors[field.name];
    field.setAttribute("aria-invalid", wrong ? "true" : "false");
    field.setCustomValidity(wrong ? wrong.join(" ") : "");
  });
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const mine = (asked += 1);
    shown.setAttribute("aria-busy", "true");
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
    if (mine !== asked) return;  // something else was typed meanwhile
    shown.setAttribute("aria-busy", "false");
    const told = await answer.json();
    mark(told.errors || {});
    if (answer.ok) tell(told);
  };
  form.addEventListener("input", (event) => {
    if (event.target.name === "why") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => ask().catch(() => {}), 350);
  });
});
