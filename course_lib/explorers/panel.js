// What screen readers need and ipywidgets does not write: the name of each slider, its value as shown beside it, and
// the picture's alternative text, which is the words beside it.
const told = (node) => (node ? node.textContent.trim() : "");

function name(explorer) {
  for (const slider of explorer.querySelectorAll("[role=slider]")) {
    const widget = slider.closest(".jupyter-widgets");
    slider.setAttribute("aria-label", told(widget.querySelector(".widget-label")));
    slider.setAttribute("aria-valuetext", told(widget.querySelector(".widget-readout")));
  }
  const picture = explorer.querySelector(".course-picture");
  if (picture) picture.alt = told(explorer.querySelector(".course-words"));
}

let tries = 100; // the widgets may be put into the page after this has run
const waiting = setInterval(() => {
  const explorer = element.closest(".course-explorer");
  if (explorer) {
    new MutationObserver(() => name(explorer)).observe(explorer, { childList: true, subtree: true, characterData: true });
    name(explorer);
  }
  if (explorer || --tries === 0) clearInterval(waiting);
}, 100);
