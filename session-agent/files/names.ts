/** Marks that reorder or hide the letters around them: `photo<U+202E>gpj.exe` reads as `photoexe.jpg`. */
const DECEIVING = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;
/** What a leading dot hides, shells and desktops read as their configuration. */
const LEADING_DOT = /^\./;

const MAX_NAME_BYTES = 255;

/** The name under which a user gets a file: all of it is to be seen. @param name one that isFileName */
export function visibleName(name: string): string {
  return cut(name.replace(DECEIVING, '_').replace(LEADING_DOT, '_'), MAX_NAME_BYTES);
}

/** The name when it is taken: `report.txt`, `report (1).txt`, `report (2).txt`. It stays as long as a name may be. */
export function numberedName(name: string, number: number): string {
  if (number === 0) return name;
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const ending = ` (${number})${extension}`;
  // An extension of two hundred letters is none.
  if (Buffer.byteLength(ending) > MAX_NAME_BYTES / 2) return `${cut(name, MAX_NAME_BYTES - 8)} (${number})`;
  return `${cut(stem, MAX_NAME_BYTES - Buffer.byteLength(ending))}${ending}`;
}

/** At most so many bytes of UTF-8, without half a letter. */
function cut(text: string, maxBytes: number): string {
  let bytes = 0;
  let kept = '';
  for (const letter of text) {
    bytes += Buffer.byteLength(letter);
    if (bytes > maxBytes) break;
    kept += letter;
  }
  return kept;
}
