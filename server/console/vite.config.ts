import { readdirSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const SERVER = process.env.SERVER_URL ?? "http://127.0.0.1:8000";

/** Write the licences of the packages that are part of the bundle. */
function licences(): Plugin {
  const packages = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies).concat("@preact/signals-core");
  return {
    name: "licences",
    generateBundle() {
      const texts = packages.sort().map((name) => {
        const folder = `node_modules/${name}`;
        const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
        const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
        return `${name} ${version} (${license})\n\n${file ? readFileSync(`${folder}/${file}`, "utf8").trim() : ""}\n`;
      });
      this.emitFile({ type: "asset", fileName: "licenses.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}

export default defineConfig({
  // Relative, so that the console works behind a proxy that strips a prefix of the path.
  base: "./",
  plugins: [licences()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: {
    proxy: Object.fromEntries(["/v3", "/docs", "/openapi.yaml", "/readyz"].map((path) => [path, SERVER])),
  },
  build: {
    outDir: process.env.CONSOLE_OUT ?? "../inference_events/console",
    emptyOutDir: true,
    target: "es2023",
    // Nobody reads the build's differences, because a test compares it with the sources. Readable, it would be a third larger.
    minify: true,
    cssMinify: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules\/(?!uplot)/ },
            { name: "shared", test: /src\/(api|ui|url)\// },
            // After those, because a group takes along what it imports. It is loaded with the first page that has a chart.
            { name: "charts", test: /node_modules\/uplot|src\/chart\// },
            // Pages that are alike are smaller in one file. After the charts, which they would take along.
            { name: "definitions", test: /src\/pages\/(definition|fql|baseline|rule-links)/ },
            { name: "alerting", test: /src\/pages\/(alerts|open-alert|rule|receiver|severity|deliver|webhook)/ },
          ],
        },
      },
    },
  },
});
