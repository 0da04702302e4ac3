// The table: search, filters and sorting; says how many districts are left, and tells the rest of the page.
"use strict";

(() => {
  const table = find("#table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const search = find("#search");
  const filters = all("[data-filter]");
  const collator = new Intl.Collator(site.language, { numeric: true });
  const buttons = [];

  // Lower case, without accents (què shā = que sha), spaces and hyphens
  const plain = (text) => text.normalize("NFKD").replace(/[\p{M}\s'’·-]/gu, "").toLowerCase();
  const names = new Map(rows.map((row) => [row, [...row.cells[0].children].map((part) => plain(part.textContent))]));

  function passes(row, filter) {
    if (!filter.value) return true;
    const found = row.dataset[filter.dataset.filter].split(" ");
    return filter.value.startsWith("!") ? !found.includes(filter.value.slice(1)) : found.includes(filter.value);
  }

  function show() {
    const wanted = plain(search.value);
    const shown = new Set();
    for (const row of rows) {
      const kept = names.get(row).some((name) => name.includes(wanted)) && filters.every((f) => passes(row, f));
      row.hidden = !kept;
      if (kept) shown.add(row.dataset.id);
    }
    const count = say("count", { shown: shown.size, all: rows.length });
    find("#status").textContent = shown.size ? count : say("nothing");
    remember("search", search.value);
    for (const filter of filters) remember(filter.dataset.filter, filter.value);
    document.dispatchEvent(new CustomEvent("shown", { detail: shown }));
  }

  function key(row, column) {
    const cell = row.cells[column];
    if (!("sort" in cell.dataset)) return cell.textContent;
    return cell.dataset.sort === "" ? null : Number(cell.dataset.sort);
  }

  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null); // what is not known comes last, either way
    return sign * (typeof a === "number" ? a - b : collator.compare(a, b));
  }

  function sort(column, down) {
    const sign = down ? -1 : 1;
    const keyed = rows.map((row) => [key(row, column), row]);
    keyed.sort((a, b) => compare(a[0], b[0], sign));
    body.append(...keyed.map(([, row]) => row));
    for (const button of buttons) button.parentElement.removeAttribute("aria-sort");
    const head = table.tHead.rows[0].cells[column];
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    find("#status").textContent = say(down ? "sorted_down" : "sorted_up", { column: head.textContent });
    remember("sort", (down ? "-" : "") + head.dataset.column);
  }

  function clear() {
    search.value = "";
    for (const filter of filters) filter.value = "";
    for (const button of buttons) button.parentElement.removeAttribute("aria-sort");
    body.append(...rows);
    remember("sort", "");
    show();
    search.focus();
  }

  for (const head of table.querySelectorAll("th[data-column]")) {
    const button = make("button", { type: "button" }, ...head.childNodes);
    button.addEventListener("click", () => sort(head.cellIndex, head.getAttribute("aria-sort") === "ascending"));
    head.append(button);
    buttons.push(button);
  }
  search.addEventListener("input", show);
  for (const filter of filters) filter.addEventListener("change", show);
  find("#clear").addEventListener("click", clear);

  search.value = choices.get("search") || "";
  for (const filter of filters) {
    const value = choices.get(filter.dataset.filter) || "";
    if ([...filter.options].some((option) => option.value === value)) filter.value = value;
  }
  const sorted = choices.get("sort") || "";
  document.addEventListener("DOMContentLoaded", () => {
    show(); // when the other scripts listen
    const button = buttons.find((b) => b.parentElement.dataset.column === sorted.replace(/^-/, ""));
    if (button) sort(button.parentElement.cellIndex, sorted.startsWith("-"));
  });
})();
