/** As in installer/debian/control. */
const MAINTAINER = 'uga maintainers <maintainers@uga.invalid>';

const WIDTH = 76;

/**
 * The newest section of CHANGELOG.md in the form that Debian's tools read, for the version that is packaged.
 * @param {string} markdown
 * @param {{ version: string, date: Date }} edition
 */
export function debianChangelog(markdown, { version, date }) {
  const section = markdown.split(/^## .*\n/m)[1] ?? '';
  const entries = section.split(/^- /m).slice(1);
  const lines = entries.map((entry) => `  * ${wrapped(entry).join('\n    ')}`);
  return `uga (${version}) unstable; urgency=medium

${lines.join('\n')}

 -- ${MAINTAINER}  ${date.toUTCString().replace('GMT', '+0000')}
`;
}

/** @param {string} text */
function wrapped(text) {
  const lines = [''];
  for (const word of text.trim().split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length <= WIDTH || lines.at(-1) === '') lines.splice(-1, 1, line);
    else lines.push(word);
  }
  return lines;
}
