// The text of a query is completed as one writes: the server says what may come next, a list below the field offers it.
// Without script the field is a plain one.
(() => {
  "use strict";
  const WAIT_MS = 120;
  let field = null;
  let timer = 0;
  let asked = 0;
  const around = (element) => element?.closest?.("[data-complete]");
  const list = () => around(field)?.querySelector("[role=listbox]");
  const options = () => [...(list()?.querySelectorAll("[role=option]") ?? [])];
  const chosen = () => list()?.querySelector('[aria-selected="true"]');

  const say = (text) => {
    const place = around(field)?.querySelector("[data-said]");
    if (place) place.textContent = text;
  };
  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    clearTimeout(timer);
    asked += 1;
    list()?.remove();
    field?.removeAttribute("aria-activedescendant");
    field?.setAttribute("aria-expanded", "false");
    say("");
  };
  const take = (option) => {
    const { start, end } = list().dataset;
    field.setRangeText(option.dataset.insert, Number(start), Number(end), "end");
    close();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    ask();
  };
  const show = (html, typed) => {
    around(field).querySelector(".complete__found").innerHTML = html;
    const found = list();
    if (!options().length) {
      const said = found?.dataset.count;
      close();
      return say(said ?? "");
    }
    field.setAttribute("aria-controls", found.id);
    field.setAttribute("aria-expanded", "true");
    say(found.dataset.count);
    // Enter and Tab take what was begun; where nothing was, they stay what they are until an arrow key chooses.
    choose(typed > Number(found.dataset.start) ? options()[0] : null);
  };
  const ask = async () => {
    const now = (asked += 1);
    const at = field.selectionStart;
    const told = new FormData();
    told.set("csrfmiddlewaretoken", field.form.elements.csrfmiddlewaretoken.value);
    told.set("before", field.value.slice(0, at));
    told.set("after", field.value.slice(at));
    try {
      const answer = await fetch(around(field).dataset.complete, { method: "POST", body: told });
      const html = await answer.text();
      if (answer.ok && now === asked && document.activeElement === field) show(html, at);
    } catch {
      // Without an answer the field stays what it is: one writes on.
    }
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  };

  document.addEventListener("focusin", (event) => {
    if (event.target.localName !== "textarea" || !around(event.target)) return;
    field = event.target;
    if (field.role === "combobox") return;
    const told = { role: "combobox", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-expanded": "false" };
    for (const [name, value] of Object.entries(told)) field.setAttribute(name, value);
    const keys = around(field).querySelector("[data-keys]");
    if (keys) keys.hidden = false;
  });
  document.addEventListener("focusout", (event) => event.target === field && close());
  document.addEventListener("input", (event) => event.target === field && soon());
  document.addEventListener("keydown", (event) => {
    if (event.target !== field || event.isComposing) return;
    if ((event.key === " " && event.ctrlKey) || (event.key === "ArrowDown" && event.altKey)) {
      event.preventDefault();
      return ask();
    }
    const all = options();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    const moves = { ArrowDown: (at + 1) % all.length, ArrowUp: (at <= 0 ? all.length : at) - 1 };
    if (event.key in moves) choose(all[moves[event.key]]);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && !event.shiftKey) take(all[at]);
    else return;
    event.preventDefault();
  });
  // A press must not take the focus away before it has chosen.
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("[data-complete] [role=option]");
    if (!option || event.button) return;
    event.preventDefault();
    take(option);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id !== "query-fault") return;
    const text = around(event.target)?.querySelector("textarea");
    if (event.target.textContent.trim()) text?.setAttribute("aria-invalid", "true");
    else text?.removeAttribute("aria-invalid");
  });
})();
