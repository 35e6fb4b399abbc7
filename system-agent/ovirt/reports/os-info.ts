import type { OperatingSystem } from '../../inventory/inventory.ts';
import { defineReport } from '../report.ts';

export const osInfo = defineReport({
  name: 'os-info',
  since: 2,
  needs: ['inventory'],
  collect({ inventory }) {
    const system = inventory.operatingSystem();
    return {
      // Of arch, version and type none may be empty: ovirt-engine drops the whole report.
      version: system.versionId || system.buildId || 'rolling',
      distribution: system.name || 'Linux',
      codename: system.versionCodename ?? codenameIn(system),
      arch: /^i[3-6]86$/.test(system.machine) ? 'x86' : system.machine.toLowerCase(),
      type: 'linux',
      kernel: system.kernelRelease,
    };
  },
});

/** `9.3 (Plow)` */
function codenameIn({ version = '' }: OperatingSystem): string {
  return /\(([^()]*)\)/.exec(version)?.[1] ?? '';
}
