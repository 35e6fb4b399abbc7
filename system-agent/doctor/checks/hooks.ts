import { type Check, fail, ok, unknown } from '../finding.ts';

/** Which programs run before a freeze and after it, and which would not? */
export const hooks: Check = {
  name: 'hooks',
  decide({ hooks: found }) {
    if (!found.known) return [unknown(`the freeze hooks cannot be seen: ${found.why}`, "run 'uga doctor' as root")];
    if (found.value.length === 0) return [ok('there is no freeze hook')];
    return found.value.map(({ path, objection }) =>
      objection === undefined
        ? ok(`freeze hook ${path}`)
        : fail(
            `the freeze hook ${path} is not run: ${objection}`,
            'let it and its folders belong to root alone: chown, chmod',
          ),
    );
  },
};
