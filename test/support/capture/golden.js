import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../installer/root.js';

/**
 * Writes test/golden/PROTOCOL/NAME.json: recorded bytes with their origin and meaning.
 * @param {string} protocol
 * @param {string} name
 * @param {{ peer: string, from: 'host' | 'guest', captured: string, means: unknown, [more: string]: unknown }} facts
 * @param {Buffer} bytes
 */
export function writeGolden(protocol, name, { peer, from, captured, means, ...more }, bytes) {
  const folder = path.join(root, 'test', 'golden', protocol);
  mkdirSync(folder, { recursive: true });
  const golden = { peer, from, captured, ...more, hex: bytes.toString('hex'), means };
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(golden, undefined, 2)}\n`);
  console.log(`${protocol}/${name}: ${bytes.length} bytes`);
}

/**
 * Name and version of an installed Debian package, as the peer of a golden file.
 * @param {string} debianPackage
 */
export function peerOf(debianPackage) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  return execFileSync('dpkg-query', ['-W', '-f', '${Package} ${Version}', debianPackage], { encoding: 'utf8' });
}
