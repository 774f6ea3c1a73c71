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
