// Light or dark: as the system has it, or as chosen here and remembered.
import { Store } from "./store.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

/** What is drawn now. */
export const theme = new Store(/** @type {"light" | "dark"} */ (shown()));

dark.addEventListener("change", () => theme.set(shown()));

function shown() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return dark.matches ? "dark" : "light";
}

export function switchTheme() {
  const next = theme.value === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // storage is off: the choice lasts as long as the page
  }
  theme.set(next);
}

/**
 * The value of a custom property of style.css, for what is drawn on a canvas.
 * @param {string} name "--ink"
 */
export function ink(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
