// What the page says when a request made by htmx does not come back.
(() => {
  const say = (text) => {
    const place = document.getElementById("notice");
    if (place) place.textContent = text;
  };
  const words = document.documentElement.dataset;
  document.addEventListener("htmx:sendError", () => say(words.offline));
  document.addEventListener("htmx:timeout", () => say(words.offline));
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) say(words.signedOut);
    else say(`${words.failed} (${status})`);
  });
  document.addEventListener("htmx:beforeRequest", () => say(""));
})();

// How long an item's page was looked at, told once when it is left; the time in hidden tabs does not count.
(() => {
  const form = document.getElementById("dwell");
  if (!form || !navigator.sendBeacon) return;
  let seen = 0;
  let since = document.hidden ? 0 : performance.now();
  const pause = () => {
    if (since) seen += performance.now() - since;
    since = 0;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) pause();
    else since = performance.now();
  });
  window.addEventListener("pagehide", () => {
    pause();
    const told = new FormData(form);
    told.append("seconds", Math.min(seen / 1000, 604800).toFixed(1));
    if (seen >= 1000) navigator.sendBeacon(form.action, told);
    seen = 0;
  });
})();
