import { type Check, fail, ok, unknown } from '../finding.ts';

/** Which programs run around a freeze, a migration or a hibernation, and which would not? */
export const hooks: Check = {
  name: 'hooks',
  decide({ hooks: found }) {
    if (!found.known) return [unknown(`the hooks cannot be seen: ${found.why}`, "run 'uga doctor' as root")];
    if (found.value.length === 0) return [ok('there are no hooks')];
    return found.value.map(({ of, path, objection }) =>
      objection === undefined
        ? ok(`${of} hook ${path}`)
        : fail(
            `the ${of} hook ${path} is not run: ${objection}`,
            'let it and its folders belong to root alone: chown, chmod',
          ),
    );
  },
};
