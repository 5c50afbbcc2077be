// The service worker of the field app: one file without imports, because it is served from another place than the islands.
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    emptyOutDir: false,
    rollupOptions: { input: { worker: "src/field/worker.ts" }, output: { format: "iife", entryFileNames: "field-worker.js" } },
  },
});
