import { array, int64, listOf, object, optional, string, struct } from '#shared/schema/schema.ts';
import { defineCommand } from '../command.ts';

const MAX_NAMES = 256;
/** A tenth of the 10 MiB that libvirt takes for an answer, with names and versions of a usual length. */
const MAX_PACKAGES = 16_384;

const applications = struct('UgaApplications', {
  packages: listOf(struct('UgaPackage', { name: string, version: string })),
  'left-out': int64,
});

export const ugaApplications = defineCommand({
  name: 'uga-applications',
  since: 'uga 0.1',
  summary:
    'Installed packages as dpkg, rpm and pacman have them: all, or those with the given names. left-out tells how many are missing from a list that is too long.',
  testedBy: 'beside dpkg-query',
  args: object({ names: optional(array(string, MAX_NAMES)) }),
  result: applications,
  needs: ['packages'],
  readOnly: true,

  async run({ names }, { packages }) {
    const wanted = names && new Set(names);
    const found = (await packages.installed()).filter(({ name }) => wanted?.has(name) ?? true);
    return {
      packages: found.slice(0, MAX_PACKAGES).map(({ name, version }) => ({ name, version })),
      'left-out': Math.max(0, found.length - MAX_PACKAGES),
    };
  },
});
