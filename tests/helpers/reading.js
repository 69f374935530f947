// What in a notebook's outputs and texts, or in another page, a reader would have trouble with: faint text, parts that
// stand out of their place, pictures without ground. One line for each; where all is well, none.
() => {
  const TEXTS = ".jp-OutputArea-output, .jp-MarkdownOutput";

  function channels(color) {
    const numbers = color.match(/[\d.]+/g).map(Number);
    const scale = color.startsWith("color(") ? 255 : 1; // color(srgb 0.5 …) counts to 1
    return [...numbers.slice(0, 3).map((value) => value * scale), numbers[3] ?? 1];
  }

  function above(color, ground) {
    return [0, 1, 2].map((i) => color[i] * color[3] + ground[i] * (1 - color[3]));
  }

  function ground(node) { // the colours behind the node, down to the first that hides what is behind it
    const color = channels(getComputedStyle(node).backgroundColor);
    if (color[3] === 1) return color.slice(0, 3);
    return above(color, node.parentElement ? ground(node.parentElement) : [255, 255, 255]);
  }

  function luminance(color) { // WCAG 2.2, relative luminance
    const [r, g, b] = color.map((value) => value / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function contrast(one, other) {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  }

  function texts(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode.parentElement;
      if (walker.currentNode.textContent.trim() && node.getClientRects().length && node.tagName !== "OPTION") found.push(node);
    }
    return found;
  }

  const drawn = (part) => !part.closest(".noUi-target"); // a slider's own parts, moved about behind its frame
  const told = (node) => node.textContent.trim().slice(0, 60) || node.outerHTML.slice(0, 60);
  const roots = window.jupyterapp ? [...document.querySelectorAll(TEXTS)] : [document.body];
  if (!roots.length) return ["there is nothing to read"];
  const faint = roots.flatMap(texts).flatMap((node) => {
    const behind = ground(node);
    const ratio = contrast(above(channels(getComputedStyle(node).color), behind), behind);
    return ratio < 4.5 ? [`faint, ${ratio.toFixed(1)}: ${told(node)}`] : [];
  });
  const wide = roots.flatMap((root) => {
    const right = root.getBoundingClientRect().right + 1;
    const out = [...root.querySelectorAll(":scope > *, img, pre, table, p, button, select")].filter((part) => part.getBoundingClientRect().right > right);
    const hidden = [root, ...root.querySelectorAll("pre, div")].filter(drawn).filter((part) => part.clientWidth && part.scrollWidth > part.clientWidth + 1);
    return [...out.map((part) => `out of its place: ${told(part)}`), ...hidden.map((part) => `cut or to be scrolled: ${told(part)}`)];
  });
  const bare = roots.flatMap((root) => [...root.querySelectorAll("img")])
    .filter((image) => channels(getComputedStyle(image).backgroundColor)[3] < 1).map((image) => `no ground: ${image.alt}`);
  return [...new Set([...faint, ...wide, ...bare])];
}
