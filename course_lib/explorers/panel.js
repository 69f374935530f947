// What screen readers need and ipywidgets does not write: the name of each slider, its value as shown beside it and the
// name of that value (it can be typed), which button of a row is pressed, and the picture's alternative text, which is
// the words beside it.
const told = (node) => (node ? node.textContent.trim() : "");

function name(explorer) {
  for (const slider of explorer.querySelectorAll("[role=slider]")) {
    const widget = slider.closest(".jupyter-widgets");
    slider.setAttribute("aria-label", told(widget.querySelector(".widget-label")));
    slider.setAttribute("aria-valuetext", told(widget.querySelector(".widget-readout")));
  }
  for (const number of explorer.querySelectorAll(".widget-readout[contenteditable]")) {
    number.setAttribute("role", "textbox");
    number.setAttribute("aria-label", told(number.closest(".jupyter-widgets").querySelector(".widget-label")));
  }
  for (const button of explorer.querySelectorAll(".widget-toggle-button")) {
    button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
  }
  for (const row of explorer.querySelectorAll(".widget-toggle-buttons")) {
    row.setAttribute("role", "group");
    row.setAttribute("aria-label", told(row.querySelector(".widget-label")));
  }
  const picture = explorer.querySelector(".course-picture");
  if (picture) picture.alt = told(explorer.querySelector(".course-words"));
}

let tries = 100; // the widgets may be put into the page after this has run
const waiting = setInterval(() => {
  const explorer = element.closest(".course-explorer");
  if (explorer) {
    const changes = { attributeFilter: ["class"], characterData: true, childList: true, subtree: true };
    new MutationObserver(() => name(explorer)).observe(explorer, changes);
    name(explorer);
  }
  if (explorer || --tries === 0) clearInterval(waiting);
}, 100);
