import { mapInSlices } from '#shared/lifecycle/slices.ts';
import { isName, isVersion } from './names.ts';
import type { Package } from './packages.ts';

/**
 * Packages that are wholly installed, from the text of dpkg's status file: paragraphs of `Field: value` lines, of which
 * `Status: install ok installed` counts. deb-control(5), dpkg(1)
 */
export async function parseDpkgStatus(text: string): Promise<readonly Package[]> {
  const paragraphs = await mapInSlices(text.split(/\n(?:[ \t]*\n)+/), readParagraph);
  return paragraphs.flatMap((found) => found ?? []);
}

const FIELD = /^(Package|Status|Version|Provides):[ \t]*(.*)$/gm;

function readParagraph(paragraph: string): Package | undefined {
  let name = '';
  let version = '';
  let status = '';
  let provides = '';
  for (const [, field, value = ''] of paragraph.matchAll(FIELD)) {
    if (field === 'Package') name = value.trim();
    else if (field === 'Version') version = value.trim();
    else if (field === 'Status') status = value.trim();
    else provides = value;
  }
  if (!/^\S+ ok installed$/.test(status) || !isName(name) || !isVersion(version)) return undefined;
  return { name, version, provides: namesIn(provides) };
}

/** `linux-image, wireguard-modules (= 1.0)` */
function namesIn(provides: string): readonly string[] {
  if (provides === '') return [];
  return provides.split(',').flatMap((one) => {
    const name = /^\s*([^\s(:]+)/.exec(one)?.[1] ?? '';
    return isName(name) ? [name] : [];
  });
}
