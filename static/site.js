// Small comforts. Every page works without this file.
(() => {
  const root = document.documentElement;

  // --- appearance: system, light, dark ---------------------------------------------------------
  const theme = document.getElementById("theme");
  const order = ["system", "light", "dark"];
  const word = () => root.dataset.theme || "system";
  const name = () => { theme.querySelector("span").textContent = word(); };
  if (theme) {
    theme.hidden = false;
    name();
    theme.addEventListener("click", () => {
      const next = order[(order.indexOf(word()) + 1) % order.length];
      if (next === "system") { delete root.dataset.theme; localStorage.removeItem("appearance"); }
      else { root.dataset.theme = next; localStorage.setItem("appearance", next); }
      name();
    });
  }

  // --- copying a text ----------------------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  // --- a live run: what the reader opened or scrolled stays as it was ------------------------------
  const spoken = document.getElementById("spoken");
  let kept = null;
  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 8;
  const toEnd = (box) => { box.scrollTop = box.scrollHeight; };
  const log = () => document.getElementById("log");

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "run") return;
    const box = log();
    kept = {
      open: [...event.detail.target.querySelectorAll("details[open]")].map((part) => part.id),
      stage: event.detail.target.dataset.stage,
      scroll: atEnd(box) ? null : box.scrollTop,
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!kept) return;
    for (const id of kept.open) { const part = document.getElementById(id); if (part) part.open = true; }
    if (kept.scroll === null) toEnd(log()); else log().scrollTop = kept.scroll;
    const stage = document.getElementById("run").dataset.stage;
    if (stage !== kept.stage) {
      spoken.textContent = stage;
      document.title = document.title.replace(kept.stage, stage);
    }
    kept = null;
  });
  if (log()) toEnd(log());
})();
