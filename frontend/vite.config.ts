// Builds the islands and the one stylesheet into dist/, with a manifest the office templates read.
// `base: "./"` keeps every reference relative to the file that makes it, so the prefix under which
// static files are served is decided by the server alone.
import { readdirSync, readFileSync } from "node:fs";
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

// --- of Tabler only what the pages use: of its 640 kB of rules they use a seventh, and a telephone reads all that is sent

const SOURCES = ["../src/anlan", "./src"].map((folder) => fileURLToPath(new URL(folder, import.meta.url)));
const READ = /\.(html|py|ts)$/;
const PASSED_BY = new Set(["node_modules", "dist", "__pycache__"]);

/** Every word that stands anywhere in templates, programs and islands: what is no word of ours is no class of ours. */
function wordsIn(folder: string, found = new Set<string>()): Set<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) { if (!PASSED_BY.has(entry.name)) wordsIn(path, found); }
    else if (READ.test(entry.name)) for (const word of readFileSync(path, "utf8").match(/[A-Za-z][\w-]*/g) ?? []) found.add(word);
  }
  return found;
}

function classesOf(selector: string): string[] {
  return [...selector.replace(/:not\([^)]*\)/g, "").matchAll(/\.((?:\\.|[\w-])+)/g)].map((match) => (match[1] ?? "").replaceAll("\\", ""));
}

type Rule = { selectors: string[]; parent?: { type: string; name?: string }; remove(): void };
type Block = { name: string; params: string; nodes?: unknown[]; remove(): void; walkRules(does: (rule: Rule) => void): void; walkAtRules(does: (block: Block) => void): void };

/** Leaves out the rules of the layer `tabler` whose classes occur nowhere; our own rules stay as they are written. */
function usedOfTabler() {
  return {
    postcssPlugin: "anlan-used-of-tabler",
    OnceExit(root: { walkAtRules(name: string, does: (block: Block) => void): void }) {
      let words: Set<string> | undefined;
      root.walkAtRules("layer", (layer) => {
        if (layer.params !== "tabler" || !layer.nodes) return;
        const known = (words ??= SOURCES.reduce((found, folder) => wordsIn(folder, found), new Set<string>()));
        layer.walkRules((rule) => {
          if (rule.parent?.type === "atrule" && rule.parent.name?.includes("keyframes")) return;
          const kept = rule.selectors.filter((selector) => classesOf(selector).every((name) => known.has(name)));
          if (kept.length === 0) rule.remove();
          else if (kept.length < rule.selectors.length) rule.selectors = kept;
        });
        layer.walkAtRules((block) => { if (block.nodes?.length === 0) block.remove(); });
      });
    },
  };
}

export default defineConfig({
  base: "./",
  css: { postcss: { plugins: [usedOfTabler()] } },
  plugins: [iconSprite()],
  worker: { format: "es" },
  build: {
    manifest: "manifest.json",
    outDir: "dist",
    assetsInlineLimit: 0,
    sourcemap: false,
    chunkSizeWarningLimit: 1200,
    rollupOptions: { input: { main: "src/main.ts", "map-first": "src/map-first.ts", field: "src/field/main.ts" } },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"] },
});
