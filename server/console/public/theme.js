// Loaded before the page is drawn, so that it never shows in the wrong theme first.
try {
  document.documentElement.dataset.theme = localStorage.getItem("inference-events.theme") || "auto";
} catch {
  document.documentElement.dataset.theme = "auto";
}
