/** What has to be on a machine that makes packages. */
import { installCommand, installPackages, isThere } from '../apt.js';

const TOOLS = [
  { probe: 'dpkg-deb', package: 'dpkg' },
  { probe: 'strip', package: 'binutils' },
  { probe: 'cc', package: 'gcc' },
  // A static program needs the C library's own parts.
  { probe: '/usr/include/stdio.h', package: 'libc6-dev' },
  { probe: '/usr/include/security/pam_ext.h', package: 'libpam0g-dev' },
  { probe: 'tar', package: 'tar' },
  { probe: 'gzip', package: 'gzip' },
];

/**
 * Installs missing tools when CI=1.
 * @throws {Error} with the apt line that brings them, otherwise
 */
export function ensureTools() {
  const missing = TOOLS.filter((tool) => !isThere(tool.probe)).map((tool) => tool.package);
  if (missing.length === 0) return;
  if (process.env.CI !== '1' && process.env.CI !== 'true') {
    throw new Error(`missing: ${missing.join(', ')}; install with: ${installCommand(missing).join(' ')}`);
  }
  installPackages(missing);
}
