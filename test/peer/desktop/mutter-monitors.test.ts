import { describe } from 'node:test';
import { needsMutter } from '#test/support/desktop/mutter.ts';
import { here } from '#test/support/desktop/release.ts';
import { without } from '#test/support/programs.ts';
import { mutterMonitorCases } from './cases/mutter-monitors.ts';

describe('monitors of Mutter', { skip: needsMutter || without('gdbus') }, () => mutterMonitorCases(() => here));
