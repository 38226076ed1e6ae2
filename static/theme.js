// Runs before anything is drawn, so that a chosen appearance never flashes the other one.
(() => {
  const chosen = localStorage.getItem("appearance");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
