// What the desk adds to htmx: a request that fails says so, in the words that the page brought.
(() => {
  "use strict";
  const region = document.createElement("div");
  region.setAttribute("role", "alert");
  region.className = "toast";
  region.hidden = true;
  document.body.append(region);
  const say = (text) => {
    region.textContent = text || "";
    region.hidden = !text;
  };
  const words = document.getElementById("rail")?.dataset ?? {};
  document.addEventListener("htmx:sendError", () => say(words.offline));
  document.addEventListener("htmx:timeout", () => say(words.offline));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    const known = { 401: words.signedOut, 403: words.stale };
    say(known[status] ?? `${words.failed} (${status})`);
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => event.detail.elt.closest(".pane")?.classList.add("pane--failed"));
  }
  // It comes after an answer that is an error, too.
  document.addEventListener("htmx:afterOnLoad", (event) => event.detail.successful && say(""));
})();

// Where the rail is a strip, what is open stands in sight.
(() => {
  "use strict";
  const rail = document.getElementById("rail");
  const here = rail?.querySelector("[aria-current]");
  if (here) rail.scrollLeft = here.offsetLeft - (rail.clientWidth - here.offsetWidth) / 2;
})();

// A part that renews itself leaves open what was open, and chosen what was chosen.
(() => {
  "use strict";
  let kept = [];
  document.addEventListener("htmx:beforeSwap", () => {
    kept = [...document.querySelectorAll("details[open][id], input[type=checkbox][id]:checked")].map((each) => each.id);
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of kept) {
      const found = document.getElementById(id);
      if (found?.localName === "details") found.open = true;
      else if (found) found.checked = true;
    }
  });
})();

// One box that ticks all others of its form; shown by script alone, since without it nothing would happen.
(() => {
  "use strict";
  for (const label of document.querySelectorAll("[data-check-all]")) {
    const box = label.querySelector("input");
    const others = () => box.form.querySelectorAll('input[type="checkbox"][name]');
    label.hidden = false;
    box.addEventListener("change", () => others().forEach((each) => (each.checked = box.checked)));
  }
})();

// A form is sent once in four seconds, however often its button is pressed: one that is answered by a file leaves the
// page as it is. Coming back to the page makes it good again.
(() => {
  "use strict";
  const AGAIN_MS = 4000;
  const release = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll('[aria-busy="true"]').forEach((each) => each.removeAttribute("aria-busy"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if ("sent" in form.dataset) return event.preventDefault();
    form.dataset.sent = "";
    event.submitter?.setAttribute("aria-busy", "true");
    setTimeout(release, AGAIN_MS, form);
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));
})();

// A press is not lost to an answer: what comes while a button is held down waits until the press has done its work. Put in
// between, it would take the button away, or move it, and the browser would make no click of the press.
(() => {
  "use strict";
  // Not what is dragged: a slider is answered while it moves.
  const PRESSED = "button, summary, label, a, input[type=submit], input[type=checkbox], input[type=radio]";
  let down = false;
  let waiting = [];
  const release = () => {
    down = false;
    const held = waiting;
    waiting = [];
    held.forEach((take) => take());
  };
  const hold = (target) => {
    release();
    down = Boolean(target.closest?.(PRESSED));
  };
  // The click comes after what ends the press, and what it sends may make an answer that waits void.
  const soon = () => down && setTimeout(release);
  document.addEventListener("htmx:beforeSend", (event) => {
    const { xhr } = event.detail;
    const { onload, onabort } = xhr;
    xhr.onload = () => {
      if (down) waiting.push(() => (xhr.readyState === XMLHttpRequest.DONE ? onload : onabort)());
      else onload();
    };
  });
  const on = (name, meant, act) => window.addEventListener(name, (event) => meant(event) && act(event.target), true);
  on("pointerdown", (event) => event.isPrimary && event.button === 0, hold);
  on("keydown", (event) => event.key === " " && !event.repeat, hold);
  on("keyup", (event) => event.key === " ", soon);
  // Fields that lose the focus to the button tell it here, too: only the window's own blur ends a press.
  on("blur", (event) => event.target === window, soon);
  for (const name of ["pointerup", "pointercancel", "dragend"]) on(name, () => true, soon);
})();
