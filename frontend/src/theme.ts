/** Light, dark or as the device: kept in cookies, so the server draws the page right from the first byte. */
type Choice = "auto" | "light" | "dark";
const YEAR = 31_536_000;
const dark = matchMedia("(prefers-color-scheme: dark)");

export function remember(name: string, value: string, path = "/"): void {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; path=${path}; max-age=${YEAR}; SameSite=Lax${secure}`;
}

function choice(): Choice {
  const said = document.documentElement.dataset["theme"];
  return said === "light" || said === "dark" ? said : "auto";
}

export function apply(): void {
  const scheme = choice() === "auto" ? (dark.matches ? "dark" : "light") : choice();
  document.documentElement.setAttribute("data-bs-theme", scheme);
  // A page that is dark by itself (the wall) leaves the choice for all other pages alone.
  if (!("themeOwn" in document.documentElement.dataset)) remember("anlan_scheme", scheme);
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-theme-choice]")) {
    const on = button.dataset["themeChoice"] === choice();
    button.setAttribute("aria-pressed", String(on));
  }
  document.dispatchEvent(new CustomEvent("anlan:scheme", { detail: scheme }));
}

export function startTheme(): void {
  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[data-theme-choice]");
    if (!button) return;
    event.preventDefault();
    const wanted = button.dataset["themeChoice"] ?? "auto";
    document.documentElement.dataset["theme"] = wanted;
    remember("anlan_theme", wanted);
    apply();
  });
}
