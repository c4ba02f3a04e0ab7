// What the theme leaves without a name or out of reach for the keyboard and for screen readers.
document.addEventListener("DOMContentLoaded", () => {
  // Boxes that scroll are reached by the keyboard.
  for (const box of document.querySelectorAll(".bd-article table, .bd-article pre, .bd-article div.cell_output, mjx-container")) {
    if (box.scrollWidth > box.clientWidth && box.tabIndex < 0) box.tabIndex = 0;
  }
  // The arrows of the menu say what they open.
  for (const summary of document.querySelectorAll("li.has-children summary")) {
    const link = summary.closest("li")?.querySelector("a");
    if (link && !summary.textContent.trim()) summary.setAttribute("aria-label", `Pages of ${link.textContent.trim()}`);
  }
  // The name of a button begins with what it shows.
  for (const button of document.querySelectorAll("button.search-button-field")) {
    button.setAttribute("aria-label", button.textContent.replace(/\s+/g, " ").trim());
  }
  // The parameters of a long signature are a list of definitions without terms.
  for (const list of document.querySelectorAll("dt.sig dl")) {
    list.setAttribute("role", "none");
    for (const item of list.children) item.setAttribute("role", "none");
  }
});
