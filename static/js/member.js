// Stars: at once by a tap, after a breath by the arrow keys, which pass over what they do not mean.
(() => {
  const BREATH_MS = 500;
  const waiting = new WeakMap();
  let byKey = false;
  document.addEventListener("keydown", () => { byKey = true; }, true);
  document.addEventListener("pointerdown", () => { byKey = false; }, true);
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".stars") && event.target.form;
    if (!form) return;
    clearTimeout(waiting.get(form));
    const send = () => form.dispatchEvent(new Event("rated"));
    waiting.set(form, setTimeout(send, byKey ? BREATH_MS : 0));
  });
})();

// An answer changes the shelf, never the reader's place: the card stays where it was, and so does the focus.
(() => {
  let place = null;
  const cardOf = (element) => element && element.closest(".card, .entry, .item");
  const topOf = (card) => (card.querySelector(".stars") || card).getBoundingClientRect().top;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const from = event.detail.requestConfig && event.detail.requestConfig.elt;
    const card = cardOf(from);
    place = { id: card && card.id, top: card && topOf(card), held: event.detail.target.contains(document.activeElement), row: null };
    const row = from && from.closest(".shelf--row .cards");
    if (row) place.row = { id: row.closest(".shelf").id, at: row.scrollLeft };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!place) return;
    const { id, top, held, row } = place;
    place = null;
    const again = row && document.querySelector(`#${CSS.escape(row.id)} .cards`);
    if (again) again.scrollLeft = row.at;
    const card = id && document.getElementById(id);
    if (card) window.scrollBy({ top: topOf(card) - top, behavior: "instant" });
    if (!held || document.activeElement !== document.body) return;
    const next = document.querySelector("#undo") || (card && card.querySelector("a[href]:not([tabindex])"));
    if (next) next.focus({ preventScroll: true });
  });
})();

// What could not be sent is kept on the page, and sent when the connection is back; a shelf that did not come says so.
(() => {
  const words = document.documentElement.dataset;
  const unsent = new Map();
  const say = (text) => {
    const notice = document.getElementById("notice");
    if (notice) notice.textContent = text;
  };
  let pressed = null;
  document.addEventListener("click", (event) => { pressed = event.target.closest("button"); }, true);
  const keep = (event) => {
    const element = event.detail.elt;
    if (element.matches(".acts")) {
      unsent.set(element, pressed && pressed.form === element ? pressed : null);
      element.dataset.unsent = "";
      say(words.unsent);
    }
    if (element.matches(".shelf--later")) element.classList.add("shelf--failed");
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, keep);
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt.matches(".shelf--later")) event.detail.elt.classList.add("shelf--failed");
  });
  window.addEventListener("online", () => {
    const forms = [...unsent].filter(([form]) => form.isConnected);
    unsent.clear();
    for (const [form, button] of forms) {
      delete form.dataset.unsent;
      if (button) button.click();
      else form.dispatchEvent(new Event("rated"));
    }
    if (forms.length) say(words.sent);
  });
})();
