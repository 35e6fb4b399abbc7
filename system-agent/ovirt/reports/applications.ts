import type { Package } from '../../packages/packages.ts';
import { bounded } from '../bounded.ts';
import { defineReport } from '../report.ts';

const MAX_APPLICATIONS = 4096;
/** Names by which Engine finds the agent; it takes what follows for its version, and of several the last one. */
const AGENT = 'ovirt-guest-agent';
const AGENTS: ReadonlySet<string> = new Set([AGENT, `${AGENT}-common`]);

/**
 * Those of the wanted packages that are installed, as `name-version`, and ourselves in the place of the original agent.
 * A wanted name that only another package provides stands with that one's version, as the original has it on Debian.
 */
export const applications = defineReport({
  name: 'applications',
  since: 0,
  needs: ['packages'],
  async collect({ packages }, { applications: wanted, version }) {
    const names = new Set(wanted.filter((name) => !AGENTS.has(name)));
    const installed = await packages.installed();
    const found = new Set(installed.flatMap((one) => namesOf(one, names).map((name) => `${name}-${one.version}`)));
    const listed = bounded([...found].sort(), MAX_APPLICATIONS, (text) => text);
    return { applications: [...listed, `${AGENT}-${version}`] };
  },
});

function namesOf(one: Package, wanted: ReadonlySet<string>): readonly string[] {
  if (wanted.has(one.name)) return [one.name];
  return one.provides.filter((name) => wanted.has(name));
}
