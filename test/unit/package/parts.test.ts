import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, it } from 'node:test';
import { bundledParts } from '../../../installer/package/parts.js';

const MIT =
  'Copyright (c) 2001 Jane Doe\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n';

const folder = mkdtempSync(path.join(tmpdir(), 'uga-parts-'));
after(() => rmSync(folder, { recursive: true }));

it('a bundled package is listed with its licence and its holders, however deep it lies', () => {
  const metafile = bundleOf(install('left', MIT), install('left/node_modules/@a/right', MIT));
  const parts = bundledParts(metafile).filter(({ name }) => name !== 'koffi');
  assert.deepEqual(
    parts.map(({ name, licence, copyright }) => ({ name, licence, copyright })),
    [
      { name: '@a/right', licence: 'MIT', copyright: ['2001 Jane Doe'] },
      { name: 'left', licence: 'MIT', copyright: ['2001 Jane Doe'] },
    ],
  );
});

it('what no byte was taken from is not listed, the native part always is', () => {
  const metafile = bundleOf(install('unused', MIT));
  for (const output of Object.values(metafile.outputs)) {
    for (const input of Object.values(output.inputs)) input.bytesInOutput = 0;
  }
  assert.deepEqual(
    bundledParts(metafile).map(({ name }) => name),
    ['koffi'],
  );
});

it('a bundled package without a licence stops the build', () => {
  assert.throws(() => bundledParts(bundleOf(install('bare', undefined))), /bare is bundled and has no licence file/);
});

it('a licence that nobody has looked at stops the build', () => {
  assert.throws(() => bundledParts(bundleOf(install('odd', 'Do good.\n'))), /the licence of odd is not one/);
});

/** @returns path of its only file */
function install(name: string, licence: string | undefined): string {
  const home = path.join(folder, 'node_modules', name);
  mkdirSync(home, { recursive: true });
  const manifest = { name: name.replace(/^.*node_modules\//, ''), version: '1.0.0' };
  writeFileSync(path.join(home, 'package.json'), JSON.stringify(manifest));
  if (licence !== undefined) writeFileSync(path.join(home, 'LICENSE'), licence);
  return path.join(home, 'lib', 'index.js');
}

function bundleOf(...files: string[]) {
  const inputs = Object.fromEntries(files.map((file) => [file, { bytesInOutput: 10 }]));
  return { inputs: {}, outputs: { 'uga.js': { bytes: 20, inputs, imports: [], exports: [] } } };
}
