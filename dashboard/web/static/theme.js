// Sets a remembered theme before anything is painted. A classic script, since
// modules run only after the first painting.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // storage is off: the theme of the system is shown
}
