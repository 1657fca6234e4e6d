// What pages do more with a script: a value beside the pointer, arrow keys in a chart, a table to the clipboard.
"use strict";
for (const figure of document.querySelectorAll("figure[data-points]")) {
  const points = JSON.parse(figure.dataset.points), svg = figure.querySelector("svg"), tip = figure.querySelector(".tip");
  const box = svg.viewBox.baseVal, left = 62, right = box.width - 14;
  const cross = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, value] of [["class", "cross"], ["y1", 16], ["y2", box.height - 30], ["visibility", "hidden"]]) cross.setAttribute(name, value);
  svg.append(cross);
  let at = points.length - 1;
  const show = (place) => {
    at = Math.max(0, Math.min(points.length - 1, place));
    const x = left + (right - left) * at / Math.max(points.length - 1, 1);
    cross.setAttribute("x1", x); cross.setAttribute("x2", x); cross.setAttribute("visibility", "visible");
    tip.textContent = points[at];
  };
  svg.addEventListener("pointermove", (event) => {
    const size = svg.getBoundingClientRect(), x = (event.clientX - size.left) * box.width / size.width;
    show(Math.round((x - left) / (right - left) * (points.length - 1)));
  });
  figure.addEventListener("keydown", (event) => {
    const step = {ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12, Home: -points.length, End: points.length}[event.key];
    if (step !== undefined) { show(at + step); event.preventDefault(); }
  });
}
for (const map of document.querySelectorAll("figure.map")) {
  const tip = map.querySelector(".tip"), rows = new Map();
  for (const head of document.querySelectorAll("th[data-area]")) rows.set(head.dataset.area, head.parentElement);
  let chosen = null;
  map.addEventListener("pointerover", (event) => {
    const row = rows.get(event.target.id);
    if (chosen) chosen.classList.remove("chosen");
    if (!row) return;
    chosen = event.target; chosen.classList.add("chosen");
    tip.textContent = [...row.cells].map((cell) => cell.innerText.trim()).join(" · ");
  });
}
const button = document.querySelector("button.copy"), table = document.querySelector("table");
if (button && table && navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const lines = [...table.rows].map((row) => [...row.cells].map((cell) => cell.innerText.trim()).join("\t"));
    await navigator.clipboard.writeText(lines.join("\n"));
    button.textContent = button.dataset.done;
  });
}
