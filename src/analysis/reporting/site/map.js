// The map takes the colours of the measure chosen; map, small charts and ranks follow what the table shows.
"use strict";

(() => {
  const choice = find("#map-measure");
  const size = Number(find("#map-svg")?.dataset.size);
  const marks = all("#map-svg g[data-id]");
  const districts = new Map(site.districts.map((district) => [district.id, district]));

  function legend(measure) {
    const lines = measure.legend.map((words, group) =>
      make("li", {}, make("span", { class: `swatch k${measure.colours[group]}` }, String(group + 1)), " ", words));
    find("#legend").replaceChildren(...lines, make("li", {}, make("span", { class: "swatch none" }, "–"), " ", say("none")));
  }

  function colour() {
    const at = site.measures.findIndex((measure) => measure.id === choice.value);
    const measure = site.measures[at];
    for (const mark of marks) {
      const district = districts.get(mark.dataset.id);
      const [shown, , group] = district.figures[at];
      const shade = group < 0 ? -1 : measure.colours[group];
      mark.setAttribute("class", shade < 0 ? "none" : `k${shade}`);
      const value = mark.querySelector(".value");
      value.textContent = mark.querySelector(".name") ? shown : group < 0 ? "–" : group + 1;
      mark.querySelector("circle")?.setAttribute("r", (shade < 0 ? 20 : 24 + 4 * shade) * size);
      mark.querySelector("title").textContent = say("label", { name: district.name, value: shown });
    }
    legend(measure);
    find("#map-name").textContent = measure.name;
    find("#map-svg").setAttribute("aria-label", say("map", { measure: measure.name }));
    find("#map-status").textContent = say("coloured", { measure: measure.name });
    remember("colour", measure.id);
  }

  document.addEventListener("shown", ({ detail: shown }) => {
    for (const mark of marks) mark.style.opacity = shown.has(mark.dataset.id) ? 1 : 0.2;
    for (const part of all("#trends [data-id], #ranks [data-id]")) part.hidden = !shown.has(part.dataset.id);
  });
  if (!choice) return;
  choice.addEventListener("change", colour);
  if (site.measures.some((measure) => measure.id === choices.get("colour"))) {
    choice.value = choices.get("colour");
    colour();
  }
})();
