/** Debian's machine-readable copyright file (DEP-5) with the licences of all parts. */

/** Licences whose text every Debian system has. */
const COMMON = new Set(['Apache-2.0', 'LGPL-2.1+']);

const APACHE = `Licensed under the Apache License, Version 2.0; distributed on an "AS IS" basis, without warranties or conditions
of any kind. On Debian systems the text of the licence is in /usr/share/common-licenses/Apache-2.0.`;

const GLIBC = `Parts of the GNU C Library are linked into the program. It may be linked anew with another version of it, from the
source that uga's own has: system-agent/freeze/guard. On Debian systems the text of the licence is in
/usr/share/common-licenses/LGPL-2.1.`;

/**
 * @param {import('./parts.js').Part[]} parts what the bundle holds of others
 * @param {string} runtimeLicence the licence file of Node, which has those of its own parts in it
 */
export function copyrightFile(parts, runtimeLicence) {
  const paragraphs = [
    [
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
      'Upstream-Name: uga',
      'Comment: each program is a bundle of our own parts and those of others, whose versions are in sbom.cdx.json.',
    ],
    ['Files: *', 'Copyright: the uga authors', 'License: Apache-2.0'],
    ['Files: usr/lib/uga/node', 'Copyright: Node.js contributors, and others named below', 'License: Node.js'],
    [
      'Files: usr/lib/uga/*.js usr/lib/uga/native/*',
      `Copyright: ${['the uga authors', ...parts.flatMap(holdersOf)].join('\n ')}`,
      `License: ${[...new Set(['Apache-2.0', ...parts.map(referenceOf)])].join(' and ')}`,
    ],
    [
      'Files: usr/lib/uga/native/uga-freeze-guard',
      'Copyright: the uga authors\n Free Software Foundation, Inc. (glibc)',
      'License: Apache-2.0 and LGPL-2.1+',
    ],
    ['License: Apache-2.0', indented(APACHE)],
    ['License: LGPL-2.1+', indented(GLIBC)],
    ...parts
      .filter((part) => !COMMON.has(part.licence))
      .map((part) => [`License: ${referenceOf(part)}`, indented(part.text)]),
    ['License: Node.js', indented(runtimeLicence)],
  ];
  return `${paragraphs.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function holdersOf(/** @type {import('./parts.js').Part} */ part) {
  return part.copyright.map((holder) => `${holder} (${part.name})`);
}

/** Short names stand for one text: MIT licences differ in their copyright lines. */
function referenceOf(/** @type {import('./parts.js').Part} */ part) {
  return COMMON.has(part.licence) ? part.licence : `${part.licence}-${part.name.replace('@', '').replace('/', '-')}`;
}

/** A multi-line field: each line starts with a space, an empty one is a dot. */
function indented(/** @type {string} */ text) {
  return text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}
