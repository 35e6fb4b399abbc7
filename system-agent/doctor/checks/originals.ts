import { type Check, type Finding, fail, ok, warn } from '../finding.ts';

/** Do the agents that this one replaces get in its way? */
export const originals: Check = {
  name: 'originals',
  decide({ originals: { packages, running } }) {
    const findings: Finding[] = [
      ...running.map(({ pid, name }) =>
        fail(
          `${name} runs (process ${pid})`,
          `stop it: systemctl disable --now the unit that 'systemctl status ${pid}' names`,
        ),
      ),
      ...packages.map((name) => warn(`the package ${name} is installed`, `remove it: apt remove ${name}`)),
    ];
    return findings.length > 0 ? findings : [ok('none of the replaced agents is here')];
  },
};
