// Writes ../static: one script, one stylesheet and Monaco's three workers, under stable names.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const output = join(here, '../static');

// Two large parts of GraphiQL that it needs only a little of.
const smallerParts = {
  name: 'smaller-parts',
  setup({ onResolve }) {
    // To format JSON, Prettier's Babel parser (1 MB). jsonc-parser, which is in the bundle anyway, does as well.
    const babel = /^prettier\/(plugins\/estree|parser-babel)$/;
    onResolve({ filter: babel }, () => ({ path: join(here, 'src/jsonc-for-prettier.js') }));
    const monaco = /^monaco-editor\/esm\/vs\/editor\/edcore\.main(\.js)?$/;
    onResolve({ filter: monaco }, () => ({ path: join(here, 'src/monaco.js'), sideEffects: true }));
  },
};

// Formatting is GraphiQL's own command, on the page: its worker needs no second Prettier.
const noFormatterInWorker = {
  name: 'no-formatter-in-worker',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^prettier\// }, ({ path }) => ({ path, namespace: 'empty' }));
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: '' }));
  },
};

// Packages that leave their licence out of what they publish, and a package from the same repository or author.
const LICENSED_WITH = {
  '@graphiql/plugin-doc-explorer': 'graphiql',
  '@graphiql/plugin-explorer': 'graphiql',
  '@graphiql/plugin-history': 'graphiql',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  legalComments: 'none', // NOTICE.txt has the licences
  target: ['chrome107', 'firefox104', 'safari16'],
  metafile: true,
  logLevel: 'warning',
  outdir: output,
  define: { 'process.env.NODE_ENV': '"production"', 'globalThis.process': 'true' }, // the second is graphql-js's
};

for (const name of readdirSync(output)) {
  if (/\.(js|css|txt)$/.test(name)) rmSync(join(output, name));
}

const page = await build({
  ...shared,
  entryPoints: { graphiql: 'src/main.jsx' },
  format: 'esm',
  jsx: 'automatic',
  loader: { '.graphql': 'text', '.ttf': 'dataurl' },
  plugins: [smallerParts],
});

const workers = await build({
  ...shared,
  entryPoints: {
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
  },
  format: 'iife',
  plugins: [noFormatterInWorker],
});

writeFileSync(join(output, 'NOTICE.txt'), notice([page, workers]));
for (const result of [page, workers]) {
  for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
    console.log(`${(bytes / 1024).toFixed(0).padStart(6)} KiB  ${file}`);
  }
}

/** The licences of the packages whose code is in the output. */
function notice(results) {
  const folders = new Set();
  for (const { metafile } of results) {
    for (const { inputs } of Object.values(metafile.outputs)) {
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
        if (match && bytesInOutput > 0) folders.add(match[0]);
      }
    }
  }
  const parts = [...folders].sort().map(licence);
  return `The files beside this one contain code of these packages.\n\n${[...new Set(parts)].join('\n')}`;
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(here, folder, 'package.json'), 'utf8'));
  const texts = licenceTexts(folder);
  if (!texts.length && name in LICENSED_WITH) texts.push(...licenceTexts(`node_modules/${LICENSED_WITH[name]}`));
  if (!texts.length) throw new Error(`${name} ${version} (${license}) has no licence text`);
  return `${'='.repeat(78)}\n${name} ${version} (${license})\n${'='.repeat(78)}\n\n${texts.join('\n\n')}\n`;
}

function licenceTexts(folder) {
  return readdirSync(join(here, folder))
    .filter((file) => /^(licen[sc]e|notice|third-?party)/i.test(file))
    .map((file) => readFileSync(join(here, folder, file), 'utf8').trim());
}
