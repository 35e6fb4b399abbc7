import { describe } from 'node:test';
import { needsMutter, startNestedMutter } from '#test/support/desktop/mutter.ts';
import { here } from '#test/support/desktop/release.ts';
import { without } from '#test/support/programs.ts';
import { mutterModeCases, mutterPixelCase } from './cases/mutter-modes.ts';
import { mutterMonitorCases } from './cases/mutter-monitors.ts';

const skip = needsMutter || without('gdbus');

describe('monitors of Mutter', { skip }, () => mutterMonitorCases(() => here));

describe('monitors of Mutter with several modes', { skip: skip || without('Xvfb') }, () => {
  mutterModeCases((displays) => startNestedMutter(displays, 'logical'), 1.4953);
  mutterPixelCase(() => here);
});
