import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from '../root.js';

/**
 * A part of the package that others have written.
 * @typedef {object} Part
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX identifier
 * @property {string[]} copyright lines that name the holders
 * @property {string} text of the licence, as its authors ship it
 */

/**
 * What a bundle holds of others, by what esbuild says it took, and the native parts beside it: nobody has to remember
 * to add a dependency here.
 * @param {import('esbuild').Metafile} metafile
 * @returns {Part[]} by name
 * @throws {Error} for a part without a licence, or with one that is not known here
 */
export function bundledParts(metafile) {
  const taken = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? packageFolder(file) : [])),
  );
  const require = createRequire(import.meta.url);
  const native = [path.dirname(require.resolve('koffi'))];
  const parts = [...new Set([...taken, ...native])].map(readPart);
  return parts.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** @param {string} file path of an input, from the checkout's top folder */
function packageFolder(file) {
  const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
  return folder === undefined ? [] : [path.resolve(root, folder)];
}

/**
 * @param {string} folder of an npm package
 * @returns {Part}
 */
function readPart(folder) {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.(txt|md))?$/i.test(name));
  if (file === undefined) throw new Error(`${manifest.name} is bundled and has no licence file`);
  const text = readFileSync(path.join(folder, file), 'utf8');
  return {
    name: manifest.name,
    version: manifest.version,
    licence: licenceOf(manifest.name, text),
    copyright: holdersIn(text) ?? [nameOf(manifest.author) ?? `the authors of ${manifest.name}`],
    text,
  };
}

/** A sentence that only this licence has, by SPDX identifier. Manifests say it in too many ways, or not at all. */
const LICENCES = {
  MIT: /Permission is hereby granted, free of charge, to any person obtaining a copy/,
  'Apache-2.0': /Apache License Version 2\.0, January 2004/,
  ISC: /Permission to use, copy, modify, and\/or distribute this software for any purpose/,
  'BSD-3-Clause': /Neither the name of .* nor the names of/,
};

/**
 * @param {string} name
 * @param {string} text
 */
function licenceOf(name, text) {
  const words = text.replace(/\s+/g, ' '); // lines end where each author likes
  for (const [licence, sentence] of Object.entries(LICENCES)) if (sentence.test(words)) return licence;
  throw new Error(`the licence of ${name} is not one that installer/package/parts.js knows`);
}

/** @param {string} text */
function holdersIn(text) {
  const lines = text
    .split('\n')
    .map((line) => /^\s*Copyright\s+(?:\([cC]\)\s*|©\s*)?(.+)$/.exec(line)?.[1]?.trim())
    .filter((line) => line !== undefined && !/\[yyyy\]|license/i.test(line));
  return lines.length > 0 ? /** @type {string[]} */ (lines) : undefined;
}

/** @param {string | { name?: string } | undefined} author */
function nameOf(author) {
  return typeof author === 'string' ? author : author?.name;
}
