// A weight is a number; beside it stands a slider that moves with it, its share, and the sum.
(() => {
  "use strict";
  const form = document.getElementById("blend");
  if (!form) return;
  const rows = [...form.querySelectorAll("[data-slider]")].map((row) => ({
    range: row.querySelector("input[type=range]"),
    number: row.querySelector("input[type=number]"),
    share: row.querySelector("[data-share]"),
  }));
  const weight = (row) => Math.max(Number(row.number.value) || 0, 0);
  const tell = () => {
    const total = rows.reduce((sum, row) => sum + weight(row), 0);
    for (const row of rows) {
      row.share.textContent = `${total ? Math.round((weight(row) / total) * 100) : 0}\u00a0%`;
    }
    form.querySelector("[data-total]").textContent = total.toFixed(2);
  };
  for (const row of rows) {
    row.range.hidden = false;
    row.range.addEventListener("input", () => {
      row.number.value = row.range.value;
      tell();
    });
    row.number.addEventListener("input", () => {
      if (weight(row) > Number(row.range.max)) row.range.max = row.number.value;
      row.range.value = row.number.value;
      tell();
    });
  }
  tell();
})();
