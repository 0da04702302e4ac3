// Two districts side by side, with what their difference is worth.
"use strict";

(() => {
  const first = find("#compare-first");
  const second = find("#compare-second");
  if (!first) return;

  // The 95 % interval of a difference from the intervals of both sides (MOVER: Newcombe 1998, Zou & Donner 2008)
  function differ([, , , a, aLow, aHigh], [, , , b, bLow, bHigh]) {
    const difference = a - b;
    const known = [aLow, aHigh, bLow, bHigh].every((end) => end !== null);
    if (!known) return { difference, verdict: "unjudged" };
    const low = difference - Math.hypot(a - aLow, bHigh - b);
    const high = difference + Math.hypot(aHigh - a, b - bLow);
    return { difference, low, high, verdict: low > 0 || high < 0 ? "beyond" : "within" };
  }

  function number(measure, value, signDisplay = "auto") {
    const digits = measure.digits - (measure.share ? 2 : 0);
    const style = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay };
    const text = (measure.share ? value * 100 : value).toLocaleString(site.language, style).replace("-", "−");
    return measure.share && signDisplay === "auto" ? `${text}%` : text;
  }

  function range(measure, low, high, signDisplay) {
    return say("interval", { low: number(measure, low, signDisplay), high: number(measure, high, signDisplay) });
  }

  function cell(measure, [shown, n, , , low, high]) {
    const made = make("td", { class: "number" }, shown);
    if (typeof low === "number") made.append(make("span", { class: "n" }, range(measure, low, high)));
    if (n) made.append(make("span", { class: "n" }, say("n", { n })));
    return made;
  }

  function row(measure, a, b, counts) {
    const cells = [make("th", { scope: "row" }, measure.name), cell(measure, a), cell(measure, b)];
    if (a.length < 4 || b.length < 4) {
      counts.open += 1;
      return make("tr", {}, ...cells, make("td", { class: "number" }, "–"), make("td", { class: "soft" }, say("unknown")));
    }
    const { difference, low, high, verdict } = differ(a, b);
    const text = number(measure, difference, "exceptZero");
    const made = make("td", { class: "number" }, measure.share ? say("points", { number: text }) : text);
    if (verdict !== "unjudged") made.append(make("span", { class: "n" }, range(measure, low, high, "exceptZero")));
    counts[verdict === "unjudged" ? "open" : verdict] += 1;
    return make("tr", {}, ...cells, made, make("td", { class: `verdict ${verdict}` }, say(verdict)));
  }

  function rank(a, b) {
    const words = (r) => (r ? say("rank_span", { low: r[0], high: r[1] }) : say("no_rank"));
    const cells = [a, b].map((district) => make("td", { class: "number" }, words(district.rank)));
    const known = a.rank && b.rank;
    const apart = known && (a.rank[1] < b.rank[0] || b.rank[1] < a.rank[0]);
    const verdict = known ? say(apart ? "rank_apart" : "rank_overlap") : say("unknown");
    const look = known ? `verdict ${apart ? "beyond" : "within"}` : "soft";
    return make("tr", {}, make("th", { scope: "row" }, say("rank")), ...cells,
      make("td", { class: "number" }, "–"), make("td", { class: look }, verdict));
  }

  function show() {
    const [a, b] = [first, second].map((choice) => site.districts[choice.selectedIndex]);
    remember("first", a.id);
    remember("second", b.id);
    if (a === b) {
      find("#compared").replaceChildren();
      find("#compare-status").textContent = say("same");
      return;
    }
    const names = { first: a.name, second: b.name };
    const counts = { beyond: 0, within: 0, open: 0 };
    const rows = site.measures.map((measure, at) => row(measure, a.figures[at], b.figures[at], counts));
    if (site.districts.some((district) => district.rank)) rows.push(rank(a, b));
    const header = [say("measure"), a.name, b.name, say("difference", names), say("verdict")];
    const head = make("tr", {}, ...header.map((name) => make("th", { scope: "col" }, name)));
    find("#compared").replaceChildren(make("table", {}, make("caption", {}, say("compare_caption", names)),
      make("thead", {}, head), make("tbody", {}, ...rows)));
    find("#compare-status").textContent = say("compared", { ...names, ...counts, count: site.measures.length });
  }

  const ids = site.districts.map((district) => district.id);
  first.selectedIndex = Math.max(ids.indexOf(choices.get("first")), 0);
  second.selectedIndex = ids.includes(choices.get("second")) ? ids.indexOf(choices.get("second")) : 1;
  for (const choice of [first, second]) choice.addEventListener("change", show);
  show();
})();
