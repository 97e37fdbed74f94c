// Builds static/editor/: the bundle, what the schema allows (compared with the server's
// registry by a test), and the licences of what is inside. The same input gives the
// same bytes: nothing here reads a clock, and paths are relative.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "../../static/editor");
const settings = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

await mkdir(out, { recursive: true });
const { metafile } = await build({
  ...settings,
  entryPoints: { editor: "src/index.js" },
  outdir: out,
  format: "iife",
  target: ["es2022"],
  metafile: true,
});

// The schema, read from the very extensions that are in the bundle.
const spare = join(here, "node_modules/.schema.mjs");
await build({
  ...settings,
  entryPoints: ["src/schema.js"],
  outfile: spare,
  platform: "node",
  format: "esm",
});
const { described } = await import(pathToFileURL(spare));
await writeFile(join(out, "schema.json"), JSON.stringify(described(), null, 1) + "\n");
await rm(spare);

// Licences of every package of which a byte is in the bundle.
const packages = new Set();
for (const path of Object.keys(metafile.inputs)) {
  const found = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  if (found) packages.add(found[1]);
}
const notices = [];
for (const name of [...packages].sort()) {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json")));
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? await readFile(join(folder, file), "utf8") : `Licence: ${license}`;
  notices.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
}
await writeFile(
  join(out, "THIRD_PARTY_LICENSES.txt"),
  notices.join(`\n${"-".repeat(72)}\n\n`),
);

for (const name of ["editor.js", "editor.css"]) {
  const bytes = await readFile(join(out, name));
  const packed = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}  ${(packed / 1024).toFixed(1)} KB gzipped`);
}
