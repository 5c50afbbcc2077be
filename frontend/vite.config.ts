// Builds the islands and the one stylesheet into dist/, with a manifest the office templates read.
// `base: "./"` keeps every reference relative to the file that makes it, so the prefix under which
// static files are served is decided by the server alone.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const ICON_LIST = fileURLToPath(new URL("./src/icons.json", import.meta.url));
const ICON_FOLDER = fileURLToPath(new URL("./node_modules/@tabler/icons/icons/outline/", import.meta.url));

/** One SVG sprite of exactly the icons named in src/icons.json, drawn by @tabler/icons. */
function iconSprite(): Plugin {
  return {
    name: "anlan-icon-sprite",
    buildStart() {
      this.addWatchFile(ICON_LIST);
    },
    generateBundle() {
      const names = JSON.parse(readFileSync(ICON_LIST, "utf8")) as string[];
      const symbols = names.map((name) => {
        const svg = readFileSync(`${ICON_FOLDER}${name}.svg`, "utf8");
        const inside = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
        return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inside}</symbol>`;
      });
      this.emitFile({
        type: "asset",
        name: "icons.svg",
        originalFileName: "icons.svg",
        source: `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`,
      });
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [iconSprite()],
  worker: { format: "es" },
  build: {
    manifest: "manifest.json",
    outDir: "dist",
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: { main: "src/main.ts", field: "src/field/main.ts" } },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
